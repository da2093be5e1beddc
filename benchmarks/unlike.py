"""Fusions of members of unlike strength: ``python -m benchmarks.unlike``.

A network, a forest, boosted trees, naive Bayes (nearest neighbours for values) and a
linear model, each with its defaults, fitted once; a fifth of the training rows, which
no member sees, is what fusions learn on. Test rows have no part in any choice but that
of the best member, which every fusion is held against.
"""

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import data, learning, report, script, tables
from skopt_nn import CNNClassifier, make_parallel_fusion, make_stacked_fusion

TABLES = (*tables.FILES, "breast cancer")


def digits(folder, seed):
    """Rows of pixels, and their shape."""
    return data.split_digits(seed), (8, 8, 1)


def spoken(folder, seed):
    """Every other frame and every other band of log-mel images, which trees take."""
    X, X_test, y, y_test = learning.spoken_images(folder)
    X, X_test = (x[:, ::2, ::2].reshape(len(x), -1) for x in (X, X_test))
    return (X, X_test, y, y_test), (32, 20, 1)


def table(name):
    def read(folder, seed):
        return tables.split(*tables.read(name, folder), seed), None

    return read


TASKS = {"digits": digits, "spoken": spoken, **{name: table(name) for name in TABLES}}
SHIPPED = ("digits", "breast cancer")


def members(shape, of_labels, seed):
    """Unfitted members by name."""
    if shape is None:
        network, numbers = tables.ours(of_labels, seed), tables.numbers()
    else:
        network = CNNClassifier(input_shape=shape, random_state=seed)
        numbers = StandardScaler()
    if of_labels:
        forest = RandomForestClassifier(random_state=seed)
        others = {
            "naive Bayes": GaussianNB(),
            "linear": LogisticRegression(max_iter=1000),
        }
    else:
        forest = RandomForestRegressor(random_state=seed)
        others = {"neighbours": KNeighborsRegressor(), "linear": RidgeCV()}
    return {
        "network": network,
        "boosted trees": tables.trees(of_labels, seed),
        **{
            name: make_pipeline(numbers, other)
            for name, other in {"forest": forest, **others}.items()
        },
    }


def fusions(frozen):
    """Fusions, by name, of members that are fitted."""
    return {
        "equal weights": make_parallel_fusion(*frozen),
        "greedy weights": make_parallel_fusion(*frozen, weights="greedy"),
        "convex weights": make_parallel_fusion(*frozen, weights="convex"),
        "stacked": make_stacked_fusion(*frozen, cv="prefit"),
    }


def measure(task, folder, seed):
    """Score and loss by model; of members the best score, and the least loss."""
    (X, X_test, y, y_test), shape = TASKS[task](folder, seed)
    X, X_held, y, y_held = tables.split(X, y, seed, 0.2)
    alone = members(shape, tables.has_labels(y), seed)
    for member in alone.values():
        member.fit(X, y)
    frozen = [FrozenEstimator(member) for member in alone.values()]
    fused = fusions(frozen)
    for fusion in fused.values():
        fusion.fit(X_held, y_held)
    found = {
        name: (model.score(X_test, y_test), tables.loss_of(model, X_test, y_test))
        for name, model in {**alone, **fused}.items()
    }
    scores, losses = zip(*(found[name] for name in alone), strict=True)
    found["best members"] = max(scores), min(losses)
    return found


def main(arguments=None):
    options = script.parser("unlike", __doc__, TASKS).parse_args(arguments)
    note = (
        "Accuracy and log-loss, or R^2 and root mean squared error (of log(price) for "
        f"diamonds); means of {options.seeds} seeds."
    )
    header = ("task", "model", "score", "loss")
    found = report.Table("Fusions of unlike members", header, note=note)
    for task, runs in script.runs(options, TASKS, measure, SHIPPED):
        for name in runs[0]:
            score, loss = np.mean([run[name] for run in runs], axis=0)
            found.rows.append((task, name, f"{score:.4f}", f"{loss:.4f}"))
    print(found.markdown())


if __name__ == "__main__":
    main()
