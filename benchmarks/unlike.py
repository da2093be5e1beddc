"""Fusions of members of unlike strength: ``python -m benchmarks.unlike``.

A network, a forest, boosted trees, naive Bayes (nearest neighbours for values) and a
linear model, each with its defaults, in fusions with theirs: these learn from
out-of-fold outputs. Test rows have no part in any choice but that of the best member,
which every fusion is held against.
"""

from typing import ClassVar

import joblib
import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import accuracy_score, r2_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

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


class Once(MetaEstimatorMixin, BaseEstimator):
    """A member that is fitted once to the same rows, in however many fusions it is."""

    fitted: ClassVar = {}

    def __init__(self, member):
        self.member = member

    def fit(self, X, y):
        key = joblib.hash((self.member, X, np.asarray(y)))
        if key not in self.fitted:
            self.fitted[key] = clone(self.member).fit(X, y)
        self.fitted_ = self.fitted[key]
        return self

    def predict(self, X):
        return self.fitted_.predict(X)

    @available_if(lambda self: hasattr(self.member, "predict_proba"))
    def predict_proba(self, X):
        return self.fitted_.predict_proba(X)

    @property
    def classes_(self):
        return self.fitted_.classes_

    def __sklearn_tags__(self):
        return get_tags(self.member)


def fusions(members):
    """Fusions of these members, by name, each with its defaults."""
    two = members[:2]
    return {
        "equal weights": make_parallel_fusion(*members),
        "greedy weights": make_parallel_fusion(*members, weights="greedy"),
        "convex weights": make_parallel_fusion(*members, weights="convex"),
        "stacked": make_stacked_fusion(*members),
        "network and trees, equal": make_parallel_fusion(*two),
        "network and trees, convex": make_parallel_fusion(*two, weights="convex"),
        "network and trees, stacked": make_stacked_fusion(*two),
    }


def scored(model, X, y):
    """Accuracy, or R^2."""
    return (accuracy_score if is_classifier(model) else r2_score)(y, model.predict(X))


def judged(models, X, X_test, y, y_test):
    """Score and loss by model, each fitted here."""
    found = {}
    for name, model in models.items():
        model.fit(X, y)
        loss = tables.loss_of(model, X_test, y_test)
        found[name] = scored(model, X_test, y_test), loss
    return found


def measure(task, folder, seed):
    """Score and loss by model; of members the best score, and the least loss."""
    (X, X_test, y, y_test), shape = TASKS[task](folder, seed)
    # Codes, as fusions give them to their members.
    if tables.has_labels(y):
        labels = LabelEncoder().fit(y)
        y, y_test = labels.transform(y), labels.transform(y_test)
    alone = members(shape, tables.has_labels(y), seed)
    alone = {name: Once(member) for name, member in alone.items()}
    models = {**alone, **fusions([*alone.values()])}
    try:
        found = judged(models, X, X_test, y, y_test)
    finally:
        Once.fitted.clear()
    scores, losses = zip(*(found[name] for name in alone), strict=True)
    found["best members"] = max(scores), min(losses)
    return found


def means(title, runs_of_tasks, n_seeds):
    """The table of what `judged` gave, task by task."""
    note = (
        "Accuracy and log-loss, or R^2 and root mean squared error (of log(price) for "
        f"diamonds); means of {n_seeds} seeds."
    )
    found = report.Table(title, ("task", "model", "score", "loss"), note=note)
    for task, runs in runs_of_tasks:
        for name in runs[0]:
            score, loss = np.mean([run[name] for run in runs], axis=0)
            found.rows.append((task, name, f"{score:.4f}", f"{loss:.4f}"))
    return found


def main(arguments=None):
    options = script.parser("unlike", __doc__, TASKS).parse_args(arguments)
    runs = script.runs(options, TASKS, measure, SHIPPED)
    print(means("Fusions of unlike members", runs, options.seeds).markdown())


if __name__ == "__main__":
    main()
