"""partial_fit, warm_start, early stopping, and fits that do not end well."""

import copy
import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV

from skopt_nn import (
    CNNClassifier,
    CNNRegressor,
    SharedWeightClassifier,
    SharedWeightRegressor,
    training,
)
from tests.doubles import Interrupt, Merging, RaiseRate, ScoredRun

FAMILIES = [CNNClassifier, CNNRegressor, SharedWeightClassifier, SharedWeightRegressor]
BUSY = {"dropout": 0.3, "normalization": "batch", "weight_decay": 0.01}


@pytest.fixture(scope="module")
def warm(make, digits):
    """Makes copies of a fitted estimator of a class that starts warm."""
    classes = CNNClassifier, SharedWeightClassifier
    fitted = {cls: make(cls, warm_start=True).fit(*digits) for cls in classes}
    return lambda cls: copy.deepcopy(fitted[cls])


@pytest.mark.parametrize("cls", FAMILIES)
def test_refit_repeats_to_the_bit(make, digits, same, cls):
    X, y = digits
    est = make(cls, **BUSY).fit(X, y)
    first = copy.deepcopy(est)
    same(est.fit(X, y), first, X)
    same(clone(est).fit(X, y), first, X)
    assert est.history_ == first.history_


def test_another_random_state_gives_another_network(make, digits, fitted):
    other = make(dropout=0.2, random_state=1).fit(*digits)
    assert (other.predict_proba(digits[0]) != fitted.predict_proba(digits[0])).any()


def test_random_state_instance_is_drawn_from(make, digits):
    X, y = digits
    state = np.random.RandomState(0)
    first, second = (
        make(random_state=state).fit(X, y).predict_proba(X) for _ in range(2)
    )
    again = make(random_state=np.random.RandomState(0)).fit(X, y).predict_proba(X)
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


def test_without_random_state_each_fit_is_another(make, digits):
    X, y = digits
    est = make(random_state=None)
    first = est.fit(X, y).predict_proba(X)
    assert (first != est.fit(X, y).predict_proba(X)).any()


@pytest.mark.parametrize("cls", FAMILIES)
def test_partial_fits_equal_the_epochs_of_one_fit(make, digits, same, cls):
    X, y = digits
    parts = make(cls, **BUSY)
    for _ in range(3):
        assert parts.partial_fit(X, y) is parts
    whole = make(cls, **BUSY, epochs=3).fit(X, y)
    same(parts, whole, X)
    assert parts.history_ == whole.history_
    assert parts.n_iter_ == 3


@pytest.mark.parametrize("cls", FAMILIES)
def test_warm_starts_equal_the_epochs_of_one_fit(make, digits, same, cls):
    X, y = digits
    warm = make(cls, **BUSY, warm_start=True).fit(X, y).fit(X, y)
    whole = make(cls, **BUSY, epochs=4).fit(X, y)
    same(warm, whole, X)
    assert warm.history_ == whole.history_
    assert warm.n_iter_ == 4


def test_partial_fit_goes_on_from_a_fit(make, digits, same):
    X, y = digits
    est = make(**BUSY).fit(X, y).partial_fit(X, y)
    same(est, make(**BUSY, epochs=3).fit(X, y), X)


def test_fit_after_partial_fit_starts_anew(make, digits, same):
    X, y = digits
    est = make().partial_fit(X[:50], y[:50], classes=range(10)).fit(X, y)
    same(est, make().fit(X, y), X)
    assert est.n_iter_ == 2


def test_classes_are_named_in_the_first_partial_fit(make, digits):
    X, y = digits
    est = make().partial_fit(X[y < 2], y[y < 2], classes=range(10))
    np.testing.assert_array_equal(est.classes_, np.arange(10))
    est.partial_fit(X, y).partial_fit(X[:5], y[:5], classes=range(10))
    assert est.predict_proba(X).shape == (300, 10)


