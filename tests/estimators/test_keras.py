"""KerasClassifier and KerasRegressor as scikit-learn estimators."""

import os
import pickle
import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    NotFittedError,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skopt_nn import KerasClassifier, KerasRegressor
from skopt_nn._backend import keras

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


# JAX finds its programs again; the others would compile them in each fit.
EAGER = keras.backend.backend() != "jax"


def build_classifier(meta, units=8, rate=0.0):
    """Softmax for classes, sigmoid for labels, over one hidden layer."""
    several = meta["target_type_"] == "multilabel-indicator"
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(
                meta["n_classes_"], activation="sigmoid" if several else "softmax"
            ),
        ]
    )


def build_sigmoid(meta):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def build_regressor(meta, units=8):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(meta["n_outputs_"]),
        ]
    )


def build_nothing():
    keras.Sequential([keras.layers.Dense(1)])


def build_a_dict():
    return {}


def build_two_outputs():
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)]
    return keras.Model(inputs, outputs)


def classifier(**parameters):
    defaults = {
        "model": build_classifier,
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "verbose": 0,
        "random_state": 0,
        "run_eagerly": EAGER,
    }
    return KerasClassifier(**(defaults | parameters))


def regressor(**parameters):
    defaults = {
        "model": build_regressor,
        "loss": "mse",
        "optimizer": "adam",
        "optimizer__learning_rate": 0.01,
        "verbose": 0,
        "random_state": 0,
        "run_eagerly": EAGER,
    }
    return KerasRegressor(**(defaults | parameters))


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X).astype("float32"), y


@pytest.fixture(scope="module")
def labels(iris):
    return np.array(["setosa", "versicolor", "virginica"])[iris[1]]


@pytest.fixture(scope="module")
def binary():
    X, y = make_classification(60, 4, random_state=0)
    return X.astype("float32"), y


@pytest.fixture(scope="module")
def targets():
    X, y = make_regression(60, 4, noise=1.0, random_state=0)
    return X.astype("float32"), (y / y.std()).astype("float32")


@pytest.fixture(scope="module")
def fitted(iris, labels):
    """Compiled, and trained long enough to have learned."""
    estimator = classifier(
        run_eagerly=False, epochs=30, model__units=16, optimizer__learning_rate=0.02
    )
    return estimator.fit(iris[0], labels)


# -- scikit-learn's contract ----------------------------------------------------

_ROUNDING = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "float32: equal but for the last bit, where 1e-7 is asked for",
)


_CHECKED = [
    KerasClassifier(
        build_classifier,
        model__units=4,
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer__learning_rate=0.1,
        run_eagerly=EAGER,
        batch_size=128,
        verbose=0,
    ),
    KerasRegressor(
        build_regressor,
        model__units=4,
        loss="mse",
        optimizer="sgd",
        run_eagerly=EAGER,
        batch_size=128,
        verbose=0,
    ),
]


def _name(part):
    """Of an estimator or a check; a function's repr is another in each process."""
    if isinstance(part, partial):
        return part.func.__name__
    return type(part).__name__


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pair
        for estimator in _CHECKED
        for pair in estimator_checks_generator(
            estimator,
            expected_failed_checks=_ROUNDING,
            mark="xfail",
            # Other backends add up in an order that may just agree.
            xfail_strict=not EAGER,
        )
    ],
    ids=_name,
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


_IN_DOUBLE_PRECISION = """
import sys

from skopt_nn._backend import keras

keras.config.set_floatx("float64")
sys.path.insert(0, sys.argv[1])
import test_keras
from sklearn.utils import estimator_checks

for estimator in test_keras._CHECKED:
    for name in test_keras._ROUNDING:
        getattr(estimator_checks, name)(type(estimator).__name__, estimator)
"""


