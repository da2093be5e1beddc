"""Compiled programs on disk: found again, and never trusted blindly."""

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata

import jax
import pytest
from jax.experimental.compilation_cache import compilation_cache

from skopt_nn.training import _disk

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
SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


def fit(folder):
    """A digest of what was learned; how many programs were found, and were not; and
    what was said on standard error.
    """
    variables = {k: v for k, v in os.environ.items() if "JAX_COMPILATION" not in k}
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", FIT],
        env=variables | {_disk.FOLDER_VARIABLE: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return *json.loads(done.stdout), done.stderr


def programs(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*-cache")}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A folder of programs, and what the process that made it said."""
    folder = tmp_path_factory.mktemp("disk") / "compiled"
    return folder, fit(folder)


def test_the_next_process_finds_every_program_and_trains_to_the_same_bits(first):
    folder, (digest, n_found, n_compiled, said) = first
    kept = programs(folder)
    assert n_compiled == len(kept) > 0
    assert said == ""
    assert fit(folder) == (digest, n_found + n_compiled, 0, "")
    assert programs(folder) == kept


def test_truncated_programs_are_compiled_again(first, tmp_path):
    folder = tmp_path / "compiled"
    shutil.copytree(first[0], folder)
    for path in programs(folder):
        path.write_bytes(path.read_bytes()[:50])
    assert fit(folder)[0] == first[1][0]


@pytest.fixture
def keep(monkeypatch):
    """Keep programs in a folder, as a process does that was given none, and say which.

    What JAX was told before is told to it again at the end.
    """
    before = {name: jax.config.values[name] for name in SETTINGS}
    jax.config.update(SETTINGS[0], None)

    def keep_programs_in(folder):
        jax.config.update(SETTINGS[0], None)
        monkeypatch.setenv(_disk.FOLDER_VARIABLE, str(folder))
        return _disk.keep_programs_on_disk()

    yield keep_programs_in
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


def test_programs_of_another_jaxlib_are_not_looked_at(keep, tmp_path, monkeypatch):
    this = keep(tmp_path)
    installed = metadata.version
    monkeypatch.setattr(
        metadata,
        "version",
        lambda name: "99.1" if name == "jaxlib" else installed(name),
    )
    other = keep(tmp_path)
    assert this.parent == other.parent == tmp_path
    assert this.name.partition("-")[0] == other.name.partition("-")[0] == "jaxlib"
    assert other.name.split("-")[1] == "99.1"
    assert this.name.split("-")[2] == other.name.split("-")[2]  # the CPU


def test_programs_of_another_cpu_are_not_looked_at(keep, tmp_path, monkeypatch):
    this = keep(tmp_path)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    other = keep(tmp_path)
    assert this.parent == other.parent == tmp_path
    assert this != other


def test_the_folder_is_made_for_its_user_alone(keep, tmp_path):
    folder = tmp_path / "a" / "compiled"
    used = keep(folder)
    assert used.parent == folder
    for made in (folder, used):
        assert made.stat().st_mode & 0o777 == 0o700
    assert jax.config.values["jax_compilation_cache_dir"] == str(used)


def open_to_others(folder):
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def below_a_file(folder):
    folder.touch()
    return folder / "compiled"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (open_to_others, "can be written by others"),
        (below_a_file, r"cannot be created \(Not a directory\)"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named_and_is_not(
    keep, tmp_path, make, problem
):
    folder = make(tmp_path / "folder")
    with pytest.warns(UserWarning, match=f"{folder} {problem}") as warned:
        assert keep(folder) is None
    assert len(warned) == 1
    assert jax.config.values["jax_compilation_cache_dir"] is None


def test_off_keeps_nothing(keep):
    assert keep("off") is None
    assert jax.config.values["jax_compilation_cache_dir"] is None


def test_a_folder_given_to_jax_stays(keep, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    assert _disk.keep_programs_on_disk() is None
    assert jax.config.values["jax_compilation_cache_dir"] == str(tmp_path)
