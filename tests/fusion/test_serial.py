"""Serial fusions: what a stage trains on, hands on, and what the end makes of it."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_array, estimator_html_repr
from sklearn.utils._indexing import _safe_indexing

from skopt_nn import (
    SerialStage,
    WeightedSumClassifier,
    WeightedSumRegressor,
    make_serial_fusion,
)
from skopt_nn.fusion import StageOutput


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that keeps what it was fitted to."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.weight_ = X, y, sample_weight
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(np.eye(len(self.classes_))[0], (len(X), 1))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class UnweightedRecorder(Recorder):
    """The same, but its fit takes no weights."""

    def fit(self, X, y):
        return super().fit(X, y)


class Counted(GaussianNB):
    """A classifier that counts its fits."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        Counted.fits += 1
        return super().fit(X, y, sample_weight)


def handed_on(scores, learning_rates=(1.0,), classes=(0, 1, 2)):
    scores = np.asarray(scores, dtype=float)
    rows = np.arange(len(scores), dtype=float)[:, None]
    return StageOutput(rows, scores, np.array(classes), learning_rates)


def one_hot(labels, n_classes=3):
    return np.eye(n_classes)[labels]


# Ten rows of three classes; the first stage misses rows 0 and 1, the second row 2.
y10 = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
first = np.array([1, 2, 2, 0, 1, 2, 0, 1, 2, 0])
second = np.array([0, 1, 0, 0, 1, 2, 0, 1, 2, 0])
two_stages = np.stack([one_hot(first), one_hot(second)], axis=1)


@pytest.mark.parametrize("user_weight", [None, np.linspace(0.5, 2.0, 10)])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_stage_trains_on_samme_weights_of_the_rows_missed_so_far(user_weight, rate):
    w = np.ones(10) if user_weight is None else user_weight
    missed = [first != y10, second != y10]
    error = w[missed[0]].sum() / w.sum()
    alpha = [np.log((1 - error) / error) + np.log(2)]
    seen = w * np.exp(rate * alpha[0] * missed[0])
    error = seen[missed[1]].sum() / seen.sum()
    alpha.append(np.log((1 - error) / error) + np.log(2))
    expected = w * np.exp(rate * (alpha[0] * missed[0] + alpha[1] * missed[1]))
    expected *= w.sum() / expected.sum()

    X = handed_on(two_stages, (rate, rate))
    stage = SerialStage(Recorder(), learning_rate=rate).fit(X, y10, user_weight)
    assert_allclose(stage.estimator_.weight_, expected)
    end = WeightedSumClassifier().fit(X, y10, user_weight)
    assert_allclose(end.stage_weights_, alpha)


def test_without_shrinkage_the_missed_rows_get_all_but_one_kth_of_the_weight():
    X = handed_on(one_hot(first)[:, None])
    stage = SerialStage(Recorder(), learning_rate=1.0).fit(X, y10)
    assert_allclose(stage.estimator_.weight_[first != y10].sum(), 10 * 2 / 3)


def test_probabilities_are_the_mean_weighted_by_stage_weights(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), LogisticRegression(max_iter=500))
    fusion.fit(X, y)
    alpha = fusion[-1].stage_weights_
    parts = [stage.estimator_.predict_proba(X) for stage in fusion[:-1]]
    expected = (alpha[0] * parts[0] + alpha[1] * parts[1]) / alpha.sum()
    assert_allclose(fusion.predict_proba(X), expected)
    assert_array_equal(fusion.predict(X), expected.argmax(axis=1))


def test_stage_weights_are_finite_for_a_perfect_stage_and_zero_for_a_useless_one():
    wrong = one_hot((y10 + 1) % 3)
    scores = np.stack([one_hot(y10), wrong], axis=1)
    weights = WeightedSumClassifier().fit(handed_on(scores, (1, 1)), y10).stage_weights_
    assert_allclose(weights, [np.log(19) + np.log(2), 0.0])


