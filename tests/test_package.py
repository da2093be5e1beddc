"""The front door: names, backend, and what importing it costs."""

import ast
import importlib
import os
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import skopt_nn

NAMES = """
KerasClassifier KerasRegressor CNNClassifier CNNRegressor SharedWeightClassifier
SharedWeightRegressor TabularClassifier TabularRegressor DistilledClassifier
DistilledRegressor make_parallel_fusion
make_serial_fusion make_stacked_fusion SerialStage WeightedSumClassifier
WeightedSumRegressor WeightedVotingClassifier WeightedVotingRegressor
LogarithmicPool CascadeClassifier make_cascade TokenSequencer LogMelSpectrogram
compare save load
""".split()  # noqa: SIM905


def run(code, **environment):
    inherited = os.environ.items()
    variables = {k: v for k, v in inherited if k not in ("KERAS_BACKEND", "NPROC")}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**variables, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_there(name):
    assert name in skopt_nn.__all__
    assert callable(getattr(skopt_nn, name))


def test_dir_lists_the_public_names():
    assert set(NAMES) <= set(dir(skopt_nn))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Perceptron'"):
        skopt_nn.Perceptron  # noqa: B018


def test_importing_the_package_loads_no_heavy_library():
    code = (
        "import sys, skopt_nn; heavy = {'keras', 'jax', 'matplotlib', 'pandas', "
        "'sklearn', 'tensorflow', 'torch', 'scikeras'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    result = run(code)
    assert result.returncode == 0, result.stderr


def test_a_family_is_fitted_on_jax_and_does_not_look_for_tensorflow(tmp_path):
    code = """
import sys

class Watch:
    looked_for = []

    def find_spec(self, name, path=None, target=None):
        self.looked_for.append(name.partition(".")[0])

sys.meta_path.insert(0, Watch())
import numpy as np
from skopt_nn import CNNClassifier, SharedWeightClassifier

X, y = np.zeros((20, 4, 4, 1)), np.arange(20) % 2
small = {"epochs": 1, "filters": (2,), "dense_units": (2,), "early_stopping": True}
for model in (CNNClassifier(**small), SharedWeightClassifier(**small)):
    model.fit(X, y).predict(X)
    model.transform(X)
assert not {"scikeras", "tensorflow", "torch"} & set(Watch.looked_for)
import keras
print(keras.backend.backend())
"""
    # An empty folder, so that no configuration file of Keras is read.
    result = run(code, KERAS_HOME=str(tmp_path))
    assert result.stdout.split() == ["jax"], result.stderr


def test_an_imported_keras_is_respected(tmp_path):
    others = [name for name in ("torch", "tensorflow") if find_spec(name)]
    backend = [*others, "numpy"][0]
    code = (
        "import os, keras; del os.environ['KERAS_BACKEND']; "
        "from skopt_nn import CNNClassifier; "
        "print(keras.backend.backend(), os.environ.get('KERAS_BACKEND'))"
    )
    result = run(code, KERAS_HOME=str(tmp_path), KERAS_BACKEND=backend)
    assert result.stdout.split() == [backend, "None"], result.stderr


def stub():
    """What the stub imports, as name to module, and what it says of ``__all__``."""
    path = Path(skopt_nn.__file__).with_suffix(".pyi")
    origins, public = {}, None
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            origins |= {alias.name: node.module for alias in node.names}
        elif isinstance(node, ast.Assign):
            public = ast.literal_eval(node.value)
    return origins, public


def test_the_stub_tells_editors_the_public_names():
    origins, public = stub()
    rooms = {name for name, module in origins.items() if module == "skopt_nn"}
    assert public == skopt_nn.__all__
    assert origins.keys() - rooms == set(public)
    assert rooms == {
        path.stem
        for path in Path(skopt_nn.__file__).parent.iterdir()
        if (path / "__init__.py").exists()
    }
    assert all(getattr(skopt_nn, room).__name__ == f"skopt_nn.{room}" for room in rooms)


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_and_the_door_lead_to_one_thing(name):
    module = stub()[0][name]
    found = getattr(importlib.import_module(module), name)
    assert found is getattr(skopt_nn, name)
    # Of the room that the door opens, not of one that only passes the name on.
    assert found.__module__.split(".")[:2] == module.split(".")[:2]


def test_an_unusable_backend_gives_one_clear_sentence():
    result = run("from skopt_nn import CNNClassifier", KERAS_BACKEND="abacus")
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode != 0
    assert "KERAS_BACKEND='abacus' cannot be used" in last
    assert "'jax', 'tensorflow' or 'torch'" in last


@pytest.mark.jax_only
@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="threads are counted by Linux only"
)
@pytest.mark.parametrize(
    ("limit", "inherited", "n_threads"),
    [("1", "", 1), ("3,1", "4", 3), ("0", "2", 2)],
)
def test_training_obeys_the_number_of_threads_that_joblib_leaves(
    limit, inherited, n_threads
):
    code = """
import os
import runpy
import numpy as np
from skopt_nn import CNNClassifier

X, y = np.zeros((20, 4, 4, 1)), np.arange(20) % 2
CNNClassifier(epochs=1, filters=(2,), dense_units=(2,)).fit(X, y)
folder = "/proc/self/task"
names = [open(f"{folder}/{i}/comm").read().strip() for i in os.listdir(folder)]
print(names.count("tf_XLAEigen"))
"""
    result = run(code, OMP_NUM_THREADS=limit, NPROC=inherited)
    assert result.stdout.strip() == str(n_threads), result.stderr


def test_versions_are_printed_for_a_report(capsys):
    runpy.run_module("skopt_nn", run_name="__main__")
    printed = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.split("\n")[:-1]
    )
    assert printed["skopt-nn"] == skopt_nn.__version__
    assert printed["backend"] == skopt_nn._backend.keras.backend.backend()
    assert {"python", "scikit-learn", "keras", "jax", "torch"} <= set(printed)


def test_the_citation_names_this_version():
    text = (Path(__file__).parents[1] / "CITATION.cff").read_text()
    assert f"\nversion: {skopt_nn.__version__}\n" in text
