"""Ways to teach, held against each other: ``python -m benchmarks.methods``.

One frozen teacher a seed, a fusion of three default networks, and its default student,
which learns alone and by each method, all else as `DistilledClassifier` does it by
default. Test rows have no part in any choice.
"""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from benchmarks import report, script, students, tables
from benchmarks.unlike import scored
from skopt_nn import CNNClassifier, DistilledClassifier


def spoken(folder, seed):
    """Every other frame and every other band of log-mel images."""
    X, X_test, y, y_test = students.spoken(folder, seed)
    return X[:, ::2, ::2], X_test[:, ::2, ::2], y, y_test


# Of at least three classes, which "decoupled" needs.
TASKS = {"digits": students.digits, "images": students.images, "spoken": spoken}
WAYS = {
    '`"soft"`': {},
    '`"logits"`': {"method": "logits"},
    '`"decoupled"`': {"method": "decoupled"},
    '`"soft"`, two generations': {"n_generations": 2},
}


def measure(task, folder, seed):
    """Accuracy and log-loss of the teacher, the student alone and those taught."""
    X, X_test, y, y_test = TASKS[task](folder, seed)
    teacher = FrozenEstimator(students.fusion(CNNClassifier, seed).fit(X, y))
    models = {"teacher": teacher}
    for name, way in WAYS.items():
        models[name] = DistilledClassifier(teacher, random_state=seed, **way).fit(X, y)
    models["alone"] = clone(models['`"soft"`'].student_).fit(X, y)
    return {
        name: (scored(model, X_test, y_test), tables.loss_of(model, X_test, y_test))
        for name, model in models.items()
    }


def main(arguments=None):
    options = script.parser("methods", __doc__, TASKS).parse_args(arguments)
    header = ("task", "taught by", "accuracy", "- alone", "standard error", "log-loss")
    note = f"Means of {options.seeds} seeds; the error is that of the difference."
    table = report.Table("Ways to teach", header, note=note)
    for task, runs in script.runs(options, TASKS, measure, ["digits"]):
        found = {name: np.array([run[name] for run in runs]) for name in runs[0]}
        for name, of in found.items():
            score, loss = of.mean(axis=0)
            gained = of[:, 0] - found["alone"][:, 0]
            error = gained.std(ddof=1) / np.sqrt(len(gained)) if len(gained) > 1 else 0
            differences = f"{gained.mean():+.4f}", f"{error:.4f}"
            row = report.accuracy(score), *differences, f"{loss:.4f}"
            table.rows.append((task, name, *row))
    print(table.markdown())


if __name__ == "__main__":
    main()
