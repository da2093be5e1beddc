"""Serial fusions against their best member: ``python -m benchmarks.serial``.

Images go through a perceptron and a network of convolutions, tables through boosted
trees and `TabularClassifier` or `TabularRegressor`: who starts from the scores of
others comes last. All have their defaults. The best member is the one with the best
mean over the seeds; test rows have no part in any other choice.
"""

import numpy as np
from sklearn.base import clone

from benchmarks import script, students, tables
from benchmarks.unlike import judged, means
from skopt_nn import CNNClassifier, make_serial_fusion

NUMBERS = ("deliveries", "diabetes")
TASKS = {
    "digits": students.digits,
    "images": students.images,
    "spoken": students.spoken,
    **{name: students.table(name) for name in ("churn", "credit", "lending")},
    **{name: students.table(name) for name in ("breast cancer", "wine", *NUMBERS)},
}
SHIPPED = ("digits", "breast cancer", "wine", "diabetes")


def members(X, y, seed):
    if np.ndim(X) > 2:
        return {
            "perceptron": CNNClassifier((), dense_units=(100,), random_state=seed),
            "network": CNNClassifier(random_state=seed),
        }
    of_labels = tables.has_labels(y)
    return {
        "boosted trees": tables.trees(of_labels, seed),
        "network": tables.ours(of_labels, seed),
    }


def measure(task, folder, seed):
    """Score and loss, by model."""
    X, X_test, y, y_test = TASKS[task](folder, seed)
    alone = members(X, y, seed)
    models = {name: clone(member) for name, member in alone.items()}
    models["serial"] = make_serial_fusion(*alone.values(), random_state=seed)
    if task not in NUMBERS:
        models["serial, SAMME"] = make_serial_fusion(
            *alone.values(), method="samme", random_state=seed
        )
    return judged(models, X, X_test, y, y_test)


def main(arguments=None):
    options = script.parser("serial", __doc__, TASKS).parse_args(arguments)
    runs = script.runs(options, TASKS, measure, SHIPPED)
    print(means("Serial fusions", runs, options.seeds).markdown())


if __name__ == "__main__":
    main()
