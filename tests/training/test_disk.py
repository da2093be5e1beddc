"""Compiled programs on disk: found again, and never trusted blindly."""

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.jax_only,
    pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX"),
]

FIT = """
import hashlib
from sklearn.datasets import load_iris
from skopt_nn import CNNClassifier
X, y = load_iris(return_X_y=True)
net = CNNClassifier((), dense_units=(4,), epochs=1, random_state=0).fit(X, y)
print(hashlib.sha256(net.predict_proba(X).tobytes()).hexdigest())
"""
LOOK = "import jax, skopt_nn.training; print(jax.config.jax_compilation_cache_dir)"


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
    first = run(FIT, folder).stdout
    programs = {path.name for path in folder.glob("*-cache")}
    assert programs
    assert run(FIT, folder).stdout == first
    assert {path.name for path in folder.glob("*-cache")} == programs


def test_truncated_programs_are_compiled_again(tmp_path):
    folder = tmp_path / "compiled"
    first = run(FIT, folder).stdout
    for path in folder.glob("*-cache"):
        path.write_bytes(path.read_bytes()[:50])
    assert run(FIT, folder).stdout == first


def test_the_folder_is_made_for_its_user_alone(tmp_path):
    folder = tmp_path / "a" / "compiled"
    assert run(LOOK, folder).stdout.strip() == str(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


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
