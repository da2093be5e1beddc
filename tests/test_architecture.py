"""The imports of the package, held against the drawing in docs/design.md."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "skopt_nn"
HEAVY = {"jax", "keras", "scikeras", "tensorflow", "torch"}

# Room -> rooms of the package that it may import, and heavy libraries.
ARROWS = {
    "__init__": set(),
    "_backend": {"keras", "jax"},
    "networks": {"_backend", "jax"},
    "training": {"_backend", "jax"},
    "_compat": {"keras"},
    "_fitting": set(),
    "bridge": {"training", "_backend", "_compat", "_fitting", "scikeras", "torch"},
    "estimators": {"networks", "training", "_backend", "_compat", "_fitting"},
    "fusion": {"estimators"},
    "inspection": set(),
    "persistence": {"__init__"},
}
FORBIDDEN = {
    "networks": {"sklearn"},
    "training": {"sklearn"},
    "inspection": {"keras"},
    "fusion": {"keras"},
}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Dotted names of all imports, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "skopt_nn":
                yield from (f"skopt_nn.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_the_drawing_allows(path):
    room = room_of(path)
    for name in imported(path):
        top, *rest = name.split(".")
        if top == "skopt_nn":
            target = rest[0] if rest else "__init__"
            assert target == room or target in ARROWS[room], f"{room} -> {name}"
        if top in HEAVY:
            assert top in ARROWS[room], f"{room} -> {name}"
        assert top not in FORBIDDEN.get(room, set()), f"{room} -> {name}"


def test_only_one_file_names_scikeras_in_code():
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if any(name.split(".")[0] == "scikeras" for name in imported(path))
    }
    assert importers == {"bridge/_scikeras.py"}


def test_private_parts_of_keras_are_named_in_one_file_only():
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if re.search(r"\bkeras\.src\b|\bkeras\._", path.read_text())
    }
    assert importers <= {"_compat.py"}


def test_every_room_of_the_package_is_in_the_drawing():
    rooms = {room_of(path) for path in modules()}
    assert rooms == set(ARROWS)
    drawing = (ROOT / "docs" / "design.md").read_text()
    for room in rooms - {"__init__"}:
        assert f"`{room}`" in drawing


def test_there_is_no_module_of_odds_and_ends():
    assert not [p for p in modules() if p.stem in ("utils", "helpers", "common")]
