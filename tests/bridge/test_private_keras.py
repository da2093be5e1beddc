"""Private members of Keras do what the bridge takes them for."""

import numpy as np
import pytest

from skopt_nn import _compat
from skopt_nn._backend import keras
from skopt_nn.bridge._keys import compiled_with

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_building_for_a_batch_makes_what_fit_would():
    model = keras.Sequential([keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    batch = np.zeros((4, 3), "float32"), np.zeros(4, "int64")
    _compat.build_for(model, batch)
    made = [[tuple(v.shape) for v in model.variables], len(model.metrics_variables)]
    model.fit(*batch, verbose=0)
    assert made == [[(3, 2), (2,)], 4]
    assert made[1] == len(model.metrics_variables)
    assert model.optimizer.built


def test_what_a_model_was_compiled_with_is_known_unless_it_has_changed():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert compiled_with(model) is None
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    compiled = compiled_with(model)
    assert compiled["optimizer"] is model.optimizer
    assert (compiled["loss"], compiled["metrics"]) == ("mse", ["mae"])
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert compiled_with(model) is None
    model.compile(optimizer="adam", loss="mse")
    model.optimizer = keras.optimizers.SGD()
    assert compiled_with(model) is None


def test_names_are_counted_anew_and_counted_on():
    keras.metrics.AUC()
    before = int(keras.metrics.AUC().name.removeprefix("auc_"))
    for _ in range(2):
        with _compat.fresh_names():
            assert [keras.metrics.AUC().name for _ in range(2)] == ["auc", "auc_1"]
    assert keras.metrics.AUC().name == f"auc_{before + 1}"