@pytest.mark.skipif(
    keras.backend.backend() == "torch",
    reason="on torch some of what Keras computes stays in single precision",
)
def test_weights_equal_repeated_rows_where_rounding_does_not_show():
    done = subprocess.run(
        [sys.executable, "-c", _IN_DOUBLE_PRECISION, os.path.dirname(__file__)],
        env={**os.environ, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_they_are_a_classifier_and_a_regressor():
    assert is_classifier(KerasClassifier())
    assert is_regressor(KerasRegressor())


def test_repr_shows_changed_parameters_only():
    estimator = KerasClassifier(epochs=3, model__units=4)
    assert repr(estimator) == "KerasClassifier(epochs=3, model__units=4)"


def test_clone_and_get_params_keep_routed_and_build_parameters():
    estimator = classifier(units=4, model__rate=0.5, callbacks__patience=2)
    params = clone(estimator).get_params()
    assert params == estimator.get_params()
    assert (params["units"], params["model__rate"]) == (4, 0.5)
    assert params["callbacks__patience"] == 2
    assert params["class_weight"] is None
    assert estimator.units == 4


def test_set_params_of_a_clone_leaves_the_original_alone():
    estimator = classifier(model__units=4)
    clone(estimator).set_params(model__units=5, optimizer__learning_rate=0.1)
    assert estimator.get_params()["model__units"] == 4
    assert "optimizer__learning_rate" not in estimator.get_params()


def test_a_fit_leaves_the_constructor_attributes_alone(iris):
    estimator = classifier(class_weight="balanced", callbacks=[])
    before = estimator.get_params()
    estimator.fit(*iris)
    assert estimator.get_params() == before


def test_classes_of_strings_come_back_and_are_learned(fitted, iris, labels):
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert fitted.predict(iris[0][:3]).dtype == labels.dtype
    assert fitted.score(iris[0], labels) > 0.9
    assert fitted.n_iter_ == len(fitted.history_["loss"]) == 30


def test_predict_proba_of_one_row_has_a_row(fitted, iris):
    assert fitted.predict_proba(iris[0][:1]).shape == (1, 3)


def test_predict_proba_of_a_single_sigmoid_has_two_columns(binary):
    X, y = binary
    estimator = classifier(model=build_sigmoid, loss="binary_crossentropy").fit(X, y)
    proba = estimator.predict_proba(X[:1])
    assert proba.shape == (1, 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    expected = estimator.classes_[estimator.predict_proba(X).argmax(axis=1)]
    np.testing.assert_array_equal(estimator.predict(X), expected)


@pytest.mark.parametrize("y", [[True, False], [-1, 1], [3.0, 7.0], ["n", "y"]])
def test_labels_of_every_kind(binary, y):
    y = np.array(y)[binary[1]]
    estimator = classifier().fit(binary[0], y)
    assert set(estimator.predict(binary[0])) <= set(y)
    assert estimator.predict(binary[0]).dtype == y.dtype


def test_probabilities_do_not_hang_on_the_rows_beside(fitted, iris):
    X = iris[0]
    proba = fitted.predict_proba(X)
    for rows in (X[:1], X[:7], X[:100]):
        np.testing.assert_allclose(
            fitted.predict_proba(rows), proba[: len(rows)], rtol=1e-5
        )


def test_a_loss_from_logits_still_gives_probabilities(binary):
    def build(meta):
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])

    estimator = classifier(
        model=build, loss=keras.losses.BinaryCrossentropy, loss__from_logits=True
    ).fit(*binary)
    proba = estimator.predict_proba(binary[0])
    logits = estimator.model_.predict(binary[0], verbose=0).ravel()
    np.testing.assert_allclose(proba[:, 1], 1 / (1 + np.exp(-logits)), rtol=1e-5)
    np.testing.assert_array_equal(estimator.predict(binary[0]), logits > 0)


@pytest.mark.parametrize("kind", ["list", "pandas", "sparse", "float64", "fortran"])
def test_kinds_of_data_give_the_same_predictions(fitted, iris, kind):
    X = iris[0]
    given = {
        "list": lambda: X.tolist(),
        "pandas": lambda: pd.DataFrame(X).to_numpy(),
        "sparse": lambda: csr_array(X),
        "float64": lambda: X.astype("float64"),
        "fortran": lambda: np.asfortranarray(X),
    }[kind]()
    np.testing.assert_array_equal(fitted.predict_proba(given), fitted.predict_proba(X))


def test_feature_names_of_a_data_frame_are_kept_and_checked(iris, labels):
    frame = pd.DataFrame(iris[0], columns=list("abcd"))
    estimator = classifier().fit(frame, labels)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(frame[["b", "a", "c", "d"]])


def test_images_keep_their_shape_on_the_way_to_the_model(binary):
    X = np.repeat(binary[0], 4, axis=1).reshape(-1, 4, 4, 1)
    estimator = classifier().fit(X, binary[1])
    assert estimator.predict_proba(X).shape == (60, 2)
    with pytest.raises(ValueError, match=r"samples of shape \(4, 4, 1\)"):
        estimator.predict(X[:, :, :2])


def test_sparse_rows_train_as_dense_ones(iris):
    X, y = iris
    dense, sparse = (classifier().fit(data, y) for data in (X, csr_array(X)))
    np.testing.assert_array_equal(dense.predict_proba(X), sparse.predict_proba(X))


def test_multilabel_targets(iris):
    X, y = iris
    Y = np.column_stack([y > 0, y > 1]).astype(int)
    estimator = classifier(loss="binary_crossentropy", epochs=2).fit(X, Y)
    assert estimator.predict_proba(X).shape == (150, 2)
    assert set(np.unique(estimator.predict(X))) <= {0, 1}
    assert 0 <= estimator.score(X, Y) <= 1


def test_regression_of_several_targets(targets):
    X, y = targets
    Y = np.column_stack([y, -y])
    estimator = regressor(epochs=60, batch_size=-1, optimizer__learning_rate=0.05)
    assert estimator.fit(X, Y).predict(X).shape == (60, 2)
    assert estimator.score(X, Y) > 0.8


def test_polars_frames_are_as_pandas_frames(iris, labels):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(dict(zip("abcd", iris[0].T)))
    estimator = classifier(epochs=2).fit(frame, polars.Series(labels))
    assert estimator.feature_names_in_.tolist() == list("abcd")
    pandas = pd.DataFrame(iris[0], columns=list("abcd"))
    from_pandas = classifier(epochs=2).fit(pandas, labels)
    np.testing.assert_array_equal(
        estimator.predict_proba(frame), from_pandas.predict_proba(pandas)
    )
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(frame.select("b", "a", "c", "d"))


def test_a_column_of_targets_warns_and_is_as_a_vector(targets):
    X, y = targets
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        estimator = regressor().fit(X, y.reshape(-1, 1))
    assert estimator.predict(X).shape == (60,)


# -- weights ----------------------------------------------------------------------


def test_rows_of_weight_zero_are_as_if_absent(iris):
    X, y = iris
    kept = np.arange(150) % 3 > 0
    weighted = classifier().fit(X, y, sample_weight=kept.astype(float))
    absent = classifier().fit(X[kept], y[kept])
    np.testing.assert_allclose(
        weighted.predict_proba(X), absent.predict_proba(X), rtol=1e-5
    )


def test_a_class_that_has_weight_zero_only_is_no_class(iris):
    X, y = iris
    estimator = classifier().fit(X, y, sample_weight=(y > 0).astype(float))
    assert estimator.classes_.tolist() == [1, 2]


def test_the_scale_of_weights_does_not_matter(iris):
    X, y = iris
    weights = np.linspace(1, 2, 150)
    first, second = (
        classifier(optimizer="sgd").fit(X, y, sample_weight=weights * scale)
        for scale in (1, 1e-4)
    )
    np.testing.assert_allclose(
        first.predict_proba(X), second.predict_proba(X), rtol=1e-5
    )


def test_class_and_sample_weights_multiply(iris):
    X, y = iris
    weights = np.linspace(1, 2, 150)
    both = classifier(class_weight={0: 1, 1: 2, 2: 3})
    both.fit(X, y, sample_weight=weights)
    product = classifier().fit(X, y, sample_weight=weights * (1 + y))
    np.testing.assert_array_equal(both.predict_proba(X), product.predict_proba(X))
    assert weights[0] == 1


def test_score_takes_sample_weight(fitted, targets, iris, labels):
    right = (fitted.predict(iris[0]) == labels).astype(float) + 1e-9
    assert fitted.score(iris[0], labels, sample_weight=right) == pytest.approx(1)
    X, y = targets
    estimator = regressor().fit(X, y)
    weights = np.linspace(0, 1, 60)
    assert estimator.score(X, y, weights) != estimator.score(X, y)


# -- randomness -------------------------------------------------------------------


def test_same_random_state_same_bits_whatever_happened_before(iris):
    X, y = iris
    first = classifier(model__rate=0.5, epochs=2).fit(X, y).predict_proba(X)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    keras.utils.set_random_seed(1)
    second = classifier(model__rate=0.5, epochs=2).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, second)


