import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import skopt_nn
from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    DistilledRegressor,
    KerasClassifier,
    SharedWeightClassifier,
    load,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
    save,
)
from tests.doubles import as_version_1, manifest_of

X, y = load_iris(return_X_y=True)
LABELS = np.array(["setosa", "versicolor", "virginica"], dtype=object)[y]


def network(**params):
    return CNNClassifier(
        (), dense_units=(4,), epochs=1, **{"random_state": 0, **params}
    )


def shared():
    return SharedWeightClassifier((), dense_units=(4, 4, 4), epochs=1, random_state=0)


def line():
    return LogisticRegression(max_iter=500)


MODELS = {
    "network": network(),
    "shared": shared(),
    "distilled": DistilledClassifier(RandomForestClassifier(3), network()),
    "parallel": make_parallel_fusion(network(), line(), weights=[2, 1]),
    "frozen": make_parallel_fusion(FrozenEstimator(line().fit(X, LABELS)), network()),
    "serial": make_serial_fusion(network(), shared(), cv=2),
    "stacked": make_stacked_fusion(network(), line(), cv=KFold(2, shuffle=True)),
    "pipeline": make_pipeline(StandardScaler(), network()),
    "search": GridSearchCV(network(), {"learning_rate": [0.1, 0.01]}, cv=2),
    "generator": network(random_state=np.random.RandomState(0)),
    "resumable": network(warm_start=True),
}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Every model, fitted and saved, in a folder with its probabilities."""
    folder = tmp_path_factory.mktemp("saved")
    probabilities = {}
    for name, model in MODELS.items():
        model = model.fit(X, LABELS)
        save(model, folder / f"{name}.nn")
        probabilities[name] = model.predict_proba(X)
    np.savez(folder / "expected.npz", X=X, **probabilities)
    return folder


# -- what comes back ------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_gives_the_same_probabilities(fitted, name):
    expected = np.load(fitted / "expected.npz")[name]
    loaded = load(fitted / f"{name}.nn")
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    np.testing.assert_array_equal(loaded.classes_, np.unique(LABELS))


@pytest.mark.parametrize("name", MODELS)
def test_a_file_of_version_1_of_the_format_gives_the_same(fitted, name, tmp_path):
    path = tmp_path / "model.nn"
    path.write_bytes((fitted / f"{name}.nn").read_bytes())
    as_version_1(path)
    expected = np.load(fitted / "expected.npz")[name]
    np.testing.assert_array_equal(load(path).predict_proba(X), expected)


def test_an_array_keeps_the_order_of_its_axes(tmp_path):
    model = Ridge().fit(X, np.column_stack([y, y]))
    for order in "CF":
        model.coef_ = np.array(model.coef_, order=order)
        save(model, tmp_path / "model.nn")
        coef = load(tmp_path / "model.nn").coef_
        np.testing.assert_array_equal(coef, model.coef_)
        assert coef.flags[f"{order}_CONTIGUOUS"]
        assert coef.flags.writeable
        assert coef.flags.owndata


def test_a_new_process_gives_the_same_probabilities(fitted):
    code = """
import sys, pathlib, numpy as np
from skopt_nn import load
folder = pathlib.Path(sys.argv[1])
expected = dict(np.load(folder / "expected.npz"))
X = expected.pop("X")
for name, probabilities in expected.items():
    again = load(folder / f"{name}.nn").predict_proba(X)
    assert np.array_equal(again, probabilities), name
