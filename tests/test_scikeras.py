"""What the bridge relies on in scikeras and Keras, and that it keeps to itself."""

import inspect
import os
import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skopt_nn import _scikeras
from skopt_nn._backend import keras

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def parameters(function):
    return list(inspect.signature(function).parameters)


def run_python(code, path, **environment):
    env = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{os.getcwd()}"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("_build_keras_model", ["self"]),
        ("_check_model_param", ["self"]),
        ("_ensure_compiled_model", ["self"]),
        ("_get_compile_kwargs", ["self"]),
        ("_get_metadata", ["self"]),
        ("_initialize_callbacks", ["self"]),
        ("_predict_raw", ["self", "X", "kwargs"]),
        ("partial_fit", ["self", "X", "y", "sample_weight", "kwargs"]),
        ("predict", ["self", "X", "kwargs"]),
    ],
)
def test_methods_of_scikeras_that_ours_call_or_replace(method, expected):
    assert parameters(getattr(_scikeras.BaseWrapper, method)) == expected


def test_constructor_of_scikeras_takes_what_ours_passes_on():
    from skopt_nn.estimators._keras import BaseWrapper

    assert parameters(_scikeras.BaseWrapper.__init__) == parameters(
        BaseWrapper.__init__
    )


def test_names_that_scikeras_sends_to_fit_predict_and_compile():
    base = _scikeras.BaseWrapper
    assert {"batch_size", "epochs", "validation_split", "shuffle"} <= base._fit_kwargs
    assert {"batch_size", "verbose", "steps"} == base._predict_kwargs
    assert {"optimizer", "loss", "metrics", "run_eagerly"} <= base._compile_kwargs


def test_route_params_strips_the_prefix_and_lets_listed_names_pass():
    given = {"epochs": 3, "fit__epochs": 4, "loss": "mse", "fit__a__b": 1}
    assert _scikeras.route_params(given, "fit", {"epochs"}) == {"epochs": 4, "a__b": 1}
    assert _scikeras.route_params(given, "fit", set(), strict=True) == {"epochs": 4}


def test_unflatten_params_builds_classes_in_lists_with_their_own_parameters():
    made = _scikeras.unflatten_params(
        [keras.losses.BinaryCrossentropy, keras.losses.CategoricalCrossentropy],
        {"label_smoothing": 0.1, "1__label_smoothing": 0.5},
    )
    assert [loss.get_config()["label_smoothing"] for loss in made] == [0.1, 0.5]


def test_names_are_converted_to_what_compile_takes():
    convert = _scikeras.try_to_convert_strings_to_classes
    adam = convert("adam", _scikeras.get_optimizer_class)
    assert issubclass(adam, keras.optimizers.Adam)
    losses = convert(["mse"], _scikeras.get_loss_class_function_or_string)
    assert losses == [keras.losses.mean_squared_error]
    assert convert("accuracy", _scikeras.get_metric_class) == "accuracy"


def test_names_of_losses_and_metrics_are_full_ones():
    assert _scikeras.loss_name("mse") == "mean_squared_error"
    assert _scikeras.loss_name(keras.losses.MeanSquaredError) == "mean_squared_error"
    assert _scikeras.metric_name("mse") == "mean_squared_error"


def test_label_encoder_of_scikeras_keeps_the_state_that_ours_reads():
    encoder = _scikeras.ClassifierLabelEncoder().fit(np.array(["b", "a", "b"]))
    assert encoder._target_type == "binary"
    assert encoder.classes_.tolist() == ["a", "b"]
    assert encoder._final_encoder.transform(np.array(["b"])).tolist() == [[1.0]]
    assert encoder.get_metadata()["n_outputs_expected_"] == 1


def test_pickling_of_keras_objects_is_keras_own():
    for cls in (
        keras.Model,
        keras.losses.Loss,
        keras.metrics.Metric,
        keras.optimizers.Optimizer,
    ):
        assert cls.__reduce__.__module__.startswith("keras.")
        assert "__deepcopy__" not in vars(cls)


def test_importing_the_bridge_loads_no_tensorflow_for_another_backend(tmp_path):
    if keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow is the backend")
    fake = tmp_path / "tensorflow"
    fake.mkdir()
    (fake / "__init__.py").write_text("print('tensorflow was imported')\n")
    code = """
        import sys
        import skopt_nn.estimators._keras
        assert "scikeras" in sys.modules
        assert "tensorflow" not in sys.modules
        import tensorflow
    """
    done = run_python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["tensorflow was imported", ""]


def test_seeded_repeats_unseeded_draws_and_restores_every_global_state():
    def draw():
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        kernel = keras.ops.convert_to_numpy(layer.kernel.value)
        noise = keras.ops.convert_to_numpy(keras.random.normal((3,)))
        return [*kernel.ravel(), *noise, random.random(), np.random.random()]  # noqa: NPY002

    keras.random.normal((1,))
    generator = _scikeras.global_state.get_global_attribute(
        _scikeras.GLOBAL_SEED_GENERATOR
    )
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    draws = []
    for _ in range(2):
        with _scikeras.seeded(7):
            draws.append(draw())
        random_state = np.random.get_state()[1].tolist()  # noqa: NPY002
        assert (random.getstate(), random_state) == before
    assert draws[0] == draws[1]
    assert generator is _scikeras.global_state.get_global_attribute(
        _scikeras.GLOBAL_SEED_GENERATOR
    )


def test_seeded_restores_the_states_after_an_error():
    before = random.getstate()
    with pytest.raises(ZeroDivisionError), _scikeras.seeded(1):
        1 / 0  # noqa: B018
    assert random.getstate() == before


def test_custom_objects_are_found_in_layers_losses_and_metrics():
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    def my_loss(y, p):
        return keras.losses.mean_squared_error(y, p)

    model = keras.Sequential([keras.Input((2,)), Doubled(), keras.layers.Dense(1)])
    model.compile(loss=my_loss, metrics=["mae"])
    found = _scikeras.custom_objects(model)
    assert found == {"Doubled": Doubled, "my_loss": my_loss}
    assert not _scikeras.is_importable(Doubled)
    assert _scikeras.is_importable(run_python)


def test_building_for_a_batch_makes_what_fit_would():
    model = keras.Sequential([keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    batch = np.zeros((4, 3), "float32"), np.zeros(4, "int64")
    _scikeras.build_for(model, batch)
    made = [[tuple(v.shape) for v in model.variables], len(model.metrics_variables)]
    model.fit(*batch, verbose=0)
    assert made == [[(3, 2), (2,)], 4]
    assert made[1] == len(model.metrics_variables)
    assert model.optimizer.built


def test_what_a_model_was_compiled_with_is_known_unless_it_has_changed():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert _scikeras.compiled_with(model) is None
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    compiled = _scikeras.compiled_with(model)
    assert compiled["optimizer"] is model.optimizer
    assert (compiled["loss"], compiled["metrics"]) == ("mse", ["mae"])
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert _scikeras.compiled_with(model) is None
    model.compile(optimizer="adam", loss="mse")
    model.optimizer = keras.optimizers.SGD()
    assert _scikeras.compiled_with(model) is None


def test_names_are_counted_anew_and_counted_on():
    keras.metrics.AUC()
    before = int(keras.metrics.AUC().name.removeprefix("auc_"))
    for _ in range(2):
        with _scikeras.fresh_names():
            assert [keras.metrics.AUC().name for _ in range(2)] == ["auc", "auc_1"]
    assert keras.metrics.AUC().name == f"auc_{before + 1}"
