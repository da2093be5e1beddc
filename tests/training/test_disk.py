"""Compiled programs on disk: found again, and never trusted blindly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.jax_only,
    pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX"),
]

FIT = """
import collections, hashlib, jax, json
events = collections.Counter()
jax.monitoring.register_event_listener(lambda event, **_: events.update([event]))
from sklearn.datasets import load_iris
from skopt_nn import CNNClassifier
X, y = load_iris(return_X_y=True)
net = CNNClassifier((), dense_units=(4,), epochs=1, random_state=0).fit(X, y)
digest = hashlib.sha256(net.predict_proba(X).tobytes()).hexdigest()
counts = [events[f"/jax/compilation_cache/cache_{kind}"] for kind in ("hits", "misses")]
print(json.dumps([digest, *counts]))
"""
OTHER_JAXLIB = """
import importlib.metadata as metadata
installed = metadata.version
metadata.version = lambda name: "99.1" if name == "jaxlib" else installed(name)
"""
LOOK = "import jax, skopt_nn.training; print(jax.config.jax_compilation_cache_dir)"


def fit(folder):
    """A digest of what was learned, and how many programs were found and were not."""
    return json.loads(run(FIT, folder).stdout)


def programs(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*-cache")}


def run(code, folder, **environment):
    variables = {k: v for k, v in os.environ.items() if "JAX_COMPILATION" not in k}
    variables |= {"SKOPT_NN_COMPILATION_CACHE": str(folder), **environment}
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_next_process_finds_every_program_and_trains_to_the_same_bits(tmp_path):
    folder = tmp_path / "compiled"
    digest, n_found, n_compiled = fit(folder)
    kept = programs(folder)
    assert n_compiled == len(kept) > 0
    assert fit(folder) == [digest, n_found + n_compiled, 0]
    assert programs(folder) == kept


def test_the_next_process_says_nothing_of_what_it_finds(tmp_path):
    folder = tmp_path / "compiled"
    assert [run(FIT, folder).stderr for _ in range(2)] == ["", ""]


def test_truncated_programs_are_compiled_again(tmp_path):
    folder = tmp_path / "compiled"
    digest, *_ = fit(folder)
    for path in programs(folder):
        path.write_bytes(path.read_bytes()[:50])
    assert fit(folder)[0] == digest


def test_programs_of_another_jaxlib_are_not_looked_at(tmp_path):
    code = OTHER_JAXLIB + LOOK
    this, other = (Path(run(of, tmp_path).stdout.strip()) for of in (LOOK, code))
    assert this.parent == other.parent == tmp_path
    assert this.name.partition("-")[0] == other.name.partition("-")[0] == "jaxlib"
    assert other.name.split("-")[1] == "99.1"
    assert this.name.split("-")[2] == other.name.split("-")[2]  # the CPU


def test_programs_of_another_cpu_are_not_looked_at(tmp_path):
    code = f"import platform; platform.machine = lambda: 'riscv64'; {LOOK}"
    this, other = (Path(run(of, tmp_path).stdout.strip()) for of in (LOOK, code))
    assert this.parent == other.parent == tmp_path
    assert this != other


def test_the_folder_is_made_for_its_user_alone(tmp_path):
    folder = tmp_path / "a" / "compiled"
    used = Path(run(LOOK, folder).stdout.strip())
    assert used.parent == folder
    for made in (folder, used):
        assert made.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_write_is_named_in_one_warning_and_not_used(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    result = run(LOOK, folder)
    assert result.stdout.strip() == "None"
    assert result.stderr.count(f"{folder} can be written by others") == 1


def test_a_folder_that_cannot_be_made_is_named_in_one_warning_and_not_used(tmp_path):
    file = tmp_path / "file"
    file.touch()
    result = run(LOOK, file / "compiled")
    assert result.stdout.strip() == "None"
    assert result.stderr.count(f"{file / 'compiled'} cannot be created") == 1


def test_off_keeps_nothing():
    assert run(LOOK, "off").stdout.strip() == "None"


def test_a_folder_given_to_jax_stays(tmp_path):
    own = str(tmp_path / "own")
    result = run(LOOK, tmp_path / "ours", JAX_COMPILATION_CACHE_DIR=own)
    assert result.stdout.strip() == own