print(len(expected))
"""
    command = [sys.executable, "-c", code, str(fitted)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout.split() == [str(len(MODELS))], run.stderr


def test_a_loaded_search_still_has_its_scores(fitted):
    search = load(fitted / "search.nn")
    assert search.cv_results_["param_learning_rate"].tolist() == [0.1, 0.01]
    assert search.score(X, LABELS) == np.mean(search.predict(X) == LABELS)


def test_a_loaded_network_resumes_where_it_was(fitted):
    again = load(fitted / "resumable.nn")
    assert again.fit(X, LABELS).n_iter_ == 2


@pytest.mark.parametrize("name", MODELS)
def test_unfitted_models_come_back_unfitted(tmp_path, name):
    from sklearn.base import clone

    save(clone(MODELS[name]), tmp_path / "model.nn")
    loaded = load(tmp_path / "model.nn")
    assert not hasattr(loaded, "classes_")
    assert repr(loaded.get_params().keys()) == repr(MODELS[name].get_params().keys())


def test_regressors_and_column_names_come_back(tmp_path):
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    model = CNNRegressor((), dense_units=(4,), epochs=1, random_state=0)
    save(model.fit(frame, X[:, 3]), tmp_path / "model.nn")
    loaded = load(tmp_path / "model.nn")
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))
    assert loaded.feature_names_in_.tolist() == ["a", "b", "c"]


def test_values_of_every_kind_come_back(tmp_path):
    model = Ridge()
    model.values_ = {
        "numbers": (1, 2.5, float("inf"), True, None, "text", 10**30),
        3: np.float32(0.1),
        "arrays": [np.zeros((0, 2)), np.asfortranarray(X), np.array(["ü", "b"])],
        "dates": np.array(["2024-02-29"], dtype="datetime64[D]"),
        "masked": np.ma.MaskedArray([1.0, 2.0], mask=[True, False]),
        "dtype": np.dtype("int8"),
        "types": [np.bool_, np.float32, np.longlong],
    }
    save(model, tmp_path / "model.nn")
    values = load(tmp_path / "model.nn").values_
    assert values["numbers"] == model.values_["numbers"]
    assert type(values[3]) is np.float32
    for got, expected in zip(values["arrays"], model.values_["arrays"], strict=True):
        np.testing.assert_array_equal(got, expected)
        assert got.flags.writeable
        assert got.dtype == expected.dtype
    assert values["dates"] == model.values_["dates"]
    assert values["masked"].tolist() == [None, 2.0]
    assert values["dtype"] == np.dtype("int8")
    assert values["types"] == [np.bool_, np.float32, np.longlong]


def test_members_that_are_one_object_stay_one(tmp_path):
    frozen = FrozenEstimator(line().fit(X, y))
    save(make_parallel_fusion(frozen, frozen).fit(X, y), tmp_path / "model.nn")
    loaded = load(tmp_path / "model.nn")
    assert loaded.estimators_[0] is loaded.estimators[1][1]


def test_parts_that_a_state_makes_for_itself_keep_their_own(tmp_path):
    members = []
    for n in range(1, 201):
        member = DistilledRegressor(Ridge(alpha=n), CNNRegressor(epochs=n))
        # Fitted, it makes clones of its teacher and student for each state.
        member.student_ = None
        members.append(member)
    save(make_parallel_fusion(*members), tmp_path / "model.nn")
    loaded = [member for _, member in load(tmp_path / "model.nn").estimators]
    assert [member.teacher.alpha for member in loaded] == list(range(1, 201))
    assert [member.student.epochs for member in loaded] == list(range(1, 201))


@pytest.mark.parametrize("n_clusters", [2, 5])
def test_separable_blocks_of_few_values_are_packed_and_come_back(tmp_path, n_clusters):
    X, y = load_digits(return_X_y=True)
    X, y = X[:60], y[:60]
    stages = {"filters": (16, 16), "block": "separable", "depth": 1}
    model = SharedWeightClassifier(
        **stages,
        sharing="clustered",
        n_clusters=n_clusters,
        input_shape=(8, 8, 1),
        epochs=1,
        random_state=0,
    ).fit(X, y)
    save(model, tmp_path / "model.nn")
    packed = [part for part in model.__getstate__()["model_"] if type(part) is dict]
    assert len(packed) == len(model._recipe.kernels())
    again = load(tmp_path / "model.nn").predict_proba(X)
    np.testing.assert_array_equal(again, model.predict_proba(X))


def test_the_version_that_wrote_a_file_is_in_it(tmp_path):
    save(line(), tmp_path / "model.nn")
    manifest = manifest_of(tmp_path / "model.nn")
    assert (manifest["version"], manifest["skopt_nn"]) == (2, skopt_nn.__version__)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = line().fit(X, y)
    for name in ("one.nn", "two.nn"):
        save(model, tmp_path / name)
    assert (tmp_path / "one.nn").read_bytes() == (tmp_path / "two.nn").read_bytes()


# -- what is not written --------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (SVC(), r"Cannot save SVC, of sklearn.svm._classes.SVC: .* joblib.dump"),
        (
            make_pipeline(StandardScaler(), SVC()),
            r"Cannot save Pipeline.steps\[1\]\[1\], of sklearn.svm",
        ),
        (
            RandomForestClassifier(2).fit(X, y),
            r"Cannot save RandomForestClassifier.estimators_\[0\].tree_, of .*Tree",
        ),
        (
            network(callbacks=[print]),
            r"Cannot save CNNClassifier.callbacks\[0\], of builtins.builtin_function",
        ),
        (
            GridSearchCV(line(), {}, scoring={"a": max}, refit="a"),
            r"Cannot save GridSearchCV.scoring\['a'\], of builtins.builtin_function",
        ),
        (KerasClassifier(print), "holds your build function"),
        (3, "must be an estimator, got 3"),
    ],
)
def test_what_a_safe_file_cannot_hold_is_named(tmp_path, model, message):
    with pytest.raises(TypeError, match=message):
        save(model, tmp_path / "model.nn")
    assert os.listdir(tmp_path) == []


def test_subclasses_and_arrays_of_objects_are_refused(tmp_path):
    class LogisticRegression(RidgeClassifier):
        pass

    with pytest.raises(TypeError, match=r"of .*LogisticRegression"):
        save(LogisticRegression(), tmp_path / "model.nn")
    for part in (print, (1, print), [1], SVC()):
        alpha = np.array([None, part], dtype=object)[1:]
        with pytest.raises(TypeError, match=r"alpha \(an array of objects\)"):
            save(Ridge(alpha=alpha), tmp_path / "model.nn")


def test_an_estimator_that_holds_itself_is_refused(tmp_path):
    model = FrozenEstimator(None)
    model.estimator = [model]
    with pytest.raises(ValueError, match="holds itself"):
        save(model, tmp_path / "model.nn")


def test_a_cache_of_pickles_is_refused(tmp_path):
    pipeline = make_pipeline(StandardScaler(), memory=str(tmp_path))
    with pytest.raises(ValueError, match=r"set_params\(memory=None\)"):
        save(pipeline, tmp_path / "model.nn")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    saved = tmp_path / "model.nn"
    save(line(), saved)
    before = saved.read_bytes()

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        save(Ridge(), saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*missing'"):
        save(network().fit(X, y), tmp_path / "missing" / "line.nn")


def test_what_a_distilled_model_can_be_kept_by_is_said(tmp_path):
    model = DistilledClassifier(KNeighborsClassifier(), network()).fit(X, y)
    with pytest.raises(TypeError, match=r"save\(model.student_, path\) keeps what"):
        save(model, tmp_path / "distilled.nn")
    save(model.student_, tmp_path / "student.nn")
    again = load(tmp_path / "student.nn")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
