"""Students beside themselves alone: ``python -m benchmarks.students --data FOLDER``.

The teacher is a fusion of three default estimators that differ in their seeds, frozen;
the student is the one that ``DistilledClassifier`` takes by default. It learns with the
defaults of ``DistilledClassifier``, and alone with its own. Test rows have no part in
any choice.
"""

import time

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from benchmarks import data, learning, report, script, tables
from skopt_nn import (
    CNNClassifier,
    DistilledClassifier,
    TabularClassifier,
    make_parallel_fusion,
)

SMALL_MNIST = 2_000


def digits(folder, seed):
    X, X_test, y, y_test = data.split_digits(seed)
    return X.reshape(-1, 8, 8, 1), X_test.reshape(-1, 8, 8, 1), y, y_test


def images(folder, seed):
    """So many images of MNIST, another draw for each seed; all test images."""
    X, X_test, y, y_test = learning.mnist(folder)
    X, _, y, _ = train_test_split(
        X, y, train_size=SMALL_MNIST, stratify=y, random_state=seed
    )
    return X, X_test, y, y_test


def spoken(folder, seed):
    return learning.spoken_images(folder)


def cifar10(folder, seed):
    return learning.cifar10(folder)


def table(name):
    def read(folder, seed):
        return tables.split(*tables.read(name, folder), seed)

    return read


TASKS = {
    "digits": digits,
    "images": images,
    "spoken": spoken,
    "cifar10": cifar10,
    "churn": table("churn"),
    "credit": table("credit"),
    "breast cancer": table("breast cancer"),
    "wine": table("wine"),
}
SHIPPED = ("digits", "breast cancer", "wine")


def fusion(kind, seed):
    """Three default estimators that differ in their seeds."""
    return make_parallel_fusion(*(kind(random_state=10 * seed + i) for i in range(3)))


def measure(task, folder, seed):
    """Scores of teacher, student alone and taught; sizes and seconds."""
    X, X_test, y, y_test = TASKS[task](folder, seed)
    kind = CNNClassifier if np.ndim(X) > 2 else TabularClassifier
    teacher = fusion(kind, seed).fit(X, y)
    n_parameters = sum(member.n_parameters_ for member in teacher.estimators_)
    distilled = DistilledClassifier(FrozenEstimator(teacher), random_state=seed)
    start = time.perf_counter()
    distilled.fit(X, y)
    taught_seconds = time.perf_counter() - start
    alone = clone(distilled.student_)
    start = time.perf_counter()
    alone.fit(X, y)
    alone_seconds = time.perf_counter() - start
    return (
        teacher.score(X_test, y_test),
        alone.score(X_test, y_test),
        distilled.score(X_test, y_test),
        distilled.student_.n_parameters_ / n_parameters,
        taught_seconds / alone_seconds,
    )


def main(arguments=None):
    options = script.parser("students", __doc__, TASKS).parse_args(arguments)
    header = (
        *("task", "teacher", "alone", "taught", "taught - alone"),
        *("least difference", "share of the gap", "parameters / teacher's"),
    )
    note = f"Accuracy, means of {options.seeds} seeds."
    found = report.Table("Students", header, note=note)
    for task, runs in script.runs(options, TASKS, measure, SHIPPED):
        teacher, alone, taught, share, _ = np.transpose(runs)
        gained, gap = (taught - alone).mean(), (teacher - alone).mean()
        scores = [report.accuracy(of.mean()) for of in (teacher, alone, taught)]
        differences = f"{gained:+.4f}", f"{(taught - alone).min():+.4f}"
        closed = f"{gained / gap:.2f}" if gap > 0 else None
        found.rows.append((task, *scores, *differences, closed, f"{share[0]:.3f}"))
    print(found.markdown())


if __name__ == "__main__":
    main()