# torch has one random state for all threads, which its layers draw from.
@pytest.mark.jax_only
def test_threads_give_the_same_bits_as_one_after_another(iris):
    X, y = iris

    def fit(seed):
        return classifier(random_state=seed, model__rate=0.5).fit(X, y).predict_proba(X)

    alone = [fit(seed) for seed in range(4)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fit, range(4)))
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("random_state", [0, None])
def test_no_global_random_state_is_changed(iris, random_state):
    keras.random.normal((1,))
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    classifier(random_state=random_state).fit(*iris).predict(iris[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_without_a_random_state_fits_differ_even_if_the_process_was_seeded(iris):
    probabilities = []
    for _ in range(2):
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        estimator = classifier(random_state=None).fit(*iris)
        probabilities.append(estimator.predict_proba(iris[0]))
    assert not np.array_equal(*probabilities)


def test_a_random_state_instance_is_drawn_from(iris):
    state = np.random.RandomState(0)
    fits = [classifier(random_state=state).fit(*iris) for _ in range(2)]
    same = classifier(random_state=np.random.RandomState(0)).fit(*iris)
    probabilities = [fit.predict_proba(iris[0]) for fit in (*fits, same)]
    assert not np.array_equal(probabilities[0], probabilities[1])
    np.testing.assert_array_equal(probabilities[0], probabilities[2])


# -- epochs -------------------------------------------------------------------------


def test_epochs_one_at_a_time_are_epochs_at_once(iris):
    X, y = iris
    at_once = classifier(epochs=3).fit(X, y)
    resumed = classifier()
    for _ in range(3):
        resumed.partial_fit(X, y, classes=[0, 1, 2])
    assert resumed.n_iter_ == resumed.current_epoch == 3
    assert resumed.history_.keys() == at_once.history_.keys()
    np.testing.assert_array_equal(resumed.predict_proba(X), at_once.predict_proba(X))


def test_warm_start_goes_on_and_counts_on(iris):
    X, y = iris
    estimator = classifier(epochs=2, warm_start=True).fit(X, y)
    model = estimator.model_
    assert estimator.fit(X, y).model_ is model
    assert estimator.n_iter_ == 4
    assert estimator.classes_.tolist() == [0, 1, 2]
    once = classifier(epochs=4).fit(X, y)
    np.testing.assert_array_equal(estimator.predict_proba(X), once.predict_proba(X))


def test_partial_fit_knows_classes_that_come_later(iris):
    X, y = iris
    estimator = classifier().partial_fit(X[:100], y[:100], classes=[0, 1, 2])
    assert estimator.partial_fit(X[100:], y[100:]).predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="not the same as on last call"):
        estimator.partial_fit(X, y, classes=[0, 1])


def test_partial_fit_names_labels_it_has_not_been_told_of(iris):
    X, y = iris
    estimator = classifier().partial_fit(X[:100], y[:100])
    with pytest.raises(ValueError, match=r"previously unseen labels: \[2\]"):
        estimator.partial_fit(X, y)


def test_a_loss_that_is_not_finite_stops_with_the_weights_before_it(targets):
    X, y = targets
    estimator = regressor(epochs=20, optimizer="sgd", optimizer__learning_rate=1e6)
    with pytest.warns(ConvergenceWarning, match="not finite in epoch"):
        estimator.fit(X, y)
    assert estimator.n_iter_ < 20
    assert all(np.isfinite(w).all() for w in estimator.model_.get_weights())


def test_validation_split_is_the_end_of_the_rows_in_the_order_given(iris):
    X, y = iris
    estimator = classifier(validation_split=0.2, epochs=2).fit(X, y)
    loss = estimator.model_.evaluate(X[120:], y[120:], verbose=0)
    assert estimator.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)