def test_partial_fit_learns_from_parts_of_any_size(make, digits):
    X, y = digits
    est = make(learning_rate=3e-2, random_state=1)
    parts = [slice(0, 100), slice(100, 200), slice(101, 201), slice(299, 300)]
    for part in 5 * parts:
        est.partial_fit(X[part], y[part], classes=range(10))
    assert est.score(X, y) > 0.8
    assert est.n_iter_ == 20


def test_partial_fit_with_weights_of_classes(make, digits):
    X, y = digits
    est = make(class_weight={i: float(i > 4) for i in range(10)}, learning_rate=0.01)
    for _ in range(5):
        est.partial_fit(X, y)
    assert (est.predict(X) > 4).all()


def test_learning_rate_set_between_partial_fits_counts(make, digits):
    X, y = digits
    est = make().partial_fit(X, y)
    before = est.predict_proba(X)
    est.set_params(learning_rate=1e-30).partial_fit(X, y)
    np.testing.assert_allclose(est.predict_proba(X), before, atol=1e-6)


@pytest.mark.parametrize("names", [("adam", "sgd"), ("rmsprop", "adagrad")])
def test_another_optimizer_starts_with_a_state_of_its_own(make, digits, names):
    X, y = digits
    est = make(optimizer=names[0], warm_start=True).fit(X, y)
    est.set_params(optimizer=names[1], learning_rate=1e-2).fit(X, y)
    assert est.n_iter_ == 4
    assert est.history_["loss"][-1] < est.history_["loss"][0]


@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightRegressor])
@pytest.mark.parametrize("resume", ["fit", "partial_fit"])
@pytest.mark.parametrize("first", [0.0, 0.6])
def test_dropout_set_between_fits_counts(make, digits, cls, resume, first):
    X, y = digits
    est = make(cls, dropout=first, warm_start=True).fit(X, y)
    quiet, loud = copy.deepcopy(est), copy.deepcopy(est)
    getattr(quiet.set_params(dropout=0.0), resume)(X, y)
    getattr(loud.set_params(dropout=0.6), resume)(X, y)
    assert loud.history_["loss"][-1] > quiet.history_["loss"][-1]


@pytest.mark.jax_only
def test_dropout_set_between_fits_compiles_nothing(make, digits):
    X, y = digits
    est = make(dropout=0.2, warm_start=True).fit(X, y)
    before = training.cache_info().compilations["train"]
    est.set_params(dropout=0.5).fit(X, y)
    assert training.cache_info().compilations["train"] == before


@pytest.mark.parametrize("resume", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "changed",
    [
        {"filters": (8,)},
        {"input_shape": (4, 16, 1)},
        {"kernel_size": 5},
        {"pool_size": 1},
        {"dense_units": (8, 8)},
        {"activation": "tanh"},
        {"normalization": "batch"},
        {"depth": 3},
        {"dense_units": (4,), "depth": 3, "filters": (2,)},
    ],
    ids=str,
)
def test_another_network_cannot_go_on(warm, digits, same, changed, resume):
    X, y = digits
    est = warm(SharedWeightClassifier)
    old = {name: est.get_params()[name] for name in changed}
    est.set_params(**changed)
    with pytest.raises(ValueError, match="Set that back, or fit a clone") as error:
        getattr(est, resume)(X, y)
    for parameters in (old, changed):
        for name, value in parameters.items():
            assert f"{name}={value!r}" in str(error.value)
    same(est, warm(SharedWeightClassifier), X)


@pytest.mark.parametrize("resume", ["fit", "partial_fit"])
def test_the_network_set_back_goes_on(warm, digits, same, resume):
    X, y = digits
    est = warm(SharedWeightClassifier).set_params(filters=(8,))
    with pytest.raises(ValueError, match="Set that back"):
        getattr(est, resume)(X, y)
    getattr(est.set_params(filters=(4,)), resume)(X, y)
    same(est, getattr(warm(SharedWeightClassifier), resume)(X, y), X)


