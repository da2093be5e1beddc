"""What being taught costs in time: ``python -m benchmarks.teaching_speed``.

A student that `DistilledClassifier` takes by default is taught by naive Bayes, which
answers at once, and learns as many rows for as many epochs from labels alone, in turn
and in one process; what is compiled is compiled before. So the ratio has what queries,
soft targets and the comparison at the end cost beside the training.
"""

import time

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import GaussianNB

from benchmarks import data, report, script, students
from skopt_nn import CNNClassifier, DistilledClassifier, TabularClassifier

N_ROUNDS = 5


def images(X, y, shape, filters):
    student = CNNClassifier(filters, dense_units=(), input_shape=shape, random_state=0)
    return X, y, student


def digits(folder, seed):
    X, _, y, _ = data.split_digits(seed)
    return images(X, y, (8, 8, 1), (16, 32))


def mnist(folder, seed):
    X, _, y, _ = data.mnist(folder, n_train=6_000)
    return images(X, y, (28, 28, 1), (8, 16, 32))


def table(name):
    def read(folder, seed):
        X, _, y, _ = students.TASKS[name](folder, seed)
        small = {"dense_units": (32, 32), "n_members": 8, "n_bins": 16}
        return X, y, TabularClassifier(**small, embedding_dim=4, random_state=0)

    return read


TASKS = {"digits": digits, "mnist": mnist, "breast cancer": table("breast cancer")}


def measure(task, folder, seed):
    """Rows of X, rows with queries, epochs, and the seconds of both ways, medians."""
    X, y, student = TASKS[task](folder, seed)
    X, y = map(np.asarray, (X, y))
    teacher = FrozenEstimator(GaussianNB(var_smoothing=0.01).fit(X, y))
    distilled = DistilledClassifier(
        teacher, student, queries=9 * len(X), random_state=0
    )
    epochs = distilled.fit(X, y).n_iter_
    rows = np.resize(np.arange(len(X)), 10 * len(X))
    alone = clone(student).set_params(epochs=epochs)
    seconds = []
    for _ in range(1 + N_ROUNDS):
        times = [time.perf_counter()]
        distilled.fit(X, y)
        times.append(time.perf_counter())
        alone.fit(X[rows], y[rows])
        times.append(time.perf_counter())
        seconds.append(np.diff(times))
    return len(X), len(rows), epochs, *np.median(seconds[1:], axis=0)


def main(arguments=None):
    options = script.parser("teaching_speed", __doc__, TASKS).parse_args(arguments)
    options.seeds = 1
    header = ("task", "rows", "with queries", "epochs", "taught", "as many rows")
    note = f"Seconds, medians of {N_ROUNDS} in turn."
    found = report.Table("The time of being taught", (*header, "ratio"), note=note)
    shipped = ("digits", "breast cancer")
    for task, runs in script.runs(options, TASKS, measure, shipped):
        *sizes, taught, alone = runs[0]
        found.rows.append((task, *sizes, taught, alone, report.times(taught / alone)))
    print(found.markdown())


if __name__ == "__main__":
    main()
