"""Neural members inside scikit-learn's meta-estimators, searches and inspection."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LearningCurveDisplay,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    ValidationCurveDisplay,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    DistilledClassifier,
    SharedWeightClassifier,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
    training,
)

NAMES = np.array(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
)


@pytest.fixture(scope="module")
def digits():
    """Images as rows; 300 to train on, 200 to test."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(
        X, y, train_size=300, test_size=200, stratify=y, random_state=0
    )
    return X, y, X_test, y_test


@pytest.fixture(scope="module")
def words(digits):
    """The same images, the labels as words."""
    X, y, X_test, y_test = digits
    return X, NAMES[y], X_test, NAMES[y_test]


@pytest.fixture(scope="module")
def cancer():
    """Malignant or benign, as words; 300 to train on, 269 to test."""
    data = load_breast_cancer()
    y = data.target_names[data.target]
    return data.data[:300], y[:300], data.data[300:], y[300:]


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X[:300], y[:300], X[300:], y[300:]


def cnn(cls=CNNClassifier, **params):
    """A small network for images of 8 x 8 pixels."""
    small = {
        "filters": (4,),
        "dense_units": (16,),
        "input_shape": (8, 8, 1),
        "normalization": None,
        "learning_rate": 0.01,
        "learning_rate_schedule": "constant",
        "weight_decay": 0.0,
        "batch_size": 32,
        "epochs": 8,
        "random_state": 0,
    }
    return cls(**small | params)


def mlp(cls=CNNClassifier, **params):
    """A small network for tables."""
    shape = {"filters": (), "input_shape": None, "dense_units": (8,), "epochs": 15}
    return cnn(cls, **shape | params)


@pytest.fixture(scope="module")
def alone(words):
    """A network of string labels, fitted; no test may change it."""
    return cnn().fit(*words[:2])


# -- ensembles ------------------------------------------------------------------


