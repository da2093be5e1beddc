"""What a user installs: the wheel and the source archive, built from this tree."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import skopt_nn

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "skopt_nn").rglob("*")
    if path.suffix in (".py", ".pyi", ".typed")
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of both archives."""
    tree, folder = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "skopt_nn", tree / "skopt_nn", ignore=ignored)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder]
    done = subprocess.run([*command, tree], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def files_of(archive):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            return set(file.namelist())
    with tarfile.open(archive) as file:
        return {name.partition("/")[2] for name in file.getnames()}


def test_both_archives_are_of_this_version(built):
    version = skopt_nn.__version__
    assert {path.name for path in built.iterdir()} == {
        f"skopt_nn-{version}-py3-none-any.whl",
        f"skopt_nn-{version}.tar.gz",
    }


def test_the_wheel_holds_the_package_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    names = files_of(wheel)
    metadata = f"skopt_nn-{skopt_nn.__version__}.dist-info/"
    assert {name for name in names if not name.startswith(metadata)} == SOURCES
    assert f"{metadata}licenses/LICENSE" in names


def test_the_source_archive_can_be_built_from(built):
    (archive,) = built.glob("*.tar.gz")
    assert SOURCES | {"pyproject.toml", "README.md", "LICENSE"} <= files_of(archive)


def test_indices_take_the_description(built):
    command = [sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_wheel_works_where_it_was_unpacked(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path)
    code = (
        "import skopt_nn; print(skopt_nn.__file__); "
        "assert all(hasattr(skopt_nn, name) for name in skopt_nn.__all__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
