"""What shared weights cost and save: ``python -m benchmarks.sharing --data FOLDER``.

MNIST with its official split, digits of scikit-learn split by the seed. Every figure is
of the last epoch; test rows have no part in any choice. Bytes are those of a file that
`skopt_nn.save` writes.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

import skopt_nn
from benchmarks import data, report, script
from skopt_nn import SharedWeightClassifier

LENET = {"filters": (), "dense_units": (300, 100)}
WIDE = {"filters": (), "dense_units": (1000,)}
# The default network of CNNClassifier.
CNN = {"block": "plain", "filters": (24, 48, 96), "depth": 1, "dense_units": ()}
# Of 1/64 of the weights of the wide network: 15 units, and their output.
NARROW = {"filters": (), "dense_units": (15,)}
# Chosen on 10,000 training rows that were held out.
LONG = {"epochs": 50, "augmentation": {"shift": 1}, "learning_rate": 0.003}


def clustered(n_clusters):
    return {"sharing": "clustered", "n_clusters": n_clusters}


def hashed(compression):
    return {"sharing": "hashed", "compression": compression}


UNSHARED = {"sharing": None}
# Five kernels of one shape, and little else.
DEEP = {
    "block": "plain",
    "filters": (48, 48, 48),
    "depth": 2,
    "dense_units": (),
    "head": "average",
}
RECURSIVE = {
    "unshared": {**DEEP, **UNSHARED},
    "tied": {**DEEP, "sharing": "tied"},
    "1 template": {**DEEP, "sharing": "templates", "n_templates": 1},
    "2 templates": {**DEEP, "sharing": "templates", "n_templates": 2},
}
# Task, then setting: parameters, and the dtype of its file.
SETTINGS = {
    "digits": RECURSIVE,
    "mnist": RECURSIVE,
    "mnist-lenet": {
        "300-100": {**LENET, **UNSHARED},
        "300-100, 16 values": {**LENET, **clustered(16)},
        "300-100, 4 values": {**LENET, **clustered(4)},
        "300-100, 2 values": {**LENET, **clustered(2)},
    },
    "mnist-cnn": {
        "CNN": {**CNN, **UNSHARED},
        "CNN, 16 values": {**CNN, **clustered(16)},
        "CNN, int8": {**CNN, **UNSHARED, "dtype": "int8"},
    },
    "mnist-hashed": {
        "1000": {**WIDE, **UNSHARED},
        "1000, hashed by 8": {**WIDE, **hashed(8)},
        "1000, hashed by 64": {**WIDE, **hashed(64)},
        "15, as many weights": {**NARROW, **UNSHARED},
    },
    "mnist-hashed-long": {
        "1000, hashed by 64": {**WIDE, **hashed(64), **LONG},
        "15, as many weights": {**NARROW, **UNSHARED, **LONG},
    },
}


def rows(task, folder, seed):
    """Rows to train on and to test, labels likewise, and the shape of an image."""
    if task == "digits":
        return *data.split_digits(seed), (8, 8, 1)
    return *data.mnist(folder), (28, 28, 1)


def measure(split, seed, *, dtype=None, **parameters):
    """Accuracy, parameters, bytes of the file and seconds of one fit."""
    X, X_test, y, y_test, shape = split
    network = SharedWeightClassifier(input_shape=shape, random_state=seed, **parameters)
    start = time.perf_counter()
    network.fit(X, y)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.skopt"
        skopt_nn.save(network, file, dtype=dtype)
        loaded = skopt_nn.load(file)
        size = file.stat().st_size
    return loaded.score(X_test, y_test), network.n_parameters_, size, seconds


def main(arguments=None):
    options = script.parser("sharing", __doc__, SETTINGS).parse_args(arguments)
    header = ("task", "network", "accuracy", "least", "parameters", "bytes", "seconds")
    table = report.Table("Shared weights", header, note=f"{options.seeds} seeds.")
    print(f"Measured {report.machine()}.\n", flush=True)
    for task in options.only or SETTINGS:
        if task != "digits" and data.mnist_file(options.data) is None:
            print(f"{task}: left out. {data.HOW_TO_GET_MNIST}")
            continue
        runs = {name: [] for name in SETTINGS[task]}
        for seed in range(options.seeds):
            split = rows(task, options.data, seed)
            for name, setting in SETTINGS[task].items():
                runs[name].append(measure(split, seed, **setting))
                print(task, seed, name, runs[name][-1], flush=True)
        for name, found in runs.items():
            scores, sizes, n_bytes, seconds = map(np.array, zip(*found))
            score = (report.accuracy(scores.mean()), report.accuracy(scores.min()))
            size = (int(np.median(sizes)), int(np.median(n_bytes)))
            table.rows.append((task, name, *score, *size, np.median(seconds)))
    print(table.markdown())


if __name__ == "__main__":
    main()