# -- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"optimizer__lr": 0.1}, "optimizer__learning_rate"),
        ({"optimizer__learningrate": 0.1}, "optimizer__learning_rate"),
        ({"optimzer__learning_rate": 0.1}, "optimizer__learning_rate"),
        ({"model__unit": 3}, "model__units"),
        ({"unist": 3}, "units"),
        ({"epoch": 3}, "epochs"),
        ({"fit__batchsize": 3}, "fit__batch_size"),
        ({"predict__batch": 3}, "predict__batch_size"),
        ({"loss__label_smooting": 0.1}, "loss__label_smoothing"),
        ({"callbacks__patienc": 3}, "callbacks__patience"),
        ({"callbacks__stop__patienc": 3}, "callbacks__stop__patience"),
        ({"metrics__nme": 3}, "metrics__name"),
    ],
)
def test_a_misspelt_parameter_names_the_one_that_was_meant(iris, parameters, meant):
    name = next(iter(parameters))
    stop = keras.callbacks.EarlyStopping
    estimator = classifier(
        loss=keras.losses.CategoricalCrossentropy,
        callbacks={"stop": stop} if "stop" in name else stop,
        metrics=[keras.metrics.CategoricalAccuracy],
        **parameters,
    )
    with pytest.raises(ValueError, match=f"{name!r}.*Did you mean {meant!r}"):
        estimator.fit(*iris)
    assert not hasattr(estimator, "model_")


