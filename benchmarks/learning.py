"""What networks learn with their defaults: ``python -m benchmarks.learning``.

Images, spoken digits and outlines of leaves, each with its official split; digits of
scikit-learn in five shuffled folds. Every figure is of the last epoch; test rows have
no part in any choice.
"""

import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from benchmarks import report, script
from skopt_nn import CNNClassifier


def _split(folder, file):
    with np.load(folder / f"{file}.npz") as arrays:
        names = ("x_train", "x_test", "y_train", "y_test")
        return [arrays[name] for name in names]


def mnist(folder):
    X, X_test, y, y_test = _split(folder, "mnist")
    return X[..., None], X_test[..., None], y, y_test


def cifar10(folder):
    return _split(folder, "cifar10_small")


def spoken_images(folder):
    X, X_test, y, y_test = _split(folder, "fsdd_logmel")
    return X[..., None].astype("f4"), X_test[..., None].astype("f4"), y, y_test


def spoken_series(folder):
    X, X_test, y, y_test = _split(folder, "fsdd_logmel")
    return X.astype("f4"), X_test.astype("f4"), y, y_test


def spoken_waves(folder):
    X, X_test, y, y_test = _split(folder, "fsdd_wave")
    return X[..., None], X_test[..., None], y, y_test


def leaves(folder):
    return _split(folder, "osuleaf")


TASKS = {
    "mnist": mnist,
    "cifar10": cifar10,
    "spoken-images": spoken_images,
    "spoken-series": spoken_series,
    "spoken-waves": spoken_waves,
    "leaves": leaves,
}


def folds(seed):
    """Digits of scikit-learn, as images, in five shuffled folds."""
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8, 1)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y):
        yield X[train], X[test], y[train], y[test]


def measure(rows, seed, parameters):
    """Score, seconds, parameters and epochs of one fit."""
    X, X_test, y, y_test = rows
    start = time.perf_counter()
    cnn = CNNClassifier(random_state=seed, **parameters).fit(X, y)
    seconds = time.perf_counter() - start
    return cnn.score(X_test, y_test), seconds, cnn.n_parameters_, cnn.n_iter_


def main(arguments=None):
    tasks = [*TASKS, "digits"]
    parser = script.parser("learning", __doc__, tasks)
    parser.add_argument(
        "--set",
        default="",
        metavar="NAME=VALUE,...",
        help="parameters other than the defaults, as arguments of a call",
    )
    options = parser.parse_args(arguments)
    parameters = eval(f"dict({options.set})")
    header = ("task", "accuracy", "least", "seconds", "parameters", "epochs")
    table = report.Table("Defaults", header, note=f"{options.seeds} seeds.")

    def measure_all(name, folder, seed):
        splits = folds(seed) if name == "digits" else [TASKS[name](folder)]
        return [measure(rows, seed, parameters) for rows in splits]

    for name, found in script.runs(options, tasks, measure_all, shipped=["digits"]):
        runs = [run for of_seed in found for run in of_seed]
        scores, seconds, sizes, epochs = map(np.array, zip(*runs))
        row = (report.accuracy(scores.mean()), report.accuracy(scores.min()))
        table.rows.append((name, *row, np.median(seconds), sizes[0], epochs[0]))
    print(table.markdown())


if __name__ == "__main__":
    main()
