"""The imports of the package, held against the drawing in docs/design.md."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "skopt_nn", ROOT / "tests"
HEAVY = {"jax", "keras", "scikeras", "tensorflow", "torch"}
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 350, 50

# Room -> rooms of the package that it imports, and heavy libraries.
ARROWS = {
    "__init__": set(),
    "__main__": {"__init__", "_backend"},
    "_backend": {"keras", "jax"},
    "_compat": {"_parameters", "keras"},
    "_parameters": set(),
    "networks": {"_backend", "_parameters", "jax"},
    "training": {"_backend", "_parameters", "jax"},
    "_fitting": {"_compat", "training"},
    "_soft_targets": {"training", "_probabilities"},
    "estimators": {
        "networks",
        "training",
        "_compat",
        "_fitting",
        "_parameters",
        "_soft_targets",
        "_validation_rows",
    },
    "preprocessing": {"_compat", "_parameters"},
    "bridge": {
        "training",
        "_backend",
        "_compat",
        "_fitting",
        "_soft_targets",
        "_validation_rows",
        "scikeras",
        "torch",
    },
    "_probabilities": set(),
    "_validation_rows": set(),
    "fusion": {
        "estimators",
        "_probabilities",
        "_compat",
        "_parameters",
        "_validation_rows",
    },
    "inspection": {"_probabilities", "_compat"},
    "persistence": {"__init__"},
}
# Keras' own steps are kept in the same cache of programs, under the same keys.
BEHIND_THE_DOOR = {("bridge", "training")}
WITHOUT_SKLEARN = {"_backend", "_parameters", "networks", "training"}
# The one place for private members of others, and that of scikeras' contract.
PRIVATE = {"sklearn": "_compat.py", "keras": "_compat.py"}
SCIKERAS = "bridge/_scikeras.py"


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Dotted names of all that is imported, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def targets_of(path):
    """Rooms and heavy libraries that a file imports."""
    for name in imported(path):
        top, *rest = name.split(".")
        if top == "skopt_nn":
            yield rest[0] if rest and rest[0] in ARROWS else "__init__"
        elif top in HEAVY:
            yield top


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_the_drawing_allows(path):
    room = room_of(path)
    assert set(targets_of(path)) <= {room} | ARROWS[room]


@pytest.mark.parametrize("room", ARROWS)
def test_every_arrow_of_the_drawing_is_walked(room):
    found = {
        name for path in modules() if room_of(path) == room for name in targets_of(path)
    }
    assert found >= ARROWS[room]


def names_imported(kept):
    """Each file and name that it imports, of those that are kept."""
    return [
        f"{path.relative_to(PACKAGE).as_posix()}: {name}"
        for path in modules()
        for name in imported(path)
        if kept(path, name)
    ]


def test_rooms_of_numbers_know_no_scikit_learn():
    def is_foreign(path, name):
        return room_of(path) in WITHOUT_SKLEARN and name.startswith("sklearn")

    assert not names_imported(is_foreign)


def is_private(name):
    parts = name.split(".")
    return "src" in parts or any(part.startswith("_") for part in parts)


def test_a_room_shows_other_rooms_its_public_names():
    def is_hidden(path, name):
        room, (top, *rest) = room_of(path), name.split(".")
        if top != "skopt_nn" or rest[:1] == [room]:
            return False
        within = ".".join(rest[1:])
        return is_private(within) and (room, rest[0]) not in BEHIND_THE_DOOR

    assert not names_imported(is_hidden)


def test_private_members_of_others_are_imported_in_one_place():
    def is_misplaced(path, name):
        owner = PRIVATE.get(name.split(".")[0])
        return is_private(name) and owner not in (None, path.name)

    assert not names_imported(is_misplaced)


def nodes(*kinds):
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, kinds):
                yield path, node


def test_private_members_of_keras_are_reached_in_one_place():
    """Also those that no import names, as attributes of the module."""
    reached = [
        f"{path.name}: {ast.unparse(node)}"
        for path, node in nodes(ast.Attribute)
        if is_private(node.attr) and ast.unparse(node).startswith("keras.")
    ]
    assert not [name for name in reached if not name.startswith(PRIVATE["keras"])]


def test_only_one_file_names_scikeras_in_code():
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if any(name.split(".")[0] == "scikeras" for name in imported(path))
    }
    assert importers == {SCIKERAS}


def test_every_room_of_the_package_is_in_the_drawing():
    rooms = {room_of(path) for path in modules()}
    assert rooms == set(ARROWS)
    drawing = (ROOT / "docs" / "design.md").read_text()
    for room in rooms - {"__init__"}:
        assert f"`{room}`" in drawing


def test_every_room_within_a_room_is_in_the_drawing():
    within = {p.parent.name for p in PACKAGE.glob("*/*/__init__.py")}
    assert within
    drawing = (ROOT / "docs" / "design.md").read_text()
    for room in within:
        assert f"`{room}/`" in drawing


def test_there_is_no_module_of_odds_and_ends():
    assert not [p for p in modules() if p.stem in ("utils", "helpers", "common")]


# -- sizes ----------------------------------------------------------------------


def test_a_file_is_read_in_one_go():
    n_lines = {str(path): len(path.read_text().splitlines()) for path in modules()}
    assert not {n: size for n, size in n_lines.items() if size > MOST_LINES_OF_A_FILE}


def test_a_function_is_seen_at_a_glance():
    n_lines = {
        f"{path.name}: {node.name}": node.end_lineno - node.lineno + 1
        for path, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    }
    most = MOST_LINES_OF_A_FUNCTION
    assert not {name: size for name, size in n_lines.items() if size > most}


# -- tests ----------------------------------------------------------------------


def test_tests_mirror_the_rooms():
    rooms = {p.parent.relative_to(PACKAGE) for p in PACKAGE.rglob("__init__.py")}
    tested = {p.parent.relative_to(TESTS) for p in TESTS.rglob("test_*.py")}
    assert tested <= rooms


def test_no_two_files_of_tests_have_one_name():
    counts = Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert not [name for name, count in counts.items() if count > 1]
