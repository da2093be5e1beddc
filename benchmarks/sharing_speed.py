"""What shared weights cost in time: ``python -m benchmarks.sharing_speed``.

Networks of one architecture, unshared and shared, are fitted to 6,000 images of MNIST
(without its folder, to digits of scikit-learn) and asked for the probabilities of
10,000 rows, in turn and in one process. What is compiled is compiled before; what is
formed once a network is formed by a first question, and the second one is timed. Times
are medians, ratios those of the unshared twin's time to theirs: above 1 is faster.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from benchmarks import data, report
from benchmarks.sharing import CNN, DEEP, RECURSIVE, UNSHARED, clustered
from skopt_nn import SharedWeightClassifier

SETTINGS = {
    "three kernels": {
        "unshared": {**CNN, **UNSHARED},
        "clustered, 16 values": {**CNN, **clustered(16)},
        "clustered, 2 values": {**CNN, **clustered(2)},
    },
    "five kernels of one shape": {
        **RECURSIVE,
        "clustered, 16 values": {**DEEP, **clustered(16)},
    },
}
N_ROWS = 10_000


def images(folder):
    """Rows of pixels, labels, and the shape of an image."""
    if data.mnist_file(folder) is None:
        X, _, y, _ = data.split_digits(0)
        return X, y, (8, 8, 1)
    X, _, y, _ = data.mnist(folder, n_train=6_000)
    return X, y, (28, 28, 1)


def measure(split, settings, n_rounds, epochs):
    """Median seconds of a fit and of ``predict_proba``, by setting."""
    X, y, shape = split
    rows = np.resize(X, (N_ROWS, X.shape[1]))
    makes = {
        name: SharedWeightClassifier(
            input_shape=shape, epochs=epochs, random_state=0, **setting
        )
        for name, setting in settings.items()
    }
    seconds = {name: [] for name in settings}
    for _ in range(1 + n_rounds):
        for name, network in makes.items():
            times = [time.perf_counter()]
            network.fit(X, y)
            times.append(time.perf_counter())
            network.predict_proba(rows[:1])
            times.append(time.perf_counter())
            network.predict_proba(rows)
            times.append(time.perf_counter())
            seconds[name].append(np.diff(times))
    # A fit, and the second question.
    return {name: np.median(of[1:], axis=0)[[0, 2]] for name, of in seconds.items()}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sharing_speed", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=os.environ.get(data.VARIABLE))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args(arguments)
    header = ("networks", "sharing", "seconds a fit", "ratio", "ms, 10,000 rows")
    note = f"Medians of {options.rounds} in turn; fits of {options.epochs} epochs."
    table = report.Table("The time of sharing", (*header, "ratio "), note=note)
    print(f"Measured {report.machine()}.\n", flush=True)
    split = images(options.data)
    for networks, settings in SETTINGS.items():
        found = measure(split, settings, options.rounds, options.epochs)
        for name, (fit, ask) in found.items():
            plain = found["unshared"] / (fit, ask)
            ratios = [report.times(ratio) for ratio in plain]
            row = f"{fit:.2f}", ratios[0], 1000 * ask, ratios[1]
            table.rows.append((networks, name, *row))
    print(table.markdown())


if __name__ == "__main__":
    main()