def test_set_params_names_the_parameter_that_was_meant():
    with pytest.raises(ValueError, match="Did you mean 'epochs'"):
        classifier().set_params(epoch=3)


def test_a_misspelt_argument_of_fit_names_the_one_that_was_meant(iris):
    with pytest.raises(ValueError, match="Did you mean 'batch_size'"):
        classifier().fit(*iris, batchsize=3)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (build_nothing, TypeError, "build_nothing must return a keras.Model.*return"),
        (build_a_dict, TypeError, "must return a keras.Model.*of type dict"),
        (3, TypeError, "must be a callable"),
        (None, ValueError, "_keras_build_fn"),
        (build_two_outputs, ValueError, "has 2 outputs"),
        (build_sigmoid, ValueError, "do not fit y: y has 3 classes.*3 units"),
    ],
)
def test_a_build_function_that_cannot_do(iris, model, error, message):
    estimator = classifier(model=model)
    with pytest.raises(error, match=message):
        estimator.fit(*iris)
    with pytest.raises(NotFittedError):
        estimator.predict(iris[0])


def test_outputs_that_do_not_fit_the_targets(targets):
    X, y = targets
    estimator = regressor(model=build_sigmoid)
    with pytest.raises(ValueError, match="y has 2 targets a sample"):
        estimator.fit(X, np.column_stack([y, y]))


def test_no_loss_anywhere(iris):
    with pytest.raises(ValueError, match="loss"):
        classifier(loss=None).fit(*iris)


def test_one_class_only(iris):
    with pytest.raises(ValueError, match=r"at least 2 classes.*only one class: 1"):
        classifier().fit(iris[0], np.ones(150, int))


def test_continuous_labels(iris):
    with pytest.raises(ValueError, match="Unknown label type"):
        classifier().fit(iris[0], iris[0][:, 0] + 0.1)


def test_a_failed_refit_leaves_the_fitted_estimator_as_it_was(fitted, iris):
    estimator = clone(fitted).set_params(run_eagerly=True, epochs=1)
    before = dict(vars(estimator.fit(*iris)))
    proba = estimator.predict_proba(iris[0])
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(np.full((3, 4), np.nan), [0, 1, 2])
    assert vars(estimator) == before
    np.testing.assert_array_equal(estimator.predict_proba(iris[0]), proba)


# -- callbacks ------------------------------------------------------------------------


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


def test_callbacks_are_copied_for_each_fit(iris):
    recorder = Recorder()
    estimator = classifier(callbacks=[recorder], epochs=2)
    for _ in range(2):
        estimator.fit(*iris)
        assert estimator.callbacks_[0].epochs == [0, 1]
    assert recorder.epochs == []


def test_a_fitted_estimator_pickles_whatever_its_callbacks_hold(iris):
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    estimator = classifier(callbacks=[callback]).fit(*iris)
    with pytest.warns(UserWarning, match="callbacks of this fitted KerasClassifier"):
        loaded = pickle.loads(pickle.dumps(estimator))
    assert loaded.callbacks is None
    assert estimator.callbacks == [callback]
    np.testing.assert_array_equal(
        loaded.predict_proba(iris[0]), estimator.predict_proba(iris[0])
    )


def test_callbacks_that_pickle_stay(iris):
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    estimator = classifier(callbacks=[stop]).fit(*iris)
    assert pickle.loads(pickle.dumps(estimator)).callbacks[0].patience == 3


# -- pickling ---------------------------------------------------------------------

