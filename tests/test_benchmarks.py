"""The benchmarks' command line, tables and workers; what they measure is not tested."""

import importlib
import re

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from benchmarks import __main__ as command
from benchmarks import (
    contest,
    data,
    memory,
    peers,
    quality,
    report,
    sharing,
    sharing_speed,
    students,
    teaching,
    throughput,
    unlike,
    workers,
)
from skopt_nn import CNNClassifier, SharedWeightClassifier

TINY = peers.Task((8, 8, 1), epochs=1, batch_size=8)


@pytest.fixture
def options():
    parsed = command.parse(["--quick"])
    parsed.mnist, parsed.said = None, []
    parsed.say = parsed.said.append
    return parsed


def test_without_arguments_all_topics_are_run():
    assert command.parse([]).only is None
    assert not command.parse([]).quick


def test_topics_can_be_chosen_and_each_of_them_is_a_module():
    chosen = command.parse(["--only", "memory", "--only", "grid"]).only
    assert chosen == ["memory", "grid"]
    for topic in command.TOPICS:
        assert callable(importlib.import_module(f"benchmarks.{topic}").run)


def test_an_unknown_topic_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.parse(["--only", "beauty"])
    assert "invalid choice: 'beauty'" in capsys.readouterr().err


def test_the_folder_of_data_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv(data.VARIABLE, "somewhere")
    assert command.parse([]).data.name == "somewhere"


def test_a_missing_mnist_says_how_to_get_it(tmp_path):
    assert data.mnist_file(tmp_path) is None
    with pytest.raises(FileNotFoundError, match="fetch_openml"):
        data.mnist(tmp_path)


def test_mnist_is_read_as_rows_between_0_and_1(tmp_path):
    images = np.full((3, 28, 28), 255, dtype=np.uint8)
    labels = np.arange(3, dtype=np.uint8)
    np.savez(
        tmp_path / "mnist.npz",
        x_train=images,
        y_train=labels,
        x_test=images,
        y_test=labels,
    )
    X, X_test, y, _ = data.mnist(tmp_path, n_train=2)
    assert X.shape == (2, 784)
    assert X_test.shape == (3, 784)
    assert X.dtype == np.float32
    assert X.max() == 1.0
    assert y.tolist() == [0, 1]


def test_settings_of_sharing_are_parameters_that_make_a_network():
    for settings in sharing.SETTINGS.values():
        for setting in settings.values():
            given = {k: v for k, v in setting.items() if k != "dtype"}
            network = SharedWeightClassifier(**given)
            assert network.summary((28, 28, 1), n_outputs=10).n_parameters > 0


def test_the_time_of_sharing_is_that_of_the_twin_and_its_ratio(capsys, monkeypatch):
    settings = {"unshared": {"sharing": None}, "hashed": {"compression": 8}}
    for setting in settings.values():
        setting.update(filters=(), dense_units=(16,))
    settings["hashed"]["sharing"] = "hashed"
    monkeypatch.setattr(sharing_speed, "SETTINGS", {"a perceptron": settings})
    sharing_speed.main(["--rounds", "1", "--epochs", "1"])
    *_, unshared, hashed = capsys.readouterr().out.strip().splitlines()
    assert unshared.startswith("| a perceptron | unshared |")
    assert unshared.count("| 1x |") == 2
    assert re.fullmatch(r"\| a perceptron \| hashed \|( [\d.,]+x? \|){4}", hashed)


def test_a_script_says_how_to_get_the_data_that_it_lacks(capsys, monkeypatch):
    monkeypatch.delenv(data.VARIABLE, raising=False)
    sharing.main(["--only", "mnist-lenet"])
    students.main(["--only", "churn"])
    teaching.main(["--only", "hinton"])
    printed = capsys.readouterr().out
    assert "mnist-lenet: left out. No mnist.npz" in printed
    for task in ("churn", "hinton"):
        assert (
            f"{task}: left out. Give its folder by --data or {data.VARIABLE}" in printed
        )


def test_a_table_is_markdown():
    rows = [["ours", 0.123456, 1234567, None]]
    table = report.Table("Speed", ("who", "seconds", "rows", "rest"), rows, "A note.")
    assert table.markdown() == (
        "### Speed\n\nA note.\n\n| who | seconds | rows | rest |\n"
        "| --- | ---: | ---: | ---: |\n| ours | 0.123 | 1,234,567 | - |"
    )


