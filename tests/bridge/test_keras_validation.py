import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn._backend import keras
from tests.doubles import keras_classifier, keras_regressor


@pytest.fixture(scope="module")
def halves(iris, labels):
    X = iris[0]
    return X[::2], labels[::2], X[1::2], labels[1::2]


def test_rows_to_validate_on_are_encoded_as_labels_are(halves):
    X, y, X_val, y_val = halves
    est = keras_classifier(metrics=["accuracy"], epochs=2)
    est.fit(X, y, X_val=X_val, y_val=y_val)
    loss = log_loss(y_val, est.predict_proba(X_val))
    assert est.history_["val_loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert est.history_["val_accuracy"][-1] == pytest.approx(est.score(X_val, y_val))


def test_weights_of_rows_to_validate_on_count(halves):
    X, y, X_val, y_val = halves
    weights = np.arange(75.0) % 3
    est = keras_classifier()
    est.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    loss = log_loss(y_val, est.predict_proba(X_val), sample_weight=weights)
    assert est.history_["val_loss"] == [pytest.approx(loss, rel=1e-4)]


@pytest.mark.parametrize("class_weight", [None, {0: 5, 2: 2}, {1: 0}, "balanced"])
def test_rows_split_off_are_as_rows_given_to_validate_on(iris, class_weight):
    X, y = (part[np.arange(150) * 7 % 150] for part in iris)
    weights = np.linspace(1, 2, 150)
    split, given = (
        keras_classifier(class_weight=class_weight, epochs=2) for _ in range(2)
    )
    split.set_params(validation_split=0.2).fit(X, y, sample_weight=weights)
    held_out = X[120:], y[120:], weights[120:]
    given.fit(X[:120], y[:120], weights[:120], *held_out)
    np.testing.assert_array_equal(split.predict_proba(X), given.predict_proba(X))
    for name, values in given.history_.items():
        assert split.history_[name] == pytest.approx(values, rel=1e-5)


def test_a_split_that_leaves_no_row_of_weight_to_train_on_is_refused(iris):
    est = keras_classifier(class_weight={0: 0, 1: 0}, validation_split=0.4)
    with pytest.raises(
        ValueError, match="class_weight must be above 0 for a class of y"
    ):
        est.fit(*iris)


def test_a_student_is_validated_on_targets_alone(targets):
    X, y = targets
    est = keras_regressor()
    est.fit_soft(X, y, -y, alpha=0.9, X_val=X[:9], y_val=y[:9])
    error = ((est.predict(X[:9]) - y[:9]) ** 2).mean()
    assert est.history_["val_loss"] == [pytest.approx(error, rel=1e-4)]


def test_a_pipeline_transforms_the_rows_to_validate_on(halves):
    X, y, X_val, y_val = halves
    with config_context(enable_metadata_routing=True):
        est = keras_classifier().set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), est, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    loss = log_loss(y_val, pipeline.predict_proba(X_val))
    assert pipeline[-1].history_["val_loss"] == [pytest.approx(loss, rel=1e-4)]


def test_rows_to_validate_on_that_do_not_fit_are_refused(halves):
    X, y, X_val, y_val = halves
    est = keras_classifier()
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        est.fit(X, y, X_val=X_val)
    with pytest.raises(ValueError, match=r"must be as X and y are: .* 2 features"):
        est.fit(X, y, X_val=X_val[:, :2], y_val=y_val)
    with pytest.raises(ValueError, match=r"must be as X and y are: .*unseen labels"):
        est.fit(X, y, X_val=X_val, y_val=np.full(75, "rose"))
    with pytest.raises(ValueError, match=r"must be as X and y are: .*inconsistent"):
        est.fit(X, y, X_val=X_val, y_val=y_val[:9])
    assert not hasattr(est, "model_")


def test_what_the_docs_say_of_training_well_reaches_keras(iris):
    schedule = keras.optimizers.schedules.CosineDecay(0.005, 10)
    est = keras_classifier(
        loss="categorical_crossentropy",
        loss__label_smoothing=0.1,
        optimizer="adamw",
        optimizer__learning_rate=schedule,
        optimizer__weight_decay=0.01,
        optimizer__global_clipnorm=1.0,
        optimizer__use_ema=True,
        optimizer__ema_momentum=0.9,
        callbacks=[keras.callbacks.EarlyStopping, keras.callbacks.SwapEMAWeights],
        callbacks__0__patience=1,
        callbacks__0__restore_best_weights=True,
        epochs=2,
    )
    X, y = iris
    est.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    optimizer, (stopping, *_) = est.model_.optimizer, est.callbacks_
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.01, 1.0)
    assert (optimizer.use_ema, optimizer.ema_momentum) == (True, 0.9)
    assert est.model_.loss.label_smoothing == 0.1
    assert (stopping.patience, stopping.restore_best_weights) == (1, True)
    assert float(optimizer.learning_rate) < 0.005


def bare(meta, activation):
    units = meta["n_classes_"] if activation == "linear" else 1
    layers = [keras.Input((4,)), keras.layers.Dense(units, activation=activation)]
    return keras.Sequential(layers)


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_outputs_that_are_no_probabilities_are_told(iris, activation):
    X, y = iris
    several = activation == "linear"
    loss = "sparse_categorical_crossentropy" if several else "binary_crossentropy"
    net = keras_classifier(model=bare, activation=activation, loss=loss, epochs=1)
    with pytest.warns(UserWarning, match=f"activation='{activation}', whose outputs"):
        net.fit(X, y if several else y > 0)


def test_a_loss_that_takes_logits_is_told_nothing(iris):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        keras_classifier(model=bare, activation="linear", loss=loss, epochs=1).fit(
            *iris
        )