_BUILDERS = """
from skopt_nn._backend import keras


def half_squared(y, p):
    return keras.ops.mean((y - p) ** 2, axis=-1) / 2


class Halve(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2


class Subclassed(keras.Model):
    def __init__(self, n_outputs):
        super().__init__()
        self.dense = keras.layers.Dense(n_outputs)

    def call(self, inputs):
        return self.dense(inputs)


def plain(meta):
    model = keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            Halve(),
            keras.layers.Dense(8, activation=keras.ops.tanh),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    model.compile(loss=half_squared, optimizer="adam", run_eagerly=True)
    return model


def subclassed(meta):
    model = Subclassed(meta["n_outputs_"])
    model.compile(loss=lambda y, p: half_squared(y, p), run_eagerly=True)
    return model
"""

_CONTINUE = """
import sys
import joblib
import numpy as np
estimator, X, y = joblib.load(sys.argv[1])
before = estimator.predict(X)
after = estimator.partial_fit(X, y).predict(X)
joblib.dump((before, after, estimator.n_iter_), sys.argv[2])
"""


@pytest.mark.parametrize("build", ["plain", "subclassed"])
def test_a_new_process_predicts_the_same_and_trains_on(
    tmp_path, monkeypatch, targets, build
):
    (tmp_path / "builders_of_test_keras.py").write_text(_BUILDERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    import builders_of_test_keras

    X, y = targets
    model = getattr(builders_of_test_keras, build)
    estimator = KerasRegressor(model, epochs=2, verbose=0, random_state=0).fit(X, y)
    joblib.dump((estimator, X, y), tmp_path / "here")
    before = estimator.predict(X)
    after = estimator.partial_fit(X, y).predict(X)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_CONTINUE), "here", "there"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.getcwd()}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    there = joblib.load(tmp_path / "there")
    np.testing.assert_array_equal(there[0], before)
    np.testing.assert_array_equal(there[1], after)
    assert there[2] == estimator.n_iter_ == 3


def test_an_unfitted_estimator_pickles():
    estimator = classifier(model__units=3, optimizer=keras.optimizers.SGD(0.3))
    loaded = pickle.loads(pickle.dumps(estimator))
    assert loaded.model__units == 3
    assert loaded.optimizer.get_config() == estimator.optimizer.get_config()


# -- the company it keeps -----------------------------------------------------------


def test_a_grid_search_stratifies_and_tunes_routed_parameters(iris):
    X, y = iris
    search = GridSearchCV(
        classifier(epochs=5, batch_size=-1),
        {"optimizer__learning_rate": [1e-6, 0.1], "model__units": [8]},
        cv=3,
    ).fit(X, y)
    assert search.best_params_["optimizer__learning_rate"] == 0.1
    folds = cross_val_score(search.best_estimator_, X, y, cv=StratifiedKFold(3))
    np.testing.assert_allclose(
        folds.mean(), search.cv_results_["mean_test_score"].max()
    )


def test_a_grid_search_takes_optimizer_instances(targets):
    grid = {"optimizer": [keras.optimizers.SGD(1e-9), keras.optimizers.Adam(0.1)]}
    search = GridSearchCV(
        regressor(epochs=10, batch_size=-1).set_params(optimizer="adam"), grid, cv=2
    )
    del search.estimator._routed["optimizer__learning_rate"]
    search.fit(*targets)
    assert isinstance(search.best_params_["optimizer"], keras.optimizers.Adam)


def test_two_processes_find_what_one_finds(targets):
    grid = {"optimizer__learning_rate": [0.001, 0.1]}
    scores = [
        GridSearchCV(regressor(batch_size=-1), grid, cv=2, n_jobs=n_jobs)
        .fit(*targets)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_voting_with_string_labels(iris, labels, voting):
    members = [
        ("net", classifier(epochs=20, optimizer__learning_rate=0.05)),
        ("linear", LogisticRegression()),
    ]
    fusion = VotingClassifier(members, voting=voting).fit(iris[0], labels)
    assert fusion.score(iris[0], labels) > 0.9


def test_stacking_in_a_pipeline_with_sample_weight(binary):
    X, y = binary
    stack = StackingClassifier([("net", classifier(epochs=2))], cv=2)
    pipe = make_pipeline(StandardScaler(), stack)
    pipe.fit(X, y, stackingclassifier__sample_weight=np.ones(60))
    assert pipe.predict_proba(X).shape == (60, 2)


def test_calibration(binary):
    calibrated = CalibratedClassifierCV(classifier(epochs=2), cv=2).fit(*binary)
    np.testing.assert_allclose(calibrated.predict_proba(binary[0]).sum(axis=1), 1)