def test_the_machine_line_tells_date_cores_and_versions():
    line = report.machine()
    assert re.match(r"\d{4}-\d\d-\d\d, ", line)
    assert " cores, Python 3" in line
    assert f"numpy {np.__version__}" in line


def test_the_best_peer_is_not_ours():
    speeds = {peers.OURS: 9, peers.BUILT: 8, "torch": 5, "skorch": 3}
    assert throughput.best_peer(speeds) == "torch"
    assert throughput.best_peer({peers.OURS: 9}) == peers.OURS


def test_the_operations_of_the_seed_cnn_are_those_of_its_layers():
    convolutions = 28 * 28 * 9 * 32 + 14 * 14 * 9 * 32 * 64
    dense = 7 * 7 * 64 * 128 + 128 * 10
    assert peers.training_flops((28, 28, 1)) == 3 * 2 * (convolutions + dense)


def test_resident_memory_is_in_megabytes():
    assert 10 < memory.resident_megabytes() < 100_000


def test_an_error_in_a_worker_is_an_error_here():
    with workers.Worker() as worker:
        with pytest.raises(workers.WorkerError, match="No module named"):
            worker.call("nowhere:nothing")
        assert worker.call("throughput:matrix_product_rate", n_products=1) > 0


def test_a_process_that_dies_leaves_its_last_words():
    with workers.Worker(PYTHONPATH="") as worker:
        worker._process.kill()
        with pytest.raises(workers.WorkerError, match="has ended"):
            worker.call("throughput:matrix_product_rate")


def test_a_contender_that_fails_is_a_row_and_not_the_end(options):
    with contest.Contest(options, [peers.OURS]) as one:
        assert one.ask("memory:fits", n_fits="many") == {}
        assert one.names == []
    ((name, dash, what),) = one.failed_rows(3)
    assert (name, dash) == (peers.OURS, None)
    assert what.startswith("failed: TypeError")


@pytest.mark.jax_only
def test_our_fits_answer_from_their_process(options):
    with contest.Contest(options, [peers.OURS]) as one:
        answers = one.rounds(1, "memory:fits", n_fits=2, n_rows=32)
    (answer,) = answers[peers.OURS]
    assert len(answer["megabytes"]) == len(answer["seconds"]) == 2


def test_a_member_of_several_fusions_is_fitted_once_to_the_same_rows(monkeypatch):
    monkeypatch.setattr(unlike.Once, "fitted", {})
    X, y = load_iris(return_X_y=True)
    plain = [GaussianNB(), LogisticRegression(max_iter=500)]
    members = list(map(unlike.Once, plain))
    fused = unlike.fusions(members)
    for name, fusion in fused.items():
        expected = unlike.fusions(plain)[name].fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(fusion.fit(X, y).predict_proba(X), expected)
    # Of all rows and of five folds, each of two members.
    assert len(unlike.Once.fitted) == 12


def test_networks_are_measured_beside_their_fusions(monkeypatch):
    assert [*quality.make_members(seed=0)] == [*quality.MEMBERS]

    def small_members(seed, quick):
        small = {"input_shape": quality.SHAPE, "dense_units": (4,), "epochs": 1}
        makes = enumerate(quality.MEMBERS, start=seed)
        return {name: CNNClassifier((), random_state=i, **small) for i, name in makes}

    monkeypatch.setattr(quality, "make_members", small_members)
    found = quality.fused(seed=0, quick=True)
    assert [*found] == [*quality.MEMBERS, *quality.FUSIONS]
    assert found["parallel"][1] == sum(found[name][1] for name in quality.MEMBERS)


@pytest.mark.parametrize("name", ["skorch", "torch"])
def test_a_peer_trains_the_same_network(name):
    if not peers.is_installed(name):
        pytest.skip(f"{name} is not installed")
    X, y = data.digits()
    peer = peers.make(name)
    peer.start(TINY, X[:32], y[:32])
    peer.train(X[:32], y[:32])
    proba = peer.probabilities(X[:5])
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    network = getattr(peer, "network", None) or peer.model.module_
    assert sum(p.numel() for p in network.parameters()) == 53_002


def test_who_is_slow_is_asked_once(options, monkeypatch):
    two = contest.Contest(options, ["a", "b"])
    asked = []
    monkeypatch.setattr(two, "_ask", lambda name, *_: asked.append(name) or name)
    answers = two.rounds(3, "any", slow=lambda _, name: name == "b")
    assert asked == ["a", "b", "a", "a"]
    assert answers == {"a": ["a"] * 3, "b": ["b"]}