@dataclass(frozen=True)
class SomeMerges(Merging):
    """Merging that ends after some merges, whatever they cost."""

    n_merges: ClassVar[int]

    def after_training(self, run):
        super().after_training(ScoredRun(run, [1.0] * (1 + self.n_merges)))


@pytest.mark.parametrize("n_merges", [0, 1])
def test_layers_left_unshared_cannot_be_tied(make, digits, same, registered, n_merges):
    X, y = digits
    shape = {"filters": (), "dense_units": (8,) * 4}
    est = make(SharedWeightRegressor, **shape, sharing="some", warm_start=True)
    with registered("some", type("Some", (SomeMerges,), {"n_merges": n_merges})):
        est.fit(X, y)
    assert len(est.shared_weights_) == n_merges
    expected = copy.deepcopy(est)
    with pytest.raises(ValueError, match="got sharing='tied'"):
        est.set_params(sharing="tied").fit(X, y)
    same(est, expected, X)


@pytest.mark.parametrize("order", [("tied", "merging"), ("merging", "tied")])
def test_layers_that_are_all_merged_are_tied(make, digits, registered, order):
    X, y = digits
    shape = {"filters": (), "dense_units": (5, 5, 5, 6, 6, 6)}
    est = make(SharedWeightClassifier, **shape, warm_start=True)
    shared = []
    with registered("merging", Merging):
        for sharing in order:
            est.set_params(sharing=sharing).fit(X, y)
            shared.append(sorted(sorted(s) for s in est.shared_weights_.values()))
    assert shared[0] == shared[1] != []


@pytest.mark.parametrize("resume", ["fit", "partial_fit", "check_fit"])
@pytest.mark.parametrize(
    "changed", [{"filters": (2.9,)}, {"dense_units": (0,)}, {"pool_size": (2, 2)}]
)
@pytest.mark.parametrize("cls", [CNNClassifier, SharedWeightClassifier])
def test_bad_parameters_are_named_as_in_a_first_fit(
    make, warm, digits, cls, changed, resume
):
    X, y = digits
    with pytest.raises(ValueError, match=next(iter(changed))) as error:
        make(cls, **changed).fit(X, y)
    est = warm(cls).set_params(**changed)
    with pytest.raises(ValueError, match=re.escape(str(error.value))):
        getattr(est, resume)(X, y)


def test_check_fit_refuses_what_a_warm_start_would(warm, digits):
    X, y = digits
    est = warm(CNNClassifier).set_params(kernel_size=5)
    with pytest.raises(ValueError, match="got kernel_size=5"):
        est.check_fit(X, y)
    assert est.set_params(warm_start=False).check_fit(X, y) is None


def test_copies_are_trained_apart(make, digits):
    X, y = digits
    est = make(warm_start=True).fit(X, y)
    expected = est.predict_proba(X)
    for duplicate in (copy.copy(est), copy.deepcopy(est)):
        duplicate.partial_fit(X, y)
        assert duplicate.n_iter_ == 3
        assert (duplicate.predict_proba(X) != expected).any()
    np.testing.assert_array_equal(est.predict_proba(X), expected)
    assert len(est.history_["loss"]) == est.n_iter_ == 2


# -- early stopping -------------------------------------------------------------

STOPPING = {
    "early_stopping": True,
    "validation_fraction": 0.2,
    "n_iter_no_change": 2,
    "learning_rate": 0.05,
    "epochs": 40,
}


@pytest.mark.parametrize("cls", FAMILIES)
def test_early_stopping_restores_the_best_epoch(make, digits, cls):
    X, y = digits
    est = make(cls, **STOPPING).fit(X, y)
    losses = est.history_["val_loss"]
    best = int(np.argmin(losses))
    assert est.n_iter_ == len(losses) == len(est.history_["loss"]) < 40
    assert est.n_iter_ == best + 3
    # It holds the weights that the same training has after its best epoch.
    until = make(cls, **STOPPING | {"epochs": best + 1}).fit(X, y)
    np.testing.assert_array_equal(est.predict(X), until.predict(X))
    assert est.best_score_ == until.best_score_


