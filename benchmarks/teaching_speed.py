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
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks import learning, report, script, students
from skopt_nn import DistilledClassifier

N_ROUNDS = 5


def mnist(folder, seed):
    return (part[:6_000] for part in learning.mnist(folder))


TASKS = {
    "digits": students.digits,
    "mnist": mnist,
    "breast cancer": students.TASKS["breast cancer"],
}


def flat(X):
    return X.reshape(len(X), -1)


def measure(task, folder, seed):
    """Rows of X, rows with queries, epochs, and the seconds of both ways, medians."""
    X, _, y, _ = map(np.asarray, TASKS[task](folder, seed))
    bayes = make_pipeline(FunctionTransformer(flat), GaussianNB(var_smoothing=0.01))
    teacher = FrozenEstimator(bayes.fit(X, y))
    distilled = DistilledClassifier(teacher, queries=9 * len(X), random_state=0)
    epochs = distilled.fit(X, y).n_iter_
    rows = np.resize(np.arange(len(X)), 10 * len(X))
    alone = clone(distilled.student_).set_params(epochs=epochs)
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
