import io
import json
import os
import sys
import tracemalloc
import zipfile

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skopt_nn import CNNClassifier, load, save
from tests.doubles import as_version_1, forge, manifest_of, parts_of, write_parts

X, y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Bytes of saved files, by name."""
    network = CNNClassifier((), dense_units=(4,), epochs=1, random_state=0)
    models = {"line": LogisticRegression(max_iter=500), "network": network}
    path = tmp_path_factory.mktemp("saved") / "model.nn"
    contents = {}
    for name, model in models.items():
        save(model.fit(X, y), path)
        contents[name] = path.read_bytes()
    return contents


@pytest.fixture
def saved(files, tmp_path):
    path = tmp_path / "line.nn"
    path.write_bytes(files["line"])
    return path


@pytest.fixture
def saved_network(files, tmp_path):
    path = tmp_path / "network.nn"
    path.write_bytes(files["network"])
    return path


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.nn")


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_joblib_file_is_refused_and_not_run(tmp_path):
    joblib.dump(Hostile(tmp_path / "ran"), tmp_path / "model.nn")
    with pytest.raises(
        ValueError, match=r"not a whole file .* joblib.load, which runs"
    ):
        load(tmp_path / "model.nn")
    assert not (tmp_path / "ran").exists()


def test_an_array_of_objects_is_refused(saved):
    forge_array(saved, ["|O", [1], "C"])
    with pytest.raises(ValueError, match="has the dtype object"):
        load(saved)


def forge_array(path, description):
    """Say something else of the first array than what it is."""

    def change(manifest):
        manifest["arrays"][0] = description

    forge(path, change)


def test_an_array_of_objects_in_version_1_is_refused_and_not_run(saved, tmp_path):
    as_version_1(saved)
    file = io.BytesIO()
    np.save(file, np.array([Hostile(tmp_path / "ran")], dtype=object))
    write_parts(saved, {**parts_of(saved), "arrays/0.npy": file.getvalue()})
    with pytest.raises(ValueError, match="has the dtype object"):
        load(saved)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "sklearn.svm.SVC",
        "skopt_nn.KerasClassifier",
        "skopt_nn.load",
        "evil.LogisticRegression",
        "LogisticRegression",
        ["sklearn.linear_model.LogisticRegression"],
        None,
    ],
)
def test_classes_that_are_not_listed_are_refused(saved, name, monkeypatch):
    def change(manifest):
        manifest["root"]["object"] = name

    forge(saved, change)
    before = set(sys.modules)
    with pytest.raises(ValueError, match=r"is damaged.*not listed"):
        load(saved)
    assert not {"evil", "subprocess.Popen"} & (set(sys.modules) - before)


@pytest.mark.parametrize(
    "name", ["../evil.npy", "/tmp/evil.npy", "arrays/../x", "x.py"]
)
def test_other_parts_are_refused_and_nothing_is_unpacked(saved, name):
    write_parts(saved, {**parts_of(saved), name: b"evil"})
    with pytest.raises(ValueError, match="unexpected or missing parts"):
        load(saved)
    assert os.listdir(saved.parent) == [saved.name]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_comes_twice_is_refused(saved):
    write_parts(saved, [*parts_of(saved).items(), ("manifest.json", b"{}")])
    with pytest.raises(ValueError, match="unexpected or missing parts"):
        load(saved)


def test_compressed_parts_are_refused(saved):
    write_parts(saved, parts_of(saved), zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="an array is compressed"):
        load(saved)


def write_text(path, manifest, how=zipfile.ZIP_DEFLATED):
    """A file without arrays, its text compressed."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest), how)
        archive.writestr("arrays", b"")


def test_a_text_that_unfolds_to_much_more_than_its_bytes_is_refused(saved):
    write_text(saved, {**manifest_of(saved), "long": [0] * 100_000})
    with pytest.raises(ValueError, match="its text unfolds to too much"):
        load(saved)


