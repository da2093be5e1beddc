"""Serial stages in logit space: offsets, steps, and how they go with votes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skopt_nn import SerialStage, load, make_serial_fusion, save
from skopt_nn.fusion import StageOutput
from skopt_nn.fusion.serial._stage_weights import best_step
from tests.doubles import Recorder, small_student

SHARE = 1e-3


class OffsetRecorder(Recorder):
    """It keeps its lesson; what it adds points to the first class."""

    def fit_offset(self, X, y, scores, *, sample_weight=None, classes=None):
        self.fit(X, y, sample_weight)
        self.scores_, self.classes_ = scores, classes
        return self

    def predict_proba(self, X):
        n_classes = len(self.classes_)
        return np.tile(softmax(np.arange(n_classes, 0.0, -1)), (len(X), 1))


def logits_of(proba):
    return np.log((1 - SHARE) * proba + SHARE / proba.shape[1])


@pytest.fixture(scope="module")
def few(digits):
    X, y = digits
    return X[y < 3][:120], y[y < 3][:120]


@pytest.fixture(scope="module")
def fused(few):
    tree = DecisionTreeClassifier(max_depth=1, random_state=0)
    return make_serial_fusion(tree, small_student(), cv=2).fit(*few)


@pytest.mark.parametrize("rate", [1.0, 0.25, 0.0])
def test_a_network_starts_from_a_share_of_the_out_of_fold_logits_before_it(iris, rate):
    X, y = iris
    before = SerialStage(GaussianNB()).fit_transform(X, y)
    weight = np.linspace(0.5, 2, len(y))
    stage = SerialStage(OffsetRecorder(), learning_rate=rate).fit(before, y, weight)
    assert_allclose(stage.estimator_.scores_, rate * logits_of(before.scores[:, 0]))
    assert_array_equal(stage.estimator_.weight_, weight)


def test_probabilities_are_the_softmax_of_the_sum_of_logits(fused, few):
    X, _ = few
    tree, network = (stage.estimator_ for stage in fused[:-1])
    step = fused[-1].stage_weights_[1]
    added = np.log(network.predict_proba(X))
    rate = fused[1].learning_rate
    total = rate * logits_of(tree.predict_proba(X)) + step * added
    assert rate < 1
    assert step > 0
    assert_allclose(fused.predict_proba(X), softmax(total, axis=1), rtol=1e-6)


def test_a_network_corrects_the_stage_before_it(fused, few):
    X, y = few
    tree = fused[0].estimator_
    assert log_loss(y, fused.predict_proba(X)) < log_loss(y, tree.predict_proba(X)) / 2


def test_the_best_step_is_where_the_loss_has_no_slope():
    rng = np.random.default_rng(0)
    before, said = rng.normal(size=(2, 50, 3))
    codes = (before + 0.7 * said + rng.gumbel(size=said.shape)).argmax(axis=1)
    weight = rng.uniform(0.5, 2, size=50)
    step = best_step(before, said, codes, weight)

    def loss(step):
        proba = softmax(before + step * said, axis=1)
        return log_loss(codes, proba, sample_weight=weight)

    assert 0 < step < 4
    assert loss(step) < min(loss(step - 1e-3), loss(step + 1e-3))
    assert best_step(before, -10 * np.eye(3)[codes], codes, weight) == 0
    assert best_step(before, np.eye(3)[codes], codes, weight) == 4


def test_a_stage_that_lowers_no_loss_leaves_what_was_said(few):
    """What it adds is noise, and a tenth of the logits before would be unsure."""
    X, y = few
    members = GaussianNB(), OffsetRecorder()
    fusion = make_serial_fusion(*members, cv=2).fit(X, y)
    assert fusion[-1].stage_weights_[1] == 0
    alone = fusion[0].estimator_.predict_proba(X)
    assert_allclose(fusion.predict_proba(X), alone)


def test_weights_that_are_given_go_with_the_share_that_was_started_from(few):
    X, y = few
    tree = DecisionTreeClassifier(max_depth=1, random_state=0)
    members = tree, OffsetRecorder()
    how = {"weights": [1, 0.5], "learning_rate": 0.3, "cv": 2}
    fusion = make_serial_fusion(*members, **how).fit(X, y)
    tree, recorder = (stage.estimator_ for stage in fusion[:-1])
    added = np.log(recorder.predict_proba(X))
    total = 0.3 * logits_of(tree.predict_proba(X)) + 0.5 * added
    assert_allclose(fusion.predict_proba(X), softmax(total, axis=1), rtol=1e-6)


def test_votes_behind_logits_see_one_member(iris):
    """A stage that takes no offset goes by SAMME, of what is said so far."""
    X, y = iris
    members = DecisionTreeClassifier(max_depth=1), OffsetRecorder(), Recorder()
    how = {"weights": [1, 0.5, 2], "learning_rate": 0.9, "cv": 2}
    fusion = make_serial_fusion(*members, **how).fit(X, y)
    output = fusion[:-1].transform(X)
    assert output.in_logits == (False, True, False)
    weights = fusion[-1].stage_weights_
    votes = output.scores
    before = 0.9 * logits_of(votes[:, 0])
    composed = softmax(before + weights[1] * votes[:, 1], axis=1)
    total = weights[0] * composed + weights[2] * votes[:, 2]
    assert_allclose(fusion.predict_proba(X), total / (weights[0] + weights[2]))


def test_samme_may_be_asked_for(few):
    X, y = few
    members = GaussianNB(), small_student()
    fusion = make_serial_fusion(*members, method="samme", cv=2).fit(X, y)
    assert fusion[:-1].transform(X).in_logits == (False, False)


def test_rows_of_an_output_keep_what_kind_of_scores_they_have():
    scores = np.ones((3, 2, 2))
    output = StageOutput(np.ones((3, 1)), scores, [0, 1], (1, 1), (False, True))
    assert output[[0, 2]].in_logits == (False, True)


def test_a_safe_file_keeps_stages_in_logit_space(few, tmp_path):
    X, y = few
    fusion = make_serial_fusion(LogisticRegression(max_iter=500), small_student(), cv=2)
    fusion.fit(X, y)
    save(fusion, tmp_path / "fusion.nn")
    again = load(tmp_path / "fusion.nn")
    assert_array_equal(again.predict_proba(X), fusion.predict_proba(X))


# -- errors -------------------------------------------------------------------------


def test_logits_need_a_member_that_takes_offsets(iris):
    fusion = make_serial_fusion(GaussianNB(), GaussianNB(), method="logits")
    with pytest.raises(
        TypeError, match=r"needs a classifier with fit_offset.*, got GaussianNB\(\)"
    ):
        fusion.fit(*iris)
    with pytest.raises(TypeError, match="needs a classifier with fit_offset"):
        make_serial_fusion(Ridge(), Ridge(), method="logits").fit(*iris)


def test_an_unknown_method_is_refused(iris):
    with pytest.raises(ValueError, match="'method' parameter"):
        SerialStage(GaussianNB(), method="boost").fit(*iris)


class Watching(OffsetRecorder):
    """It watches a score, which knows nothing of what came before."""

    scoring = "accuracy"


@pytest.mark.parametrize("kind", ["frozen", "scored"])
def test_a_stage_that_cannot_start_from_scores_votes(iris, kind):
    recorder = OffsetRecorder().fit(*iris)
    recorder.classes_ = np.arange(3)
    member = FrozenEstimator(recorder) if kind == "frozen" else Watching()
    fusion = make_serial_fusion(GaussianNB(), member, cv=None)
    stage = SerialStage(member, cv=None)
    before = fusion[0].fit_transform(*iris)
    assert not stage._adds(before)
    with pytest.raises(TypeError, match="trained here and watches its loss"):
        make_serial_fusion(GaussianNB(), member, method="logits").fit(*iris)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_residuals_are_no_counts(loss):
    counts = HistGradientBoostingRegressor(loss=loss)
    make_serial_fusion(counts, Ridge())
    with pytest.raises(ValueError, match=f"loss='{loss}' takes no negative y"):
        make_serial_fusion(Ridge(), counts)
    fusion = make_serial_fusion(Ridge(), Ridge()).set_params(
        **{"ridge-2": SerialStage(counts)}
    )
    with pytest.raises(ValueError, match=f"loss='{loss}' takes no negative y"):
        fusion.fit(np.arange(20.0).reshape(-1, 1), np.arange(20.0) + 1)
