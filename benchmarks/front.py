"""The table of the README: ``python -m benchmarks.front``.

Defaults of this package against what a user of scikit-learn would take instead, on data
that scikit-learn ships. The same rows for all, five splits, a quarter of the rows to
test on; all in one run.
"""

import io
import time

import joblib
import numpy as np
from sklearn import datasets
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import report
from skopt_nn import CNNClassifier, TabularClassifier, TabularRegressor

N_SPLITS = 5


def scaled(perceptron):
    return make_pipeline(StandardScaler(), perceptron)


CLASSIFIERS = {
    "`MLPClassifier`, scaled": lambda seed: scaled(MLPClassifier(random_state=seed)),
    "`HistGradientBoostingClassifier`": lambda seed: HistGradientBoostingClassifier(
        random_state=seed
    ),
    "`RandomForestClassifier`": lambda seed: RandomForestClassifier(random_state=seed),
}
REGRESSORS = {
    "`MLPRegressor`, scaled": lambda seed: scaled(MLPRegressor(random_state=seed)),
    "`HistGradientBoostingRegressor`": lambda seed: HistGradientBoostingRegressor(
        random_state=seed
    ),
    "`RandomForestRegressor`": lambda seed: RandomForestRegressor(random_state=seed),
}
TASKS = {
    "digits (images, accuracy)": (
        datasets.load_digits,
        {
            "`CNNClassifier(input_shape=(8, 8, 1))`": lambda seed: CNNClassifier(
                input_shape=(8, 8, 1), random_state=seed
            ),
            **CLASSIFIERS,
        },
    ),
    "breast cancer (table, accuracy)": (
        datasets.load_breast_cancer,
        {
            "`TabularClassifier()`": lambda seed: TabularClassifier(random_state=seed),
            **CLASSIFIERS,
        },
    ),
    "diabetes (table, R²)": (
        datasets.load_diabetes,
        {
            "`TabularRegressor()`": lambda seed: TabularRegressor(random_state=seed),
            **REGRESSORS,
        },
    ),
}


def measure(make, X, y, seed):
    """Score, seconds of the fit and bytes of the joblib file for one split."""
    stratify = y if len(np.unique(y)) < 20 else None
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.25, stratify=stratify, random_state=seed
    )
    model = make(seed)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    file = io.BytesIO()
    joblib.dump(model, file)
    return model.score(X_test, y_test), seconds, file.tell()


def main():
    header = ("data", "model", "score", "seconds to fit", "bytes")
    note = (
        f"Means of {N_SPLITS} splits; medians of seconds and bytes. The first fit of a "
        "network compiles it."
    )
    table = report.Table("Against scikit-learn's own", header, note=note)
    print(f"Measured {report.machine()}.\n", flush=True)
    for task, (load, contenders) in TASKS.items():
        X, y = load(return_X_y=True)
        runs = {name: [] for name in contenders}
        for seed in range(N_SPLITS):
            for name, make in contenders.items():
                runs[name].append(measure(make, X, y, seed))
        for name, found in runs.items():
            scores, seconds, sizes = map(np.array, zip(*found))
            row = (report.accuracy(scores.mean()), np.median(seconds))
            table.rows.append((task, name, *row, int(np.median(sizes))))
    print(table.markdown())


if __name__ == "__main__":
    main()
