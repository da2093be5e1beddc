"""Kinds of X and y, and weights of their rows."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import (
    DataConversionWarning,
)
from sklearn.preprocessing import FunctionTransformer

from skopt_nn import KerasClassifier
from skopt_nn._backend import keras
from tests.doubles import build_classifier, keras_classifier, keras_regressor

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def build_linear(meta):
    return keras.Sequential(
        [keras.Input(meta["X_shape_"][1:]), keras.layers.Dense(3, "softmax")]
    )


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
    estimator = keras_classifier().fit(frame, labels)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.filterwarnings("error")
def test_a_score_leaves_the_names_of_columns(iris, labels):
    X = pd.DataFrame(iris[0], columns=list("abcd"))
    estimator = keras_classifier().fit(X, labels)
    estimator.score(X, labels)
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(X[["b", "a", "c", "d"]])


def test_images_keep_their_shape_on_the_way_to_the_model(binary):
    X = np.repeat(binary[0], 4, axis=1).reshape(-1, 4, 4, 1)
    estimator = keras_classifier().fit(X, binary[1])
    assert estimator.predict_proba(X).shape == (60, 2)
    with pytest.raises(ValueError, match=r"samples of shape \(4, 4, 1\)"):
        estimator.predict(X[:, :, :2])


def test_sparse_rows_train_as_dense_ones(iris):
    X, y = iris
    dense, sparse = (keras_classifier().fit(data, y) for data in (X, csr_array(X)))
    np.testing.assert_array_equal(dense.predict_proba(X), sparse.predict_proba(X))


def test_multilabel_targets(iris):
    X, y = iris
    Y = np.column_stack([y > 0, y > 1]).astype(int)
    estimator = keras_classifier(loss="binary_crossentropy", epochs=2).fit(X, Y)
    assert estimator.predict_proba(X).shape == (150, 2)
    assert set(np.unique(estimator.predict(X))) <= {0, 1}
    assert estimator.score(X, Y) == (estimator.predict(X) == Y).all(axis=1).mean()


def test_regression_of_several_targets(targets):
    X, y = targets
    Y = np.column_stack([y, -y])
    estimator = keras_regressor(epochs=60, batch_size=-1, optimizer__learning_rate=0.05)
    assert estimator.fit(X, Y).predict(X).shape == (60, 2)
    assert estimator.score(X, Y) > 0.8


def test_polars_frames_are_as_pandas_frames(iris, labels):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(dict(zip("abcd", iris[0].T)))
    estimator = keras_classifier(epochs=2).fit(frame, polars.Series(labels))
    assert estimator.feature_names_in_.tolist() == list("abcd")
    pandas = pd.DataFrame(iris[0], columns=list("abcd"))
    from_pandas = keras_classifier(epochs=2).fit(pandas, labels)
    np.testing.assert_array_equal(
        estimator.predict_proba(frame), from_pandas.predict_proba(pandas)
    )
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(frame.select("b", "a", "c", "d"))


def test_a_column_of_targets_warns_and_is_as_a_vector(targets):
    X, y = targets
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        estimator = keras_regressor().fit(X, y.reshape(-1, 1))
    assert estimator.predict(X).shape == (60,)


def test_rows_of_weight_zero_are_as_if_absent(iris):
    X, y = iris
    kept = np.arange(150) % 3 > 0
    weighted = keras_classifier().fit(X, y, sample_weight=kept.astype(float))
    absent = keras_classifier().fit(X[kept], y[kept])
    np.testing.assert_allclose(
        weighted.predict_proba(X), absent.predict_proba(X), rtol=1e-5
    )


def test_a_class_that_has_weight_zero_only_is_no_class(iris):
    X, y = iris
    estimator = keras_classifier().fit(X, y, sample_weight=(y > 0).astype(float))
    assert estimator.classes_.tolist() == [1, 2]


def test_the_scale_of_weights_does_not_matter(iris):
    X, y = iris
    weights = np.linspace(1, 2, 150)
    first, second = (
        keras_classifier(optimizer="sgd").fit(X, y, sample_weight=weights * scale)
        for scale in (1, 1e-4)
    )
    np.testing.assert_allclose(
        first.predict_proba(X), second.predict_proba(X), rtol=1e-5
    )


def test_class_and_sample_weights_multiply(iris):
    X, y = iris
    weights = np.linspace(1, 2, 150)
    both = keras_classifier(class_weight={0: 1, 1: 2, 2: 3})
    both.fit(X, y, sample_weight=weights)
    product = keras_classifier().fit(X, y, sample_weight=weights * (1 + y))
    np.testing.assert_array_equal(both.predict_proba(X), product.predict_proba(X))
    assert weights[0] == 1


def test_score_takes_sample_weight(fitted, targets, iris, labels):
    right = (fitted.predict(iris[0]) == labels).astype(float) + 1e-9
    assert fitted.score(iris[0], labels, sample_weight=right) == pytest.approx(1)
    X, y = targets
    estimator = keras_regressor().fit(X, y)
    weights = np.linspace(0, 1, 60)
    assert estimator.score(X, y, weights) != estimator.score(X, y)


def test_fit_copies_no_rows_beyond_a_batch(tmp_path):
    shape = 20_000, 300
    X = np.memmap(tmp_path / "X", "float32", "w+", shape=shape)
    y = np.arange(len(X)) % 3
    estimator = keras_classifier(
        model=build_linear,
        class_weight={0: 1, 1: 1, 2: 0},
        validation_split=0.5,
        batch_size=500,
        run_eagerly=False,
    )
    tracemalloc.start()
    try:
        estimator.fit(X, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "val_loss" in estimator.history_
    assert peak < X.nbytes / 2


def test_rows_of_a_class_of_weight_zero_are_not_trained_on(iris):
    X, y = iris
    weights = {0: 1, 1: 1, 2: 0}
    without = keras_classifier(class_weight=weights, batch_size=-1).fit(X, y)
    spoilt = np.where(y[:, None] == 2, 1e3, X).astype("float32")
    other = keras_classifier(class_weight=weights, batch_size=-1).fit(spoilt, y)
    np.testing.assert_array_equal(without.predict_proba(X), other.predict_proba(X))
    assert without.predict_proba(X).shape == (150, 3)


# -- losses that compare distributions ------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "loss",
    [
        "categorical_focal_crossentropy",
        "kl_divergence",
        "mse",
        keras.losses.CategoricalHinge,
        "binary_crossentropy",
    ],
    ids=str,
)
def test_classes_have_a_column_each_where_the_loss_compares_them(iris, loss, n_classes):
    X, y = iris[0][iris[1] < n_classes], iris[1][iris[1] < n_classes]
    how = {"epochs": 60, "optimizer__learning_rate": 0.03, "batch_size": 64}
    words = np.array(["a", "b", "c"])[y]
    estimator = keras_classifier(loss=loss, **how).fit(X, words)
    assert estimator.score(X, words) > 0.9
    assert set(estimator.predict(X)) == set(words)


def test_such_a_loss_may_come_from_the_build_function(iris):
    def build(meta):
        model = build_classifier(meta)
        model.compile("adam", keras.losses.CategoricalFocalCrossentropy())
        return model

    estimator = keras_classifier(model=build, loss=None).fit(*iris)
    assert estimator.target_encoder_.transform(iris[1]).shape == (150, 3)


def test_a_loss_from_outside_keras_gets_integers(iris):
    seen = []

    def loss(y_true, y_pred):
        seen.append(y_true.shape[1:])
        return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

    keras_classifier(loss=loss).fit(*iris)
    assert set(seen) <= {(), (1,)}


# -- weights of rows held out ---------------------------------------------------------


def test_weights_of_rows_held_out_change_no_training(iris):
    X, y = (part[np.random.default_rng(0).permutation(150)] for part in iris)
    how = {"optimizer": "sgd", "validation_split": 0.2, "epochs": 2}
    fits = [
        keras_classifier(**how).fit(
            X, y, sample_weight=np.where(np.arange(150) < 120, 1, heavy)
        )
        for heavy in (1.0, 100.0)
    ]
    np.testing.assert_array_equal(*(fit.predict_proba(X) for fit in fits))


def test_rows_held_out_have_no_weights_of_classes(iris):
    X, y = (part[np.random.default_rng(0).permutation(150)] for part in iris)
    how = {"validation_split": 0.2, "optimizer__learning_rate": 1e-9}
    losses = [
        keras_classifier(class_weight=weights, **how).fit(X, y).history_["val_loss"]
        for weights in (None, {0: 10.0})
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_outputs_of_a_model_that_is_not_built_are_not_those_of_its_last_attribute(iris):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = keras.layers.Dense(1, activation="sigmoid")
            self.hidden = keras.layers.Dense(8, activation="relu")

        def call(self, x):
            return self.out(self.hidden(x))

    X, y = iris[0][:100], iris[1][:100]
    how = {"epochs": 40, "optimizer__learning_rate": 0.02}
    estimator = keras_classifier(model=Net, loss="binary_crossentropy", **how)
    assert estimator.fit(X, y).score(X, y) > 0.9


def test_weights_of_classes_need_no_encoder_that_knows_them(iris):
    class Numbered(KerasClassifier):
        @property
        def target_encoder(self):
            return FunctionTransformer()

    estimator = Numbered(build_linear, loss="sparse_categorical_crossentropy")
    estimator.set_params(class_weight={0: 1, 1: 1, 2: 2}, verbose=0)
    assert len(estimator.fit(*iris).history_["loss"]) == 1
