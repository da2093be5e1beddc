"""What the bridge relies on in scikeras, and that it keeps to itself."""

import inspect
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.bridge import BaseWrapper, _scikeras
from skopt_nn.bridge._scikeras import names, routing, transformers

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


def test_constructor_of_scikeras_is_the_one_that_is_documented():
    assert list(BaseWrapper().get_params().items()) == [
        ("model", None),
        ("build_fn", None),
        ("warm_start", False),
        ("random_state", None),
        ("optimizer", "rmsprop"),
        ("loss", None),
        ("metrics", None),
        ("batch_size", None),
        ("validation_batch_size", None),
        ("verbose", 1),
        ("callbacks", None),
        ("validation_split", 0.0),
        ("shuffle", True),
        ("run_eagerly", False),
        ("epochs", 1),
    ]
    assert parameters(BaseWrapper)[-1] == "kwargs"


def test_names_that_scikeras_sends_to_fit_predict_and_compile():
    base = _scikeras.BaseWrapper
    assert {"batch_size", "epochs", "validation_split", "shuffle"} <= base._fit_kwargs
    assert {"batch_size", "verbose", "steps"} == base._predict_kwargs
    assert {"optimizer", "loss", "metrics", "run_eagerly"} <= base._compile_kwargs


def test_route_params_strips_the_prefix_and_lets_listed_names_pass():
    given = {"epochs": 3, "fit__epochs": 4, "loss": "mse", "fit__a__b": 1}
    assert routing.route_params(given, "fit", {"epochs"}) == {
        "epochs": 4,
        "a__b": 1,
    }
    assert routing.route_params(given, "fit", set(), strict=True) == {"epochs": 4}


def test_unflatten_params_builds_classes_in_lists_with_their_own_parameters():
    made = routing.unflatten_params(
        [keras.losses.BinaryCrossentropy, keras.losses.CategoricalCrossentropy],
        {"label_smoothing": 0.1, "1__label_smoothing": 0.5},
    )
    assert [loss.get_config()["label_smoothing"] for loss in made] == [0.1, 0.5]


def test_names_are_converted_to_what_compile_takes():
    convert = routing.try_to_convert_strings_to_classes
    adam = convert("adam", routing.get_optimizer_class)
    assert issubclass(adam, keras.optimizers.Adam)
    losses = convert(["mse"], routing.get_loss_class_function_or_string)
    assert losses == [keras.losses.mean_squared_error]
    assert convert("accuracy", routing.get_metric_class) == "accuracy"


def test_names_of_losses_and_metrics_are_full_ones():
    assert names.loss_name("mse") == "mean_squared_error"
    assert names.loss_name(keras.losses.MeanSquaredError) == "mean_squared_error"
    assert names.metric_name("mse") == "mean_squared_error"


def test_label_encoder_of_scikeras_keeps_the_state_that_ours_reads():
    encoder = transformers.ClassifierLabelEncoder().fit(np.array(["b", "a", "b"]))
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
        import skopt_nn.bridge
        assert "scikeras" in sys.modules
        assert "tensorflow" not in sys.modules
        import tensorflow
    """
    done = run_python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["tensorflow was imported", ""]


def test_other_rooms_load_neither_scikeras_nor_tensorflow(tmp_path):
    code = """
        import sys
        import skopt_nn.estimators, skopt_nn.fusion, skopt_nn._fitting
        loaded = {"scikeras", "tensorflow", "skopt_nn.bridge"} & set(sys.modules)
        assert not loaded, loaded
        assert not hasattr(skopt_nn.estimators, "KerasClassifier")
    """
    done = run_python(code, tmp_path, KERAS_BACKEND="jax")
    assert done.returncode == 0, done.stderr