def in_directory(path, offset, value):
    """Say another size of the text, where the entry of the directory has it."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + offset : entry + offset + 4] = value.to_bytes(4, "little")
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("offset", "size", "message"),
    [
        (24, 1_000, "Bad CRC-32"),
        (20, 2_000_000, "parts are larger than the file"),
    ],
    ids=["unfolded", "in the file"],
)
def test_a_text_that_lies_about_its_size_unfolds_to_no_more(
    saved, offset, size, message
):
    write_text(saved, {**manifest_of(saved), "long": [0] * 4_000_000})
    in_directory(saved, offset, size)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            load(saved)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_text_that_is_compressed_otherwise_is_refused(saved, how):
    write_text(saved, manifest_of(saved), how)
    with pytest.raises(ValueError, match="compressed in a way that is not ours"):
        load(saved)


def test_a_model_whose_text_repeats_itself_comes_back(tmp_path):
    model = CNNClassifier(dense_units=(7,) * 100_000)
    save(model, tmp_path / "model.nn")
    assert load(tmp_path / "model.nn").dense_units == model.dense_units


@pytest.mark.parametrize("shape", [[10**12], [2**40, 2**40], [10], [-1, -2], [1.0]])
def test_an_array_of_another_size_than_its_bytes_is_refused(saved, shape):
    forge_array(saved, ["<f8", shape, "C"])
    with pytest.raises(ValueError, match=r"an array (of \d+ bytes )?has the shape"):
        load(saved)


def test_an_array_of_very_many_axes_is_refused(saved):
    forge_array(saved, ["<f8", [1] * 100_000, "C"])
    with pytest.raises(ValueError, match="an array has 100000 axes"):
        load(saved)


@pytest.mark.parametrize("description", ["<f8", ["<f8", [1]], [8, [1], "C"], None])
def test_an_array_that_is_not_described_is_refused(saved, description):
    forge_array(saved, description)
    with pytest.raises(ValueError, match="is damaged"):
        load(saved)


def test_bytes_that_belong_to_no_array_are_refused(saved):
    parts = parts_of(saved)
    write_parts(saved, {**parts, "arrays": parts["arrays"] + b"more"})
    with pytest.raises(ValueError, match="bytes belong to no array"):
        load(saved)


@pytest.mark.parametrize("shape", [(10**12,), (2**40, 2**40), (3,), (-1, -2), (5, 0)])
def test_an_array_of_version_1_of_another_size_is_refused(saved, shape):
    as_version_1(saved)
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    file.write(bytes(16))
    write_parts(saved, {**parts_of(saved), "arrays/0.npy": file.getvalue()})
    with pytest.raises(ValueError, match="an array of 16 bytes has the shape"):
        load(saved)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("version", 3, "it has version 3 of the format.*reads versions 1 and 2"),
        ("version", 1, "it says version 1 and has the parts of 2"),
        ("version", "1", "it has version '1'"),
        ("format", "other", "not one of skopt_nn"),
        ("root", {"eval": "1"}, "unknown kind 'eval'"),
        ("root", {"array": 99}, "refers to part 99"),
        ("root", {"array": True}, "refers to part True"),
        ("root", {"same": 0}, "refers to part 0 of 0"),
        ("root", {"dtype": "O"}, "names the dtype object"),
        ("root", {"type": "eval"}, "eval"),
        ("root", {}, "is damaged"),
        ("root", {"objects": [[1]], "shape": [1]}, "more than labels"),
        ("root", {"objects": [{"tuple": [[1]]}], "shape": [1]}, "more than labels"),
        ("root", {"objects": [{"type": "int8"}], "shape": [1]}, "more than labels"),
        ("root", {"objects": ["a"], "shape": [10**12]}, "cannot reshape"),
        ("root", {"object": "skopt_nn.CNNClassifier"}, "is damaged"),
        ("root", {"object": "skopt_nn.CNNClassifier", "state": 3}, "is damaged"),
        (
            "root",
            {"object": "sklearn.pipeline.Pipeline", "state": {"memory": "/tmp/evil"}},
            "cache of pickles",
        ),
    ],
)
def test_forged_manifests_are_refused(saved, key, value, message):
    forge(saved, lambda manifest: {**manifest, key: value})
    with pytest.raises(ValueError, match=message):
        load(saved)


@pytest.mark.parametrize("scoring", ["os.system", {"a": "print"}, ["__import__"]])
def test_a_scorer_that_scikit_learn_does_not_name_is_refused(saved, scoring):
    search = GridSearchCV(LogisticRegression(max_iter=500), {}, cv=2).fit(X, y)
    save(search.set_params(scoring=scoring), saved)
    with pytest.raises(ValueError, match=r"is damaged.*scoring"):
        load(saved)


def test_a_network_whose_weights_do_not_fit_is_refused(saved_network):
    def change(manifest):
        state = manifest["root"]["state"]
        state["model_"].append(state["model_"][0])

    forge(saved_network, change)
    with pytest.raises(ValueError, match="is damaged"):
        load(saved_network)


def test_deep_nesting_is_refused(saved):
    text = '{"format": "skopt_nn estimator", "version": 2, "arrays": [], "root": %s}'
    root = "[" * 100_000 + "]" * 100_000
    write_parts(saved, {"manifest.json": text % root, "arrays": b""})
    with pytest.raises(ValueError, match="is damaged"):
        load(saved)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_truncated_files_are_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="not a whole file"):
        load(saved)


def resaved(path):
    """The bytes of what a file holds, or None if it is refused."""
    try:
        save(load(path), path)
    except ValueError:
        return None
    return path.read_bytes()


@pytest.mark.parametrize("name", ["saved", "saved_network"])
def test_a_flipped_byte_is_refused_or_changes_nothing(name, request):
    path = request.getfixturevalue(name)
    content = resaved(path)
    assert resaved(path) == content
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        assert resaved(path) in (None, content), position


def test_a_flipped_byte_of_weights_is_refused(saved_network):
    weights = load(saved_network).model_.get_layer("logits").kernel.numpy().tobytes()
    content = saved_network.read_bytes()
    start = content.index(weights)
    for position in range(start, start + len(weights)):
        damaged = bytearray(content)
        damaged[position] ^= 0x01
        saved_network.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"not a whole file .* CRC"):
            load(saved_network)
