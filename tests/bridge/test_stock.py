"""Keys of Keras' own steps: equal only where the programs are."""

import random
from types import MethodType

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.bridge._keys import prediction_key, training_key
from skopt_nn.bridge._stock import stock_prediction, stock_training

pytestmark = pytest.mark.jax_only

layers, losses, metrics = keras.layers, keras.losses, keras.metrics
BATCH = np.zeros((4, 3), "float32"), np.zeros(4, "int64")


def model(*, rate=0.2, trainable=True, own=None, **compiled):
    own = own or layers.Dense(5, activation="relu", trainable=trainable)
    made = keras.Sequential(
        [keras.Input((3,)), own, layers.Dropout(rate), layers.Dense(2)]
    )
    arguments = {
        "optimizer": keras.optimizers.Adam(0.1),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    }
    made.compile(**(arguments | compiled))
    return made


def key(batch=BATCH, **changes):
    return training_key(model(**changes), batch)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": keras.optimizers.Adam(0.5)},
        {"optimizer": keras.optimizers.Adam(0.1, name="mine")},
        {"own": layers.Dense(5, activation="relu", kernel_initializer="zeros")},
    ],
)
def test_what_is_in_variables_is_not_in_the_key(changes):
    assert key() is not None
    assert key(**changes) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": 0.3},
        {"trainable": False},
        {"own": layers.Dense(5, activation="relu", kernel_regularizer="l2")},
        {"loss": "sparse_categorical_crossentropy", "loss_weights": 2.0},
        {"loss": losses.SparseCategoricalCrossentropy(from_logits=True)},
        {"loss": losses.sparse_categorical_crossentropy},
        {"optimizer": keras.optimizers.Adam(0.1, beta_1=0.8)},
        {"optimizer": keras.optimizers.Adam(0.1, clipnorm=1.0)},
        {
            "optimizer": keras.optimizers.Adam(
                keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
            )
        },
        {"optimizer": keras.optimizers.SGD(0.1)},
        {"metrics": []},
        {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
        {"batch": (BATCH[0], np.zeros((4, 1), "int64"))},
        {"batch": (*BATCH, np.ones(4, "float32"))},
    ],
)
def test_what_is_compiled_in_is_in_the_key(changes):
    assert key(**changes) is not None
    assert key(**changes) != key()


def loss_of_a_user(y, p):
    return keras.ops.mean((y - p) ** 2, axis=-1)


def mean_squared_error(y, p):
    return 2 * keras.losses.mean_squared_error(y, p)


mean_squared_error.__module__ = "keras.src.losses.losses"


class LossOfAUser(losses.MeanSquaredError):
    def call(self, y, p):
        return 2 * super().call(y, p)


class MetricOfAUser(metrics.MeanSquaredError):
    pass


class AdamOfAUser(keras.optimizers.Adam):
    pass


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.5 ** keras.ops.cast(step, "float32")

    def get_config(self):
        return {}


class PenaltyOfAUser(keras.regularizers.Regularizer):
    def __call__(self, x):
        return keras.ops.sum(x)

    def get_config(self):
        return {}


def overridden(loss, name="call"):
    setattr(loss, name, MethodType(lambda self, y, p: keras.ops.sum(p), loss))
    return loss


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": loss_of_a_user},
        {"loss": lambda y, p: loss_of_a_user(y, p)},
        {"loss": mean_squared_error},
        {"loss": LossOfAUser()},
        {"loss": overridden(losses.MeanSquaredError())},
        {"loss": [losses.MeanSquaredError(), loss_of_a_user]},
        {"metrics": [loss_of_a_user]},
        {"metrics": [MetricOfAUser()]},
        {"metrics": [metrics.MeanMetricWrapper(loss_of_a_user)]},
        {"optimizer": AdamOfAUser(0.1)},
        {"optimizer": keras.optimizers.Adam(Halving())},
        {"optimizer": keras.optimizers.Adam(lambda: 0.1)},
        {"own": layers.Lambda(lambda x: 2 * x)},
        {"own": layers.Dense(5, activation=lambda x: 2 * x)},
        {"own": layers.Dense(5, kernel_regularizer=PenaltyOfAUser())},
        {"run_eagerly": True},
        {"jit_compile": False},
        {"steps_per_execution": 2},
    ],
)
def test_what_no_configuration_describes_has_no_key(changes):
    assert key(**changes) is None


