"""Fusions of members of unlike strength: ``python -m benchmarks.unlike``.

A network, a forest, boosted trees, naive Bayes (nearest neighbours for values) and a
linear model, each with its defaults, fitted once; a fifth of the training rows, which
no member sees, is what fusions learn on. Test rows have no part in any choice but that
of the best member, which every fusion is held against.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from benchmarks import data, learning, report, tables
from skopt_nn import (
    CNNClassifier,
    TabularClassifier,
    TabularRegressor,
    make_parallel_fusion,
    make_stacked_fusion,
)

TABLES = ("churn", "credit", "lending", "diamonds", "deliveries", "breast cancer")


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
        X, y = tables.read(name, folder)
        stratify = y if y.nunique() < 20 else None
        split = train_test_split(
            X, y, test_size=0.25, stratify=stratify, random_state=seed
        )
        return split, None

    return read


TASKS = {"digits": digits, "spoken": spoken, **{name: table(name) for name in TABLES}}
SHIPPED = ("digits", "breast cancer")


def members(X, shape, is_classifier, seed):
    """Unfitted members by name."""
    if shape is not None:
        network, numbers = CNNClassifier(input_shape=shape), StandardScaler()
    else:
        network = TabularClassifier() if is_classifier else TabularRegressor()
        numbers = _columns(X)
    network.set_params(random_state=seed)
    if not is_classifier:
        return {
            "network": network,
            "forest": make_pipeline(numbers, RandomForestRegressor(random_state=seed)),
            "boosted trees": HistGradientBoostingRegressor(random_state=seed),
            "neighbours": make_pipeline(numbers, KNeighborsRegressor()),
            "linear": make_pipeline(numbers, RidgeCV()),
        }
    logistic = LogisticRegression(max_iter=1000)
    return {
        "network": network,
        "forest": make_pipeline(numbers, RandomForestClassifier(random_state=seed)),
        "boosted trees": HistGradientBoostingClassifier(random_state=seed),
        "naive Bayes": make_pipeline(numbers, GaussianNB()),
        "linear": make_pipeline(numbers, logistic),
    }


def _columns(X):
    """Numbers of any column, filled and scaled."""
    return make_pipeline(
        make_column_transformer(
            (
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                make_column_selector(dtype_include="category"),
            ),
            remainder=make_pipeline(SimpleImputer(), StandardScaler()),
        ),
        FunctionTransformer(np.asarray),
    )


def fusions(frozen):
    """Fusions, by name, of members that are fitted."""
    return {
        "equal weights": make_parallel_fusion(*frozen),
        "greedy weights": make_parallel_fusion(*frozen, weights="greedy"),
        "convex weights": make_parallel_fusion(*frozen, weights="convex"),
        "stacked": make_stacked_fusion(*frozen, cv="prefit"),
    }


def measure(task, folder, seed, most_rows=None):
    """Score and loss by model, and the name of the best member."""
    (X, X_test, y, y_test), shape = TASKS[task](folder, seed)
    X, y = X[:most_rows], y[:most_rows]
    is_classifier = len(np.unique(y)) < 20
    X, X_held, y, y_held = train_test_split(
        X,
        y,
        test_size=0.2,
        stratify=y if is_classifier else None,
        random_state=seed,
    )
    alone = members(X, shape, is_classifier, seed)
    for member in alone.values():
        member.fit(X, y)
    frozen = [FrozenEstimator(member) for member in alone.values()]
    fused = fusions(frozen)
    for fusion in fused.values():
        fusion.fit(X_held, y_held)
    found = {}
    for name, model in {**alone, **fused}.items():
        if is_classifier:
            loss = log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)
        else:
            loss = root_mean_squared_error(y_test, model.predict(X_test))
        found[name] = model.score(X_test, y_test), loss
    found["best member"] = max(found[name] for name in alone)
    found["least loss of a member"] = min((found[name] for name in alone), key=_loss)
    return found


def _loss(found):
    return found[1]


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.unlike", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=os.environ.get(data.VARIABLE))
    parser.add_argument("--only", action="append", choices=TASKS)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args(arguments)
    note = (
        "Accuracy and log-loss, or R^2 and root mean squared error (of log(price) for "
        f"diamonds); means of {options.seeds} seeds."
    )
    header = ("task", "model", "score", "loss")
    found = report.Table("Fusions of unlike members", header, note=note)
    print(f"Measured {report.machine()}.\n", flush=True)
    for task in options.only or TASKS:
        if task not in SHIPPED and options.data is None:
            print(f"{task}: left out. Give its folder by --data or {data.VARIABLE}.")
            continue
        runs = []
        for seed in range(options.seeds):
            runs.append(measure(task, options.data, seed))
            print(task, seed, runs[-1], flush=True)
        for name in runs[0]:
            score, loss = np.mean([run[name] for run in runs], axis=0)
            found.rows.append((task, name, f"{score:.4f}", f"{loss:.4f}"))
    print(found.markdown())


if __name__ == "__main__":
    main()
