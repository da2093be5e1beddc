"""Set-ups of the field, distilled: ``python -m benchmarks.teaching --data FOLDER``.

MNIST with its official split: a fusion of three networks and a student of 10,000
parameters; the perceptrons of Hinton, Vinyals and Dean (2015); the networks of Keras'
published example; a tenth of the labels. Boosted trees and a small student on tables.
Test rows have no part in any choice.
"""

import pickle

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from benchmarks import learning, report, script, students, tables
from skopt_nn import (
    CNNClassifier,
    DistilledClassifier,
    DistilledRegressor,
    KerasClassifier,
)

UNLABELLED = -1


def scores(teacher, student, rows, seed):
    """Of the fitted teacher, of the student alone, and of the student taught.

    Without a student, that of ``DistilledClassifier`` or ``DistilledRegressor``; beside
    the scores, how many bytes the teacher has for one of the student.
    """
    X, X_test, y, y_test = rows
    distill = DistilledClassifier if is_classifier(teacher) else DistilledRegressor
    distilled = distill(FrozenEstimator(teacher), student, random_state=seed).fit(X, y)
    known = y != UNLABELLED
    alone = clone(distilled.student_ if student is None else student)
    sizes = [len(pickle.dumps(model)) for model in (teacher, distilled.student_)]
    return {
        "teacher": teacher.score(X_test, y_test),
        "alone": alone.fit(X[known], y[known]).score(X_test, y_test),
        "taught": distilled.score(X_test, y_test),
        "times smaller": sizes[0] / sizes[1],
    }


def small_student(folder, seed):
    """A fusion of three default networks, and a network of 9,753 parameters."""
    rows = learning.mnist(folder)
    teacher = students.fusion(CNNClassifier, seed).fit(rows[0], rows[2])
    student = CNNClassifier((8, 18, 33), epochs=20, random_state=seed)
    return scores(teacher, student, rows, seed)


def hinton(folder, seed):
    """Perceptrons of 1200-1200, with dropout and shifts, and of 800-800, with neither.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean. "Distilling the Knowledge in a Neural Network".
    2015. arXiv:1503.02531 (section 3).
    """
    rows = learning.mnist(folder)
    perceptron = CNNClassifier((), normalization=None, random_state=seed)
    teacher = clone(perceptron).set_params(
        dense_units=(1200, 1200),
        dropout=0.5,
        augmentation={"shift": 2},
        epochs=60,
        learning_rate=0.001,
    )
    student = clone(perceptron).set_params(
        dense_units=(800, 800),
        dropout=0.0,
        weight_decay=0.0,
        augmentation=None,
        epochs=20,
        learning_rate=0.001,
    )
    teacher.fit(rows[0], rows[2])
    return scores(teacher, student, rows, seed)


def two_convolutions(n_filters):
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(n_filters, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.MaxPooling2D(2, strides=1, padding="same"),
            layers.Conv2D(2 * n_filters, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def keras_example(folder, seed):
    """The two networks of Keras' guide to distillation, five and three epochs long."""

    def model(n_filters, epochs):
        return KerasClassifier(
            two_convolutions,
            n_filters=n_filters,
            loss="sparse_categorical_crossentropy",
            optimizer="adam",
            epochs=epochs,
            batch_size=64,
            random_state=seed,
            verbose=0,
        )

    rows = learning.mnist(folder)
    return scores(model(256, 5).fit(rows[0], rows[2]), model(16, 3), rows, seed)


def few_labels(folder, seed):
    """A tenth of the labels: the teacher sees that part, the student all rows."""
    X, X_test, y, y_test = learning.mnist(folder)
    known, _ = train_test_split(
        np.arange(len(y)), train_size=0.1, stratify=y, random_state=seed
    )
    teacher = students.fusion(CNNClassifier, seed).fit(X[known], y[known])
    marked = np.full(len(y), UNLABELLED)
    marked[known] = y[known]
    student = CNNClassifier((8, 16, 32), random_state=seed)
    return scores(teacher, student, (X, X_test, marked, y_test), seed)


def trees(name):
    """Default boosted trees, and the student that a table gets by default."""

    def measured(folder, seed):
        rows = tables.split(*tables.read(name, folder), seed)
        X, _, y, _ = rows
        teacher = tables.trees(tables.has_labels(y), seed).fit(X, y)
        return scores(teacher, None, rows, seed)

    return measured


TASKS = {
    "small student": small_student,
    "hinton": hinton,
    "keras": keras_example,
    "few labels": few_labels,
    **{f"trees, {name}": trees(name) for name in tables.FILES},
}


def measure(task, folder, seed):
    return TASKS[task](folder, seed)


def main(arguments=None):
    options = script.parser("teaching", __doc__, TASKS).parse_args(arguments)
    header = ("set-up", "teacher", "alone", "taught", "least taught - alone")
    note = f"Accuracy or R^2, means of {options.seeds} seeds."
    found = report.Table("Set-ups of the field", header, note=note)
    for task, runs in script.runs(options, TASKS, measure):
        means = [
            report.accuracy(np.mean([run[name] for run in runs]))
            for name in ("teacher", "alone", "taught")
        ]
        least = min(run["taught"] - run["alone"] for run in runs)
        found.rows.append((task, *means, f"{least:+.4f}"))
    print(found.markdown())


if __name__ == "__main__":
    main()
