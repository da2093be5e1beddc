"""Doubles that the tests of more than one file use."""

# -- bridge ---------------------------------------------------------------------------

from skopt_nn import KerasClassifier, KerasRegressor
from skopt_nn._backend import keras

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


def keras_classifier(**parameters):
    defaults = {
        "model": build_classifier,
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "verbose": 0,
        "random_state": 0,
        "run_eagerly": EAGER,
    }
    return KerasClassifier(**(defaults | parameters))


def keras_regressor(**parameters):
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