def test_a_name_that_a_user_has_registered_has_no_key():
    with keras.saving.custom_object_scope({"mse": loss_of_a_user}):
        assert key(loss="mse") is None
    assert key(loss="mse") is not None


@pytest.mark.parametrize("name", ["train_step", "compute_loss", "call"])
def test_a_model_with_a_method_of_its_own_has_no_key(name):
    made = model()
    setattr(made, name, MethodType(lambda self, *args, **kwargs: None, made))
    assert training_key(made, BATCH) is None
    assert prediction_key(made) is None


def test_a_layer_with_a_method_of_its_own_has_no_key():
    made = model()
    made.layers[0].call = lambda inputs: inputs
    assert prediction_key(made) is None


def test_a_subclassed_model_has_no_key():
    class Mine(keras.Sequential):
        pass

    made = Mine([keras.Input((3,)), layers.Dense(2)])
    assert prediction_key(made) is None


def test_outputs_by_other_names_have_another_key():
    def made(name):
        inputs = keras.Input((3,))
        outputs = [layers.Dense(1, name=n)(inputs) for n in ("first", name)]
        two = keras.Model(inputs, outputs)
        two.compile(optimizer="sgd", loss="mse")
        batch = BATCH[0], [BATCH[1], BATCH[1]]
        return training_key(two, batch)

    assert made("second") == made("second")
    assert made("second") != made("third")


def test_making_a_twin_neither_reads_nor_changes_a_random_state():
    inputs = keras.Input((4, 3))
    x = layers.LSTM(3, dropout=0.1, return_sequences=True)(inputs)
    x = layers.MultiHeadAttention(2, 2, dropout=0.1)(x, x)
    x = layers.GaussianNoise(0.1)(layers.SpatialDropout1D(0.1)(x))
    x = layers.Flatten()(layers.Conv1D(2, 2, kernel_initializer="he_normal")(x))
    made = keras.Model(inputs, layers.Dense(2, bias_initializer="normal")(x))
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    stock_prediction(made)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert after == before


class Counting(layers.Layer):
    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.calls.assign(self.calls + 1)
        return inputs * self.calls


def test_variables_that_predicting_changes_come_with_the_outputs():
    made = keras.Sequential(
        [keras.Input((3,)), layers.BatchNormalization(), Counting()]
    )
    with keras.saving.custom_object_scope({"Counting": Counting}):
        program = stock_prediction(made)
    variables = [v.value for v in made.non_trainable_variables]
    outputs, changed = program(
        [v.value for v in made.trainable_variables],
        [*variables[:-1], variables[-1] + 4],
        np.ones((1, 3), "float32"),
    )
    np.testing.assert_allclose(outputs, np.full((1, 3), 5.0), rtol=1e-2)
    assert list(changed) == [2]
    assert changed[2] == 5


def test_a_model_that_its_configuration_does_not_describe_gets_no_program():
    made = model()
    made.layers[0].kernel.trainable = False  # the configuration is of the layer
    assert stock_prediction(made) is None
    assert stock_training(made, lambda twin: None) is None


class Unrepeatable(layers.Layer):
    def __init__(self, **kwargs):
        if "name" in kwargs:
            raise AttributeError("made only once")
        super().__init__(**kwargs)


def test_a_model_that_cannot_be_made_again_gets_no_program_and_says_why():
    made = keras.Sequential([keras.Input((3,)), Unrepeatable()])
    with (
        keras.saving.custom_object_scope({"Unrepeatable": Unrepeatable}),
        pytest.warns(UserWarning, match="cannot make 'sequential.*made only once"),
    ):
        assert stock_prediction(made) is None