def test_stages_that_are_all_useless_count_alike():
    scores = np.stack([one_hot((y10 + 1) % 3)] * 2, axis=1)
    end = WeightedSumClassifier().fit(handed_on(scores, (1, 1)), y10)
    assert_array_equal(end.stage_weights_, [1, 1])


def test_training_scores_are_out_of_fold():
    """1-NN repeats its training labels: only rows it did not see can be wrong."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.integers(0, 2, size=60)
    knn = KNeighborsClassifier(1)
    output = SerialStage(knn, cv=3).fit_transform(X, y)
    folded = cross_val_predict(knn, X, y, cv=StratifiedKFold(3), method="predict_proba")
    assert_array_equal(output.scores[:, 0], folded)
    assert 0.3 < np.mean(output.scores[:, 0].argmax(axis=1) == y) < 0.8
    in_sample = SerialStage(knn, cv=None).fit_transform(X, y)
    assert_array_equal(in_sample.scores[:, 0].argmax(axis=1), y)


def test_folds_are_trained_with_their_rows_of_the_weights(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    scores = SerialStage(GaussianNB(), cv=3).fit_transform(X, y, weight).scores[:, 0]
    for train, test in StratifiedKFold(3).split(X, y):
        fold = GaussianNB().fit(X[train], y[train], weight[train])
        assert_array_equal(scores[test], fold.predict_proba(X[test]))


def test_a_class_that_a_fold_lacks_gets_probability_zero():
    X, y = np.arange(12.0)[:, None], np.repeat(["a", "b", "c"], 4)
    scores = SerialStage(GaussianNB(), cv=KFold(3)).fit_transform(X, y).scores[:, 0]
    assert_array_equal(scores[:4, 0], 0)
    assert_allclose(scores.sum(axis=1), 1)


@pytest.mark.parametrize("rate", [None, 0.25])
@pytest.mark.parametrize("weighted", [False, True])
def test_regression_stages_fit_the_out_of_fold_residual(diabetes, rate, weighted):
    X, y = diabetes
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    members = [Ridge(), DecisionTreeRegressor(max_depth=2), Ridge(10.0)]
    fusion = make_serial_fusion(*members, cv=KFold(3), learning_rate=rate)
    params = {f"{name}__sample_weight": weight for name, _ in fusion.steps}
    fusion.fit(X, y, **params if weighted else {})

    w = np.ones(len(y)) if weight is None else weight
    residual, total = y.copy(), np.zeros(len(y))
    for index, member in enumerate(members):
        folded = np.empty(len(y))
        for train, test in KFold(3).split(X):
            fold = clone(member).fit(X[train], residual[train], w[train])
            folded[test] = fold.predict(X[test])
        step = (rate or 1) * (w * folded) @ residual / ((w * folded) @ folded)
        step = max(step, 0) if index else 1
        total += step * clone(member).fit(X, residual, w).predict(X)
        residual = residual - step * folded
        assert fusion[-1].stage_weights_[index] == pytest.approx(step)
    assert_allclose(fusion.predict(X), total)


def test_a_regression_stage_that_learns_noise_is_not_heard():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X[:, 0] + rng.normal(size=300)
    fusion = make_serial_fusion(LinearRegression(), DecisionTreeRegressor()).fit(X, y)
    assert fusion[-1].stage_weights_[1] < 0.1


def test_regression_takes_several_outputs(diabetes):
    X, y = diabetes
    Y = np.column_stack([y, X[:, 0] - y])
    fusion = make_serial_fusion(LinearRegression(), KNeighborsRegressor()).fit(X, Y)
    assert fusion.predict(X).shape == Y.shape
    assert fusion.score(X, Y) > 0.5


def test_members_without_weights_train_on_rows_drawn_by_weight():
    X = handed_on(one_hot(first)[:, None])
    stage = SerialStage(UnweightedRecorder(), learning_rate=1.0, random_state=0)
    drawn = stage.fit(X, y10).estimator_.X_[:, 0].astype(int)
    weights = SerialStage(Recorder(), learning_rate=1.0).fit(X, y10).estimator_.weight_
    counts = np.bincount(drawn, minlength=10)
    assert len(drawn) == 10
    assert np.all((counts == np.floor(weights)) | (counts == np.ceil(weights)))
    again = clone(stage).fit(X, y10).estimator_.X_[:, 0]
    assert_array_equal(again, drawn)


def test_equal_weights_draw_every_row_once(iris):
    X, y = iris
    weight = np.full(len(y), 0.3)
    stage = SerialStage(UnweightedRecorder(), random_state=1).fit(X, y, weight)
    assert_array_equal(stage.estimator_.X_, X)


def test_weights_reach_the_steps_of_a_pipeline_member(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    member = make_pipeline(StandardScaler(), LogisticRegression())
    stage = SerialStage(member).fit(X, y, weight)
    expected = clone(member).fit(
        X,
        y,
        standardscaler__sample_weight=weight,
        logisticregression__sample_weight=weight,
    )
    assert_allclose(stage.estimator_.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("member", [GaussianNB(), KNeighborsClassifier(3)])
def test_rows_of_weight_zero_are_as_good_as_absent(iris, member):
    X, y = iris
    rng = np.random.default_rng(0)
    weight = (rng.uniform(size=len(y)) < 0.7).astype(float)
    kept = weight > 0
    fusion = make_serial_fusion(member, DecisionTreeClassifier(random_state=0))
    fusion.set_params(**{f"{name}__random_state": 0 for name, _ in fusion.steps[:-1]})
    names = [name for name, _ in fusion.steps]
    absent = clone(fusion).fit(X[kept], y[kept])
    weighted = fusion.fit(X, y, **{f"{name}__sample_weight": weight for name in names})
    assert_allclose(weighted[-1].stage_weights_, absent[-1].stage_weights_)
    assert_allclose(weighted.predict_proba(X), absent.predict_proba(X))


# -- the container ---------------------------------------------------------------


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((150, 2, 2, 1), dtype=np.uint8),
        pd.DataFrame({"a": range(150), "b": 1.0}),
        pl.DataFrame({"a": range(150), "b": [1.0] * 150}),
        csr_array(np.eye(150)),
        [[float(k), 1.0] for k in range(150)],
    ],
    ids=["images", "pandas", "polars", "sparse", "list"],
)
def test_samples_stay_what_they_are(iris, X):
    y = iris[1]

    class Seen(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            self.seen_ = type(X)
            return super().fit(X, y, sample_weight)

    output = SerialStage(Seen()).fit_transform(X, y)
    assert output.X is X
    second = SerialStage(Seen())
    again = second.fit_transform(output, y)
    assert again.X is X
    assert second.estimator_.seen_ is type(X)
    rows = again[[3, 1]]
    assert type(rows.X) is type(X)
    assert len(rows) == 2
    assert again.shape == check_array(again).shape


def test_the_output_of_a_stage_reads_as_an_array(iris):
    X, y = iris
    output = SerialStage(GaussianNB()).fit(X, y).transform(X)
    proba = GaussianNB().fit(X, y).predict_proba(X)
    assert_allclose(np.asarray(output), np.hstack([X, proba]))
    assert_allclose(_safe_indexing(output, [5, 7]).scores[:, 0], proba[[5, 7]])
    assert_allclose(output[:, 4], proba[:, 0])
    assert_array_equal(output[7], np.hstack([X, proba])[7])
    assert_array_equal(pickle.loads(pickle.dumps(output)).scores, output.scores)


def test_columns_of_that_array_have_names():
    frame, y = load_iris(return_X_y=True, as_frame=True)
    fusion = make_serial_fusion(GaussianNB(), DecisionTreeClassifier()).fit(frame, y)
    stages = [f"stage{stage}_{label}" for stage in (0, 1) for label in (0, 1, 2)]
    names = fusion[:-1].get_feature_names_out()
    assert list(names) == [*frame.columns, *stages]
    assert list(fusion[1].get_feature_names_out()) == list(names)
    assert np.asarray(fusion[:-1].transform(frame)).shape[1] == len(names)


def test_any_classifier_may_end_the_pipeline(iris):
    X, y = iris
    stages = make_serial_fusion(GaussianNB(), DecisionTreeClassifier(max_depth=2))[:-1]
    pipe = make_pipeline(*[clone(stage) for stage in stages], LogisticRegression(C=10))
    assert (
        pipe.set_params(logisticregression__max_iter=2000).fit(X, y).score(X, y) > 0.9
    )
    assert pipe[-1].n_features_in_ == 4 + 2 * 3


def test_a_sliced_fusion_gives_the_scores_of_its_stages(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), LogisticRegression(max_iter=500))
    scores = fusion.fit(X, y)[:-1].transform(X).scores
    assert scores.shape == (150, 2, 3)
    assert_allclose(scores[:, 0], GaussianNB().fit(X, y).predict_proba(X))


def test_memory_keeps_the_stages_that_did_not_change(iris, tmp_path):
    X, y = iris
    Counted.fits = 0
    fusion = make_serial_fusion(Counted(), LogisticRegression(), memory=str(tmp_path))
    proba = fusion.fit(X, y).predict_proba(X)
    assert Counted.fits == 4
    changed = clone(fusion).set_params(logisticregression__estimator__C=1e-3).fit(X, y)
    assert Counted.fits == 4
    assert np.abs(changed.predict_proba(X) - proba).max() > 0.01
    assert_array_equal(clone(fusion).fit(X, y).predict_proba(X), proba)


# -- a citizen of scikit-learn ------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_tunes_nested_parameters(iris, n_jobs):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), DecisionTreeClassifier(random_state=0))
    grid = {
        "decisiontreeclassifier__estimator__max_depth": [1, 3],
        "decisiontreeclassifier__learning_rate": [0.0, 0.5],
        "weightedsumclassifier__weights": [None, [1, 2]],
    }
    search = GridSearchCV(fusion, grid, cv=2, n_jobs=n_jobs).fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_score_ > 0.9


def test_n_jobs_changes_nothing(iris):
    X, y = iris
    members = [KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)]
    fits = [
        make_serial_fusion(*members, n_jobs=n_jobs, random_state=0).fit(X, y)
        for n_jobs in (1, 2)
    ]
    assert_array_equal(*[fit.predict_proba(X) for fit in fits])


def test_metadata_routing_brings_requested_weights_to_every_step(iris, routing):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    member = GaussianNB().set_fit_request(sample_weight=True)
    fusion = make_serial_fusion(member, LogisticRegression(max_iter=500))
    for step in fusion:
        step.set_fit_request(sample_weight=True)
    routed = fusion.fit(X, y, sample_weight=weight)
    by_hand = SerialStage(GaussianNB()).fit_transform(X, y, weight)
    assert_allclose(routed[0].estimator_.theta_, GaussianNB().fit(X, y, weight).theta_)
    lesson = SerialStage(Recorder()).fit(by_hand, y, weight).estimator_.weight_
    expected = LogisticRegression(max_iter=500).fit(X, y, lesson)
    assert_allclose(routed[1].estimator_.coef_, expected.coef_)


def test_weights_by_step_name_without_routing(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    fusion = make_serial_fusion(GaussianNB())
    fusion.fit(X, y, gaussiannb__sample_weight=weight)
    assert_allclose(fusion[0].estimator_.theta_, GaussianNB().fit(X, y, weight).theta_)


def test_the_diagram_shows_the_members(iris):
    html = estimator_html_repr(
        make_serial_fusion(GaussianNB(), LogisticRegression(C=7))
    )
    for word in (
        "SerialStage",
        "estimator: GaussianNB",
        "C=7",
        "WeightedSumClassifier",
    ):
        assert word in html


def test_set_output_leaves_the_stages_alone(iris):
    X, y = iris
    fusion = make_pipeline(StandardScaler(), *make_serial_fusion(Recorder()))
    fusion.set_output(transform="pandas").fit(X, y)
    assert isinstance(fusion[1].estimator_.X_, pd.DataFrame)


class Tasks:
    """A callback that writes down the tree of tasks."""

    max_propagation_depth = None

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.seen.append((context.estimator_name, context.task_name))

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.seen.append("teardown")


def test_callbacks_see_stages_and_folds(iris):
    X, y = iris
    tasks = Tasks()
    member = LogisticRegression(max_iter=500)
    fusion = make_serial_fusion(member, member, cv=2).set_callbacks(tasks)
    fusion.fit(X, y)
    fits = [seen for seen in tasks.seen if seen[0] == "LogisticRegression"]
    assert len([seen for seen in tasks.seen if seen[0] == "SerialStage"]) >= 2
    assert len([seen for seen in fits if seen[1] == "fit"]) == 6
    assert tasks.seen[0] == "setup"
    assert tasks.seen[-1] == "teardown"


# -- errors -------------------------------------------------------------------------


def test_a_weighted_sum_refuses_plain_samples(iris):
    for end in (WeightedSumClassifier(), WeightedSumRegressor()):
        with pytest.raises(TypeError, match=r"shape \(150, 4\).*SerialStage"):
            end.fit(*iris)


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ([1, 2, 3], "got 3 weights, 2 stages"),
        ([1, -1], r"got \[1.0, -1.0\]"),
        ([0, 0], "one at least positive"),
        ([1, np.nan], "finite"),
    ],
)
def test_weights_that_do_not_fit_the_stages(iris, weights, text):
    steps = make_serial_fusion(GaussianNB(), GaussianNB(), cv=None).steps
    pipe = Pipeline([*steps[:-1], ("sum", WeightedSumClassifier(weights))])
    with pytest.raises(ValueError, match=text):
        pipe.fit(*iris)


def test_other_numbers_of_stages_at_predict_are_refused(iris):
    X, y = iris
    fusion = make_serial_fusion(GaussianNB(), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 1 stages, but .* fitted with 2"):
        fusion[-1].predict(fusion[0].transform(X))


def test_a_regressor_cannot_follow_a_classifier(iris):
    X, y = iris
    output = SerialStage(GaussianNB()).fit_transform(X, y)
    text = r"holds a regressor .* fitted to \[0, 1, 2\]"
    with pytest.raises(ValueError, match=text):
        SerialStage(Ridge()).fit(output, y)


def test_folds_must_be_a_partition(iris):
    with pytest.raises(ValueError, match="test every row exactly once"):
        SerialStage(GaussianNB(), cv=TimeSeriesSplit(3)).fit_transform(*iris)


@pytest.mark.parametrize("learning_rate", [-0.1, 1.5, "fast"])
def test_learning_rate_outside_its_range(iris, learning_rate):
    with pytest.raises(ValueError, match="learning_rate"):
        SerialStage(GaussianNB(), learning_rate=learning_rate).fit(*iris)


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (StandardScaler(), "predict"),
        (GaussianNB, "instance"),
    ],
)
def test_members_that_are_none(iris, member, text):
    with pytest.raises((TypeError, ValueError), match=text):
        SerialStage(member).fit(*iris)


def test_a_serial_fusion_is_not_below_its_best_member(digits):
    """Members that err on 2 to 4 % of the rows: SAMME without shrinkage falls below."""
    X, y = digits
    members = [LogisticRegression(max_iter=500), KNeighborsClassifier(3)]
    scores = []
    for seed in range(5):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.5, stratify=y, random_state=seed
        )
        fits = [*map(clone, members), make_serial_fusion(*members, random_state=seed)]
        scores.append([fit.fit(X_train, y_train).score(X_test, y_test) for fit in fits])
    *alone, fused = np.mean(scores, axis=0)
    assert fused >= max(alone)