class Watched(CNNClassifier):
    """Writes down the rows that it trains on and those that it holds out."""

    seen = []

    def _run_epochs(self, examples, held_out, hooks):
        self.seen.append((examples, held_out))
        super()._run_epochs(examples, held_out, hooks)


@pytest.fixture
def watched(make):
    Watched.seen.clear()
    return lambda **changes: make(Watched, **STOPPING | changes)


def test_best_score_is_that_of_the_held_out_rows(watched, digits):
    X, y = digits
    est = watched().fit(X, y)
    ((_, held_out),) = Watched.seen
    (targets,) = held_out.objective.targets
    assert len(held_out) == 60
    assert set(targets) == set(range(10))
    rows = held_out.rows.take(np.arange(60))
    assert est.best_score_ == est.score(rows, est.classes_[targets])


def test_held_out_rows_keep_their_weights(make, digits):
    """Rows that weigh next to nothing decide nothing, held out or not."""
    X, y = digits
    weights = np.where(np.arange(len(y)) % 2, 1.0, 1e-6)
    noise = np.where(np.arange(len(y)) % 2, y, (y + 1) % 10)
    est = make(**STOPPING).fit(X, noise, sample_weight=weights)
    assert est.best_score_ > 0.6
    assert est.history_["val_loss"][est.n_iter_ - 3] < 2


def test_early_stopping_in_a_search_sees_no_fold_twice(watched, digits):
    X, y = digits
    grid = {"learning_rate": [1e-3, 1e-2]}
    GridSearchCV(watched(epochs=1), grid, cv=3).fit(X, y)
    n_rows = [len(examples) + len(held_out) for examples, held_out in Watched.seen]
    assert n_rows == [200] * 6 + [300]


# -- fits that do not end well --------------------------------------------------


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_a_loss_that_is_not_finite_ends_training_with_a_warning(
    make, digits, same, cls
):
    X, y = digits
    est = make(cls, epochs=6, callbacks=[RaiseRate()])
    match = f"The loss of {cls.__name__} was not finite in epoch 3"
    with pytest.warns(ConvergenceWarning, match=match):
        est.fit(X, y)
    assert est.n_iter_ == 3
    assert not np.isfinite(est.history_["loss"][-1])
    same(est, make(cls, epochs=2).fit(X, y), X)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batch_size", [None, 32])
@pytest.mark.parametrize("epochs", [1, 3])
def test_absurd_learning_rate_leaves_a_usable_estimator(
    make, digits, optimizer, batch_size, epochs
):
    est = make(
        learning_rate=1e30, optimizer=optimizer, batch_size=batch_size, epochs=epochs
    )
    with pytest.warns(ConvergenceWarning, match="smaller learning_rate"):
        est.fit(*digits)
    assert np.isfinite(est.predict_proba(digits[0])).all()


@pytest.mark.parametrize("cls", FAMILIES)
def test_interrupted_first_fit_leaves_the_estimator_unfitted(make, digits, same, cls):
    X, y = digits
    est = make(cls, callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        est.fit(X, y)
    with pytest.raises(NotFittedError):
        est.predict(X)
    assert not [name for name in vars(est) if name.endswith("_")]
    same(est.set_params(callbacks=None).fit(X, y), make(cls).fit(X, y), X)


@pytest.mark.parametrize("resumes", ["fit", "warm start", "partial_fit"])
def test_interrupted_later_fit_leaves_the_estimator_as_it_was(
    make, digits, same, resumes
):
    X, y = digits
    est = make(warm_start=resumes == "warm start", epochs=3).fit(X, y)
    twin = copy.deepcopy(est)
    call = est.partial_fit if resumes == "partial_fit" else est.fit
    est.set_params(callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        call(X[:100], y[:100])
    same(est, twin, X)
    assert est.history_ == twin.history_
    assert est.n_iter_ == 3
    for one in (est, twin):
        one.set_params(callbacks=None).fit(X, y)
    same(est, make(epochs=est.n_iter_).fit(X, y), X)