def test_soft_vote_is_the_mean_of_the_members_probabilities(words):
    X, y, X_test, y_test = words
    members = [("net", cnn()), ("line", LogisticRegression(max_iter=500))]
    vote = VotingClassifier(members, voting="soft").fit(X, y)
    mean = np.mean([m.predict_proba(X_test) for m in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict_proba(X_test), mean)
    assert set(vote.predict(X_test)) <= set(NAMES)
    assert vote.score(X_test, y_test) > 0.8


def test_hard_vote_of_three_networks(words):
    X, y, X_test, y_test = words
    members = [(f"net{seed}", cnn(random_state=seed)) for seed in range(3)]
    vote = VotingClassifier(members, voting="hard").fit(X, y)
    votes = np.array([vote.le_.inverse_transform(v) for v in vote.transform(X_test).T])
    unanimous = (votes == votes[0]).all(axis=0)
    np.testing.assert_array_equal(vote.predict(X_test)[unanimous], votes[0, unanimous])
    assert vote.score(X_test, y_test) > 0.8


def test_frozen_members_vote_as_they_are(words, alone):
    X, y, X_test, _ = words
    before = alone.predict_proba(X_test)
    members = [("frozen", FrozenEstimator(alone)), ("net", cnn(random_state=1))]
    vote = VotingClassifier(members, voting="soft").fit(X[:100], y[:100])
    np.testing.assert_array_equal(vote.estimators_[0].predict_proba(X_test), before)
    mean = (before + vote.estimators_[1].predict_proba(X_test)) / 2
    np.testing.assert_allclose(vote.predict_proba(X_test), mean)


def test_vote_of_regressors(diabetes):
    X, y, X_test, y_test = diabetes
    vote = VotingRegressor([("net", mlp(CNNRegressor)), ("ridge", Ridge(0.1))])
    assert vote.fit(X, y).score(X_test, y_test) > 0.4


@pytest.mark.parametrize("passthrough", [False, True])
def test_stack_of_networks(words, passthrough):
    X, y, X_test, y_test = words
    members = [("cnn", cnn()), ("shared", mlp(SharedWeightClassifier, depth=1))]
    stack = StackingClassifier(
        members, LogisticRegression(max_iter=2000), cv=2, passthrough=passthrough
    ).fit(X, y)
    assert stack.final_estimator_.n_features_in_ == 20 + 64 * passthrough
    assert stack.score(X_test, y_test) > 0.8


def test_adaboost_of_networks_corrects_the_first(digits):
    X, y, X_test, y_test = digits
    weak = cnn(filters=(), epochs=2)
    boosted = AdaBoostClassifier(weak, n_estimators=4, random_state=0).fit(X, y)
    first, *_, last = boosted.staged_score(X_test, y_test)
    assert last > first + 0.03


def test_adaboost_of_regressors(diabetes):
    X, y, X_test, y_test = diabetes
    boosted = AdaBoostRegressor(mlp(CNNRegressor), n_estimators=3, random_state=0)
    assert boosted.fit(X, y).score(X_test, y_test) > 0.3


def test_bagging_judges_itself_out_of_bag(words):
    X, y, X_test, y_test = words
    bag = BaggingClassifier(cnn(epochs=4), 15, oob_score=True, random_state=0)
    bag.fit(X, y)
    assert bag.oob_score_ == pytest.approx(bag.score(X_test, y_test), abs=0.1)
    assert bag.oob_score_ > 0.8


def test_bagging_in_two_processes_is_bagging_in_one(digits):
    X, y, X_test, _ = digits
    one, two = (
        BaggingClassifier(cnn(epochs=2), 2, random_state=0, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one.predict_proba(X_test), two.predict_proba(X_test))


@pytest.mark.jax_only
def test_bagged_networks_share_their_programs(digits):
    X, y, X_test, _ = digits
    training.clear_cache()
    BaggingClassifier(cnn(epochs=1), 3, random_state=0).fit(X, y).predict(X_test)
    assert training.cache_info().compilations["train"] == 1


def test_bagging_over_columns(cancer):
    X, y, X_test, y_test = cancer
    bag = BaggingClassifier(mlp(), 3, max_features=0.5, random_state=0).fit(X, y)
    assert bag.score(X_test, y_test) > 0.9


# -- around one network ---------------------------------------------------------


@pytest.mark.parametrize("method", ["sigmoid", "temperature"])
def test_calibration_tempers_a_network_that_is_too_sure(diabetes, method):
    X, y, X_test, y_test = diabetes
    y, y_test = np.where(y > 140, "ill", "well"), np.where(y_test > 140, "ill", "well")
    sure = mlp(dense_units=(32,), epochs=60)
    calibrated = CalibratedClassifierCV(sure, method=method, ensemble=False, cv=3)
    before = log_loss(y_test, sure.fit(X, y).predict_proba(X_test))
    after = log_loss(y_test, calibrated.fit(X, y).predict_proba(X_test))
    assert after < 0.9 * before
    assert list(calibrated.classes_) == ["ill", "well"]


def test_frozen_network_is_calibrated_as_it_is(words, alone):
    _, _, X_test, y_test = words
    calibrated = CalibratedClassifierCV(FrozenEstimator(alone), method="temperature")
    calibrated.fit(X_test[:100], y_test[:100])
    np.testing.assert_array_equal(calibrated.predict(X_test), alone.predict(X_test))
    (member,) = calibrated.calibrated_classifiers_
    assert member.estimator.estimator is alone


def test_threshold_is_tuned_for_what_mistakes_cost(diabetes):
    X, y, X_test, y_test = diabetes
    y, y_test = np.where(y > 200, "ill", "well"), np.where(y_test > 200, "ill", "well")

    def saved(y, predicted):
        missed, alarmed = (y == "ill"), (predicted == "ill")
        return -10 * (missed & ~alarmed).mean() - (alarmed & ~missed).mean()

    net = mlp()
    tuned = TunedThresholdClassifierCV(net, scoring=make_scorer(saved), cv=3).fit(X, y)
    plain = net.fit(X, y).predict(X_test)
    assert saved(y_test, tuned.predict(X_test)) > saved(y_test, plain) + 0.2


def test_one_network_for_each_class(words):
    X, y, X_test, y_test = words
    three = np.isin(y, NAMES[:3])
    rest = OneVsRestClassifier(cnn()).fit(X[three], y[three])
    assert sorted(rest.classes_) == sorted(NAMES[:3])
    test = np.isin(y_test, NAMES[:3])
    assert rest.score(X_test[test], y_test[test]) > 0.9


def test_one_network_for_each_column_of_labels(digits):
    X, y, X_test, y_test = digits
    columns = np.column_stack([NAMES, np.where(np.arange(10) % 2, "odd", "even")])
    both = MultiOutputClassifier(cnn()).fit(X, columns[y])
    predicted = both.predict(X_test)
    digit, parity = (predicted == columns[y_test]).mean(axis=0)
    assert digit > 0.85
    assert parity > 0.85
    assert [list(c) for c in both.classes_][1] == ["even", "odd"]


def test_self_training_labels_the_unlabelled(digits):
    X, y, X_test, y_test = digits
    partly = np.where(np.arange(300) < 60, y, -1)
    trained = SelfTrainingClassifier(cnn(epochs=15), threshold=0.8, max_iter=3)
    trained.fit(X, partly)
    assert list(trained.classes_) == list(range(10))
    added = trained.labeled_iter_ > 0
    assert added.sum() > 100
    assert (trained.transduction_[added] == y[added]).mean() > 0.85
    assert trained.score(X_test, y_test) > cnn(epochs=15).fit(X[:60], y[:60]).score(
        X_test, y_test
    )


def test_minus_one_is_a_label(digits):
    X, y, X_test, y_test = digits
    y, y_test = np.where(y % 2, 1, -1), np.where(y_test % 2, 1, -1)
    net = cnn().fit(X, y)
    assert list(net.classes_) == [-1, 1]
    assert net.score(X_test, y_test) > 0.8


# -- pipelines ------------------------------------------------------------------


def test_memory_keeps_the_network_that_did_not_change(digits, tmp_path, capsys):
    X, y, X_test, y_test = digits
    net, line = cnn(verbose=1), LogisticRegression(max_iter=2000)
    pipe = make_pipeline(net, line, memory=str(tmp_path)).fit(X, y)
    assert "epoch 8" in capsys.readouterr().out
    first = pipe[0].transform(X_test)
    pipe.set_params(logisticregression__C=0.1).fit(X, y)
    assert "epoch" not in capsys.readouterr().out
    np.testing.assert_array_equal(pipe[0].transform(X_test), first)
    assert pipe.score(X_test, y_test) > 0.8


def test_columns_of_all_kinds_reach_a_network():
    frame = load_diabetes(as_frame=True, scaled=False).frame
    X, y = frame.drop(columns="target"), frame["target"]
    X["sex"] = X["sex"].map({1: "one", 2: "two"})
    columns = ColumnTransformer(
        [("sex", OneHotEncoder(), ["sex"]), ("age", KBinsDiscretizer(20), ["age"])],
        remainder=StandardScaler(),
        sparse_threshold=0,
    )
    pipe = make_pipeline(columns, mlp(CNNRegressor))
    assert pipe.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.3
    assert pipe[-1].n_features_in_ == 30


def test_target_is_transformed_there_and_back(diabetes):
    X, y, X_test, y_test = diabetes
    net = mlp(CNNRegressor)
    logs = TransformedTargetRegressor(net, func=np.log1p, inverse_func=np.expm1)
    logs.fit(X, y)
    by_hand = np.expm1(net.fit(X, np.log1p(y)).predict(X_test))
    np.testing.assert_allclose(logs.predict(X_test), by_hand, rtol=1e-5)
    assert logs.score(X_test, y_test) > 0.3


# -- inspection -----------------------------------------------------------------


def test_permutation_importance_finds_the_petals():
    data = load_iris(as_frame=True)
    net = mlp(epochs=30).fit(data.data, data.target)
    mean = permutation_importance(
        net, data.data, data.target, n_repeats=3, random_state=0
    ).importances_mean
    assert min(mean[2:]) > max(mean[:2]) + 0.05


def test_learning_curve_rises(digits):
    X, y, *_ = digits
    display = LearningCurveDisplay.from_estimator(
        cnn(epochs=4), X, y, train_sizes=[0.2, 1.0], cv=2
    )
    few, many = display.test_scores.mean(axis=1)
    assert many > few + 0.1
    plt.close(display.figure_)


def test_validation_curve_over_epochs(digits):
    X, y, *_ = digits
    display = ValidationCurveDisplay.from_estimator(
        cnn(), X, y, param_name="epochs", param_range=[1, 5], cv=2
    )
    one, five = display.test_scores.mean(axis=1)
    assert five > one + 0.1
    plt.close(display.figure_)


# -- searches -------------------------------------------------------------------


def test_randomized_search_over_a_pipeline(words):
    X, y, X_test, y_test = words
    pipe = make_pipeline(StandardScaler(), cnn())
    space = {
        "cnnclassifier__learning_rate": loguniform(1e-3, 1e-1),
        "cnnclassifier__dropout": [0.0, 0.2],
    }
    search = RandomizedSearchCV(pipe, space, n_iter=3, cv=2, random_state=0).fit(X, y)
    assert search.score(X_test, y_test) > 0.8
    assert search.best_estimator_[-1].n_iter_ == 8


def test_halving_search_spends_epochs(words):
    X, y, X_test, y_test = words
    halving = HalvingGridSearchCV(
        cnn(),
        {"learning_rate": [1e-4, 1e-3, 1e-2]},
        resource="epochs",
        max_resources=6,
        min_resources=2,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert halving.n_resources_ == [2, 6]
    assert halving.best_estimator_.n_iter_ == 6
    assert halving.best_params_["learning_rate"] == 1e-2
    assert halving.score(X_test, y_test) > 0.8


def test_cross_val_predict_gives_each_row_a_probability(words):
    X, y, *_ = words
    proba = cross_val_predict(cnn(), X, y, cv=3, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert (np.unique(y)[proba.argmax(axis=1)] == y).mean() > 0.8


def test_nested_cross_validation(digits):
    X, y, *_ = digits
    search = GridSearchCV(cnn(), {"learning_rate": [1e-4, 2e-2]}, cv=2)
    scores = cross_val_score(search, X, y, cv=2)
    assert scores.min() > 0.7


def dense():
    return cnn(filters=(), epochs=2)


FUSED = {
    "voting": (
        lambda: make_parallel_fusion(dense(), LogisticRegression(max_iter=500)),
        "cnnclassifier__learning_rate",
    ),
    "serial": (
        lambda: make_serial_fusion(dense(), LogisticRegression(max_iter=500), cv=2),
        "cnnclassifier__estimator__learning_rate",
    ),
    "stack": (
        lambda: make_stacked_fusion(
            dense(), final_estimator=LogisticRegression(max_iter=500), cv=2
        ),
        "cnnclassifier__learning_rate",
    ),
    "distilled": (
        lambda: DistilledClassifier(
            LogisticRegression(max_iter=500), dense(), random_state=0
        ),
        "student__learning_rate",
    ),
    "teacher": (
        lambda: DistilledClassifier(dense(), dense(), random_state=0),
        "teacher__learning_rate",
    ),
    "pipeline": (
        lambda: make_pipeline(StandardScaler(), dense()),
        "cnnclassifier__learning_rate",
    ),
    "bagging": (
        lambda: BaggingClassifier(dense(), 2, random_state=0),
        "estimator__learning_rate",
    ),
}


@pytest.mark.parametrize("kind", FUSED)
def test_grid_over_a_nested_parameter_in_one_process_and_in_two(digits, kind):
    X, y, *_ = digits
    make, name = FUSED[kind]
    settings = {"cv": 2, "scoring": "neg_log_loss"}
    one, two = (
        GridSearchCV(make(), {name: [1e-5, 1e-2]}, n_jobs=n_jobs, **settings).fit(X, y)
        for n_jobs in (1, 2)
    )
    slow, fast = one.cv_results_["mean_test_score"]
    assert slow != fast
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(one.cv_results_[key], two.cv_results_[key])
    np.testing.assert_array_equal(one.predict(X), two.predict(X))


def test_grid_over_the_architecture_of_a_student(digits):
    X, y, X_test, y_test = digits
    distilled = DistilledClassifier(LogisticRegression(max_iter=500), cnn())
    search = GridSearchCV(distilled, {"student__filters": [(), (4,)]}, cv=2).fit(X, y)
    student = search.best_estimator_.student_
    assert student.filters == search.best_params_["student__filters"]
    assert search.score(X_test, y_test) > 0.8


# -- clone ----------------------------------------------------------------------


def test_clone_of_a_fitted_network_is_unfitted_and_trains_to_the_same(words, alone):
    X, y, X_test, _ = words
    copy = clone(alone)
    with pytest.raises(NotFittedError):
        copy.predict(X_test)
    assert copy.get_params() == alone.get_params()
    np.testing.assert_array_equal(
        copy.fit(X, y).predict_proba(X_test), alone.predict_proba(X_test)
    )


def test_clone_of_an_unfitted_composite_trains_to_the_same(digits):
    X, y, X_test, _ = digits
    fusion = make_parallel_fusion(cnn(epochs=2), mlp(epochs=2))
    copy = clone(fusion).fit(X, y)
    np.testing.assert_array_equal(
        copy.predict_proba(X_test), fusion.fit(X, y).predict_proba(X_test)
    )


# -- frames and pictures --------------------------------------------------------

TABLES = {
    "network": lambda: mlp(),
    "voting": lambda: make_parallel_fusion(mlp(), LogisticRegression(max_iter=500)),
    "serial": lambda: make_serial_fusion(mlp(), LogisticRegression(max_iter=500)),
    "stack": lambda: make_stacked_fusion(mlp(), cv=2),
    "distilled": lambda: DistilledClassifier(LogisticRegression(max_iter=500), mlp()),
}


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", TABLES)
def test_frames_give_names_and_refuse_another_order(kind, library):
    X, y = load_iris(return_X_y=True)
    names = ["petal_a", "petal_b", "sepal_a", "sepal_b"]
    frame = pytest.importorskip(library).DataFrame(dict(zip(names, X.T)))
    fitted = TABLES[kind]().fit(frame, NAMES[y])
    assert list(fitted.feature_names_in_) == names
    assert fitted.score(frame, NAMES[y]) > 0.8
    with pytest.raises(ValueError, match="must be in the same order"):
        fitted.predict(frame[names[::-1]])


@pytest.mark.parametrize("kind", TABLES)
def test_sparse_rows_are_refused_in_the_words_of_sklearn(kind):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(TypeError, match="Sparse data was passed for X, but dense"):
        TABLES[kind]().fit(csr_array(X), y)


def test_repr_shows_what_was_changed(alone):
    assert repr(CNNClassifier(epochs=3)) == "CNNClassifier(epochs=3)"
    assert repr(alone) == repr(cnn())


def test_diagram_shows_the_network_and_what_was_fitted(alone):
    diagram = alone._repr_html_()
    for word in ("CNNClassifier", "dense_units", "Fitted attributes", "n_parameters_"):
        assert word in diagram
