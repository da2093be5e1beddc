"""Networks in files of fewer bits."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from skopt_nn import (
    CNNClassifier,
    SharedWeightClassifier,
    TabularClassifier,
    TabularRegressor,
    load,
    make_parallel_fusion,
    networks,
    save,
)
from skopt_nn.persistence._quantize import quantized, restored
from tests.doubles import to_numpy


@pytest.fixture(scope="module")
def fitted(tiny, digits):
    return CNNClassifier(**tiny | {"dense_units": (256,), "epochs": 20}).fit(*digits)


def kernels(est):
    return [v for v in networks.get_values(est.model_) if v.ndim > 1]


@pytest.mark.parametrize(("dtype", "share"), [("float16", 0.56), ("int8", 0.34)])
def test_a_file_of_fewer_bits_predicts_nearly_the_same(
    fitted, digits, tmp_path, dtype, share
):
    save(fitted, tmp_path / "whole")
    save(fitted, tmp_path / "small", dtype=dtype)
    again = load(tmp_path / "small")
    sizes = [(tmp_path / name).stat().st_size for name in ("small", "whole")]
    assert sizes[0] < share * sizes[1]
    X = digits[0]
    np.testing.assert_allclose(
        again.predict_proba(X), fitted.predict_proba(X), atol=0.02
    )
    vectors = [v for v in networks.get_values(fitted.model_) if v.ndim == 1]
    loaded = [v for v in networks.get_values(again.model_) if v.ndim == 1]
    for value, expected in zip(loaded, vectors):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_bins_of_columns_are_no_kernels(tmp_path, cls, dtype):
    X, y = load_iris(return_X_y=True)
    table = cls(dense_units=(32,), n_members=4, epochs=20, random_state=0).fit(X, y)
    save(table, tmp_path / "small", dtype=dtype)
    again = load(tmp_path / "small")
    np.testing.assert_allclose(outputs_of(again, X), outputs_of(table, X), atol=0.05)


def outputs_of(est, X):
    return getattr(est, "predict_proba", est.predict)(X)


def test_what_is_loaded_are_whole_numbers_times_the_scale_of_an_output(
    fitted, tmp_path
):
    save(fitted, tmp_path / "small", dtype="int8")
    for found, kernel in zip(kernels(load(tmp_path / "small")), kernels(fitted)):
        scale = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0) / 127
        safe = np.where(scale > 0, scale, 1)
        expected = np.rint(kernel / safe).astype("f4") * scale.astype("f4")
        np.testing.assert_array_equal(found, expected)


def test_saving_again_what_was_loaded_changes_nothing(fitted, tmp_path):
    save(fitted, tmp_path / "once", dtype="int8")
    save(load(tmp_path / "once"), tmp_path / "twice", dtype="int8")
    pairs = zip(*(kernels(load(tmp_path / name)) for name in ("once", "twice")))
    for once, twice in pairs:
        np.testing.assert_allclose(twice, once, rtol=1e-6)


@pytest.fixture(scope="module")
def hashed(digits):
    net = SharedWeightClassifier(
        (),
        dense_units=(256, 256),
        sharing="hashed",
        compression=2,
        learning_rate=0.01,
        epochs=5,
        random_state=0,
    )
    return net.fit(*digits)


@pytest.mark.parametrize(("dtype", "share"), [("float16", 0.6), ("int8", 0.36)])
def test_hashed_vectors_are_kernels(hashed, digits, tmp_path, dtype, share):
    save(hashed, tmp_path / "whole")
    save(hashed, tmp_path / "small", dtype=dtype)
    sizes = [(tmp_path / name).stat().st_size for name in ("small", "whole")]
    assert sizes[0] < share * sizes[1]
    found, expected = (
        est.predict_proba(digits[0]) for est in (load(tmp_path / "small"), hashed)
    )
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_a_hashed_vector_has_one_scale(hashed, tmp_path):
    save(hashed, tmp_path / "small", dtype="int8")
    again = load(tmp_path / "small")
    for found, vector in zip(hashed_vectors(again), hashed_vectors(hashed)):
        scale = np.abs(vector).max() / 127
        expected = np.rint(vector / scale).astype("f4") * scale.astype("f4")
        np.testing.assert_array_equal(found, expected)


def hashed_vectors(est):
    variables = est.model_.trainable_variables
    return [to_numpy(v) for v in variables if v.name == "hashed"]


def test_of_templates_the_mixtures_stay_whole(digits, tmp_path):
    net = SharedWeightClassifier(
        (), dense_units=(16,) * 4, sharing="templates", epochs=1, random_state=0
    ).fit(*digits)
    save(net, tmp_path / "small", dtype="int8")
    again = load(tmp_path / "small").model_.variables
    names = [variable.name for variable in net.model_.variables]
    pairs = zip(map(to_numpy, again), map(to_numpy, net.model_.variables))
    kept = [np.array_equal(*pair) for pair in pairs]
    changed = {name for name, is_kept in zip(names, kept) if not is_kept}
    assert changed == {"kernel", "templates"}


def test_a_network_to_be_trained_on_is_saved_without_the_state_of_its_optimizer(
    fitted, digits, tmp_path
):
    resumable = clone(fitted).set_params(epochs=1, warm_start=True).fit(*digits)
    save(resumable, tmp_path / "resumable", dtype="int8")
    save(fitted, tmp_path / "finished", dtype="int8")
    sizes = [(tmp_path / name).stat().st_size for name in ("resumable", "finished")]
    assert sizes[0] < 1.1 * sizes[1]
    assert load(tmp_path / "resumable").fit(*digits).n_iter_ == 2
    assert resumable.fit(*digits).n_iter_ == 2


def test_networks_within_a_fusion_are_kept_so_too(fitted, digits, tmp_path):
    X, y = digits
    fusion = make_parallel_fusion(fitted, LogisticRegression(max_iter=2000)).fit(X, y)
    save(fusion, tmp_path / "whole")
    save(fusion, tmp_path / "small", dtype="int8")
    assert (tmp_path / "small").stat().st_size < (tmp_path / "whole").stat().st_size / 2
    assert (load(tmp_path / "small").predict(X) == fusion.predict(X)).mean() > 0.99


@pytest.mark.parametrize(
    ("estimator", "dtype", "match"),
    [
        (LogisticRegression(), "int8", "has no fitted network"),
        (CNNClassifier(), "float16", "has no fitted network"),
        (CNNClassifier(), "int4", r"dtype must be one of \('float16', 'int8'\) or"),
    ],
)
def test_dtypes_that_cannot_be_are_refused(tmp_path, estimator, dtype, match):
    with pytest.raises(ValueError, match=match):
        save(estimator, tmp_path / "file", dtype=dtype)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("worst", [1e6, np.inf, np.nan])
def test_numbers_that_a_dtype_cannot_hold_are_refused(worst):
    with pytest.raises(ValueError, match="holds numbers of up to 65504, and a kernel"):
        quantized(np.array([[1.0, worst]], "f4"), "float16")


@pytest.mark.parametrize(
    "parts",
    [
        {"whole": np.zeros((3, 4), "i1"), "scale": np.zeros(3, "f4")},
        {"whole": np.zeros((3, 4), "i8"), "scale": np.zeros(4, "f4")},
        {"whole": np.zeros(4, "i1"), "scale": np.zeros(4, "f4")},
        {"whole": np.zeros(4, "i1"), "scale": np.float32(1)},
        {"whole": np.zeros((), "i1"), "scale": np.zeros(1, "f4")},
    ],
)
def test_forged_parts_are_refused(parts):
    with pytest.raises(ValueError, match="whole numbers of"):
        restored(parts)
