"""Estimators of tables: what they take, what their members say, what is kept."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from skopt_nn import TabularClassifier, TabularRegressor, load, save, training
from skopt_nn.estimators._columns import read_columns
from skopt_nn.estimators._members import chosen_members

TINY = {
    "n_members": 4,
    "n_bins": 8,
    "embedding_dim": 3,
    "dense_units": (8,),
    "epochs": 2,
    "batch_size": 32,
    "early_stopping": False,
    "random_state": 0,
}
N_ROWS = 160
BOTH = pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])


def tiny(cls=TabularClassifier, **changes):
    return cls(**{**TINY, **changes})


def make_frame(n_rows=N_ROWS, seed=0):
    """Columns of each kind; y is about their sum."""
    rng = np.random.default_rng(seed)
    size, colour = rng.normal(size=n_rows), rng.choice(["red", "green", "blue"], n_rows)
    is_new = rng.random(n_rows) > 0.5
    y = size + (colour == "red") - is_new + 0.1 * rng.normal(size=n_rows)
    X = pd.DataFrame({"size": size, "colour": colour, "is_new": is_new})
    X.loc[::7, "size"] = np.nan
    X.loc[::9, "colour"] = None
    return X, y


FRAME, VALUES = make_frame()
LABELS = np.where(VALUES > 0, "high", "low")


def target_of(cls):
    return LABELS if cls is TabularClassifier else VALUES


def outputs_of(est, X):
    return est.predict_proba(X) if hasattr(est, "classes_") else est.predict(X)


@pytest.fixture(scope="module")
def fitted():
    """One of each kind, that no test may change."""
    return {
        cls: tiny(cls).fit(FRAME, target_of(cls))
        for cls in (TabularClassifier, TabularRegressor)
    }


# -- tables as they are ---------------------------------------------------------


@BOTH
def test_frames_of_pandas_and_polars_are_one_table(fitted, cls):
    frame = pl.DataFrame(
        {
            "size": FRAME["size"].to_numpy(),
            "colour": [c if isinstance(c, str) else None for c in FRAME["colour"]],
            "is_new": FRAME["is_new"].to_numpy(),
        }
    )
    other = tiny(cls).fit(frame, target_of(cls))
    expected = outputs_of(fitted[cls], FRAME)
    np.testing.assert_array_equal(outputs_of(other, frame), expected)
    assert list(other.feature_names_in_) == list(FRAME.columns)


@BOTH
def test_arrays_of_objects_are_frames_without_names(fitted, cls):
    X = FRAME.to_numpy(dtype=object)
    other = tiny(cls).fit(X, target_of(cls))
    expected = outputs_of(fitted[cls], FRAME)
    np.testing.assert_array_equal(outputs_of(other, X), expected)
    np.testing.assert_array_equal(outputs_of(other, X.tolist()), expected)
    assert not hasattr(other, "feature_names_in_")


def test_the_order_of_columns_of_other_kinds_does_not_matter_to_codes(fitted):
    frame = FRAME[["colour", "is_new", "size"]]
    est = tiny()
    est._check_fit(frame, LABELS, None)
    assert est._recipe.n_numeric == 2
    assert est._recipe.n_categories == (4,)
    by_place = est._columns.encode(read_columns(frame))
    expected = fitted[TabularClassifier]._columns.encode(read_columns(FRAME))
    np.testing.assert_array_equal(by_place[:, [1, 0, 2, 3]], expected)


def test_unknown_and_missing_categories_are_predicted_alike(fitted):
    X = FRAME[:4].copy()
    X["colour"] = ["violet", None, "yellow", np.nan]
    X["size"], X["is_new"] = 0.5, True
    proba = fitted[TabularClassifier].predict_proba(X)
    np.testing.assert_array_equal(proba, proba[[0, 0, 0, 0]])


def test_missing_values_of_both_kinds_are_learned_from():
    rng = np.random.default_rng(0)
    no_size, no_colour = rng.random((2, N_ROWS)) > 0.5
    X = FRAME.assign(
        size=np.where(no_size, np.nan, rng.normal(size=N_ROWS)),
        colour=np.where(no_colour, None, rng.choice(["red", "green", "blue"], N_ROWS)),
    )
    y = no_size & no_colour
    assert tiny(epochs=30, learning_rate=0.02).fit(X, y).score(X, y) > 0.95


@pytest.mark.parametrize(
    "categorical", [[0], ["code"], [True, False], np.array([0]), ("code",)], ids=str
)
def test_columns_of_numbers_are_categories_if_one_says_so(categorical):
    X = pd.DataFrame({"code": np.arange(N_ROWS) % 5, "size": VALUES})
    est = tiny(categorical_features=categorical)
    est._check_fit(X, LABELS, None)
    assert est._recipe.n_categories == (6,)
    assert est._recipe.n_numeric == 1


@pytest.mark.parametrize(
    ("categorical", "match"),
    [
        (None, "but column 'colour' are not among them"),
        ([0], "but column 'colour' are not among them"),
        (["hue"], "which is not a valid feature name"),
        ([7], r"must be in \[0, n_features - 1\]"),
        ([True], "boolean mask"),
        ("dtype", "must be"),
    ],
)
def test_categorical_features_that_cannot_be_are_refused(categorical, match):
    with pytest.raises(ValueError, match=match):
        tiny(categorical_features=categorical).fit(FRAME, LABELS)


def test_dates_are_refused_before_training():
    X = FRAME.assign(when=pd.Timestamp("2024-05-17"))
    with pytest.raises(TypeError, match=r"got column 'when'.*Make it numbers"):
        tiny().fit(X, LABELS)


@pytest.mark.parametrize(
    "X", [FRAME[:0], FRAME[[]], pl.DataFrame(), FRAME["size"]], ids=range(4)
)
def test_a_frame_without_rows_or_columns_is_refused(X):
    with pytest.raises(ValueError, match=r"X must have at least|Expected a 2-dim"):
        tiny().fit(X, LABELS[: len(X)])


@pytest.mark.parametrize("where", ["fit", "predict"])
def test_infinity_is_refused_by_the_name_of_its_column(fitted, where):
    X = FRAME.copy()
    X.loc[3, "size"] = np.inf
    est = fitted[TabularClassifier]
    call = est.predict if where == "predict" else lambda X: tiny().fit(X, LABELS)
    with pytest.raises(ValueError, match="contains infinity in column 'size'"):
        call(X)


def test_a_table_of_other_columns_is_refused(fitted):
    est = fitted[TabularClassifier]
    with pytest.raises(ValueError, match="feature names should match"):
        est.predict(FRAME[["colour", "size", "is_new"]])
    with pytest.raises(ValueError, match="feature names should match"):
        tiny().fit(FRAME, LABELS, X_val=FRAME[["size"]], y_val=LABELS)


def test_columns_without_a_value_are_said_once_and_predicted_without():
    X = FRAME.assign(empty=np.nan)
    with pytest.warns(UserWarning, match="missing in column 'empty'") as warned:
        est = tiny(early_stopping=True).fit(X, LABELS)
    (said,) = (w for w in warned if "empty" in str(w.message))
    assert said.filename == __file__
    filled = est.predict_proba(X.assign(empty=3.0))
    assert np.isfinite(filled).all()


def test_texts_are_named_at_the_line_that_fits():
    X = FRAME.assign(text=[f"word {i}" for i in range(len(FRAME))])
    with pytest.warns(UserWarning, match="only once in column 'text'") as warned:
        tiny().fit(X, LABELS)
    assert [w.filename for w in warned if "text" in str(w.message)] == [__file__]


@pytest.mark.parametrize("change", [lambda x: 1e8 + x, lambda x: x**5, np.exp])
def test_offsets_and_tails_train(change):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X[:, 0] > 0
    est = tiny(epochs=20, learning_rate=0.02).fit(change(3 * X), y)
    assert est.score(change(3 * X), y) > 0.9


# -- members --------------------------------------------------------------------


@BOTH
def test_predictions_are_the_mean_of_the_members(fitted, cls):
    members = fitted[cls].predict_members(FRAME)
    assert members.shape[:2] == (N_ROWS, 4)
    np.testing.assert_allclose(members.mean(axis=1), outputs_of(fitted[cls], FRAME))
    assert members.std(axis=1).min() > 0


@BOTH
def test_members_are_estimators_of_their_own(fitted, cls):
    est = fitted[cls]
    assert len(est.members_) == 4
    for i, member in enumerate(est.members_):
        np.testing.assert_allclose(
            outputs_of(member, FRAME), est.predict_members(FRAME)[:, i], rtol=1e-4
        )
    assert member.n_parameters_ < est.n_parameters_
    assert [type(m) for m in est.members_[1:3]] == [cls, cls]
    with pytest.raises(IndexError):
        est.members_[4]
    assert repr(est.members_).startswith("<4 members of Tabular")


def test_there_are_no_members_before_fit():
    with pytest.raises(NotFittedError):
        tiny().members_  # noqa: B018
    assert not hasattr(tiny(), "members_")


@pytest.mark.parametrize("adapters", ["mini", "full"])
def test_what_is_shared_is_named_and_counted(adapters):
    est = tiny(adapters=adapters).fit(FRAME, LABELS)
    members = [f"member_{i}" for i in range(1, 5)]
    assert est.shared_weights_ == dict.fromkeys(
        ["numbers", "categories", "dense_1"], members
    )
    # Numbers 3 x 2 x (8 + 2), categories 3 x 4, then a mark, three columns: 10 values.
    embeddings, width = 3 * 2 * (8 + 2) + 3 * 4, 3 * 3 + 1
    own = width if adapters == "mini" else width + 2 * 8
    biases = 8 if adapters == "mini" else 0
    n_parameters = embeddings + width * 8 + biases + 4 * (own + 8 * 2 + 2)
    assert est.n_parameters_ == n_parameters
    unshared = 4 * (embeddings + width * 8 + 8 + 8 * 2 + 2)
    assert est.compression_ratio_ == pytest.approx(unshared / n_parameters)


@BOTH
def test_features_are_the_mean_of_the_members_last_layer(fitted, cls):
    est = fitted[cls]
    features = est.transform(FRAME)
    assert features.shape == (N_ROWS, 8)
    each = [member.transform(FRAME) for member in est.members_]
    np.testing.assert_allclose(features, np.mean(each, axis=0), rtol=1e-4, atol=1e-6)
    assert len(est.get_feature_names_out()) == 8


@pytest.mark.parametrize(
    ("cls", "y"),
    [
        (TabularClassifier, LABELS),
        (TabularClassifier, np.column_stack([VALUES > 0, VALUES > 1]).astype(int)),
        (TabularRegressor, VALUES),
        (TabularRegressor, np.column_stack([VALUES, -VALUES])),
    ],
    ids=["labels", "several labels", "values", "several values"],
)
def test_the_best_members_are_kept(cls, y):
    est = tiny(cls, max_members=2).fit(FRAME, y)
    assert 1 <= len(est.members_) <= 2
    assert est.predict_members(FRAME).shape[1] == len(est.members_)
    assert len(est.predict(FRAME)) == N_ROWS
    whole = tiny(cls).fit(FRAME, y)
    assert est.n_parameters_ < whole.n_parameters_


def test_a_pruned_network_is_not_trained_on():
    est = tiny(max_members=1, warm_start=True).fit(FRAME, LABELS)
    with pytest.raises(ValueError, match="which has n_members=1; got n_members=4"):
        est.fit(FRAME, LABELS)


def test_members_that_make_the_mean_better_are_chosen_and_no_more():
    truth = np.array([0.0, 0.0, 0.0])
    predictions = np.array([[1.0, 0, 0], [-1, 0, 0], [0.5, 0.5, 0], [3, 3, 3]])
    risk = lambda mean: ((mean - truth) ** 2).sum()  # noqa: E731
    assert chosen_members(predictions, risk, most=4) == [0, 1, 2]
    assert chosen_members(predictions, risk, most=2) == [1, 2]
    assert chosen_members(predictions, risk, most=1) == [2]
    assert chosen_members(predictions[:2], risk, most=2) == [0, 1]


@pytest.mark.parametrize("n_members", [1, 3])
def test_pruning_to_all_members_holds_out_nothing(n_members):
    est = tiny(n_members=n_members, max_members=n_members).fit(FRAME, LABELS)
    assert len(est.members_) == n_members
    assert not hasattr(est, "best_score_")


# -- training -------------------------------------------------------------------


@pytest.mark.parametrize("embedding", ["piecewise_linear", "periodic", None])
@BOTH
def test_every_embedding_learns(cls, embedding):
    est = tiny(cls, embedding=embedding, epochs=25, learning_rate=0.02)
    est.fit(FRAME, target_of(cls))
    assert est.score(FRAME, target_of(cls)) > 0.7


@BOTH
def test_a_refit_and_a_clone_are_equal_to_the_bit(fitted, cls):
    est = clone(fitted[cls]).fit(FRAME, target_of(cls))
    expected = outputs_of(fitted[cls], FRAME)
    np.testing.assert_array_equal(outputs_of(est, FRAME), expected)


def test_a_column_bends_where_a_straight_line_cannot():
    x = np.linspace(-1, 1, 400)[:, None]
    y = np.sign(np.sin(12 * x[:, 0]))
    est = tiny(TabularRegressor, n_bins=32, epochs=30, learning_rate=0.02)
    assert est.fit(x, y).score(x, y) > 0.8


@pytest.mark.parametrize(
    "loss", ["absolute_error", "quantile", "huber", "poisson", "gamma"]
)
def test_losses_of_values_train(loss):
    y = np.exp(VALUES)
    est = tiny(TabularRegressor, loss=loss, epochs=10, learning_rate=0.02).fit(FRAME, y)
    assert est.history_["loss"][-1] < est.history_["loss"][0]
    if loss in ("poisson", "gamma"):
        assert est.predict_members(FRAME).min() > 0


def test_what_is_watched_is_the_loss_of_the_prediction():
    est = tiny(label_smoothing=0.0).fit(FRAME, LABELS, X_val=FRAME, y_val=LABELS)
    right = np.take_along_axis(
        est.predict_proba(FRAME), (est.classes_[1] == LABELS).astype(int)[:, None], 1
    )
    assert est.history_["val_loss"][-1] == pytest.approx(
        -np.log(right).mean(), rel=1e-4
    )


def test_a_score_is_watched_on_encoded_rows():
    est = tiny(scoring="accuracy", early_stopping=True).fit(FRAME, LABELS)
    assert len(est.history_["val_score"]) == est.n_iter_
    assert est.best_score_ == max(est.history_["val_score"])


def test_a_class_of_one_row_does_not_keep_rows_from_being_held_out():
    y = LABELS.astype(object)
    y[5] = "odd"
    est = tiny(early_stopping=True).fit(FRAME, y)
    assert list(est.classes_) == ["high", "low", "odd"]
    assert "val_loss" in est.history_


@pytest.mark.parametrize(
    "changes", [{"early_stopping": True}, {"max_members": 2}], ids=str
)
def test_a_table_of_few_rows_has_none_to_hold_out(changes):
    est = tiny(**changes).fit(FRAME[:8], np.resize(["a", "b"], 8))
    assert est.n_iter_ == 2
    assert len(est.members_) == 4
    assert not hasattr(est, "best_score_")


def test_parts_are_trained_on_one_after_the_other():
    est = tiny()
    for part in (slice(0, 80), slice(80, None)):
        est.partial_fit(FRAME[part], LABELS[part], classes=["high", "low"])
    assert est.n_iter_ == 2
    assert est._columns.categories == [["blue", "green", "red"]]


def test_a_warm_start_goes_on(fitted):
    est = tiny(warm_start=True).fit(FRAME, LABELS)
    est.set_params(dropout=0.3).fit(FRAME, LABELS)
    assert est.n_iter_ == 4
    with pytest.raises(ValueError, match="which has n_bins=8; got n_bins=9"):
        est.set_params(n_bins=9).fit(FRAME, LABELS)


def test_a_student_of_tables_is_taught_by_probabilities():
    soft = np.tile([0.9, 0.1], (N_ROWS, 1))
    est = tiny(epochs=20, learning_rate=0.02)
    est.fit_soft(FRAME, LABELS, soft, alpha=1.0, temperature=2.0)
    np.testing.assert_allclose(est.predict_proba(FRAME)[:, 0], 0.9, atol=0.1)


@pytest.mark.jax_only
def test_grid_over_numbers_compiles_one_training_step_of_tables():
    grid = [
        {"learning_rate": [1e-3], "dropout": [0.4]},
        {"weight_decay": [0.0], "label_smoothing": [0.1]},
        {"global_clipnorm": [1.0], "weight_averaging": [0.9]},
    ]
    X, y = FRAME[:120].fillna({"size": 0.0, "colour": "red"}), LABELS[:120]
    training.clear_cache()
    net = tiny(epochs=1, batch_size=20, global_clipnorm=5.0)
    GridSearchCV(net, grid, cv=3).fit(X, y)
    assert training.cache_info().compilations["train"] == 1


# -- kept -----------------------------------------------------------------------


@BOTH
def test_a_table_is_saved_and_loaded(fitted, cls, tmp_path):
    save(fitted[cls], tmp_path / "table.nn")
    again = load(tmp_path / "table.nn")
    np.testing.assert_array_equal(
        outputs_of(again, FRAME), outputs_of(fitted[cls], FRAME)
    )
    assert again.get_params() == fitted[cls].get_params()


@BOTH
def test_a_copy_of_a_table_predicts_the_same(fitted, cls):
    again = pickle.loads(pickle.dumps(fitted[cls]))
    np.testing.assert_array_equal(
        outputs_of(again, FRAME), outputs_of(fitted[cls], FRAME)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"numeric": np.array([0])},
        {"categories": [["blue"]]},
        {"marked": np.array([], int)},
    ],
    ids=str,
)
def test_columns_that_are_not_those_of_the_network_are_refused(fitted, changes):
    est = fitted[TabularClassifier]
    state = est.__getstate__()
    forged = {**state, "_columns": {**state["_columns"], **changes}}
    with pytest.raises(ValueError, match=r"damaged|not one of the columns|input_shape"):
        TabularClassifier().__setstate__(forged)


def test_fitted_state_is_plain(fitted):
    state = fitted[TabularClassifier].__getstate__()
    assert type(state["_columns"]) is dict
    assert type(state["_recipe"]) is dict
    assert replace(fitted[TabularClassifier]._columns) is not None


def test_defaults_learn_a_small_table():
    X, y = load_iris(return_X_y=True)
    est = TabularClassifier(random_state=0).fit(X[::2], y[::2])
    assert est.score(X[1::2], y[1::2]) > 0.93
    assert est.n_iter_ == 50  # of five batches: 250 steps


def test_defaults_of_values_hold_out_rows(fitted):
    est = TabularRegressor(random_state=0, dense_units=(8,), n_members=2).fit(
        FRAME, VALUES
    )
    assert est.best_score_ > 0.5
    assert len(est.history_["val_loss"]) == est.n_iter_


def test_images_are_sent_to_the_networks_that_see():
    with pytest.raises(ValueError, match=r"dim 4, while a table has 2.*CNNClassifier"):
        TabularClassifier().fit(np.zeros((4, 8, 8, 1)), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("cls", "params", "n_rows", "n_bins"),
    [
        (TabularClassifier, {}, 1999, 8),
        (TabularClassifier, {}, 2000, 48),
        (TabularClassifier, {"n_bins": 5}, 40, 5),
        (TabularClassifier, {"embedding": "periodic"}, 40, 48),
        (TabularRegressor, {}, 40, 48),
    ],
)
def test_bins_follow_the_number_of_rows(cls, params, n_rows, n_bins):
    X, y = np.arange(n_rows * 2.0).reshape(-1, 2), np.arange(n_rows) % 2
    small = {"dense_units": (2,), "n_members": 1, "embedding_dim": 1, "epochs": 1}
    net = cls(**small, **params).fit(X, y)
    assert net._recipe.n_bins == n_bins
    # Rows of no weight are no rows.
    more = np.resize(X, (2 * n_rows, 2)), np.resize(y, 2 * n_rows)
    counts = np.arange(2 * n_rows) < n_rows
    weighted = cls(**small, **params).fit(*more, sample_weight=counts)
    assert weighted._recipe.n_bins == n_bins
    assert net.set_params(warm_start=True).fit(X[:30], y[:30])._recipe.n_bins == n_bins


def test_changes_of_columns_are_refused_before_training():
    X, y = np.arange(40.0).reshape(-1, 2), np.arange(20) % 2
    with pytest.raises(ValueError, match="columns of a table are not changed"):
        TabularClassifier(augmentation="mixup").check_fit(X, y)
