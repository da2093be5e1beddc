"""What fusions of networks gain and cost: ``python -m benchmarks.fusions``.

Five default networks that differ in their seeds, their equal and learned sums, and a
cascade of a small network, one of the five and all of them. A tenth of the training
rows, which no network sees, is what weights and thresholds are learned on. Times are of
``predict_proba`` of 10,000 rows, medians in alternation.
"""

import time

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks import learning, report, script, students
from skopt_nn import CNNClassifier, make_cascade, make_parallel_fusion

N_ROWS, N_REPEATS = 10_000, 5
# Of the members of the cascade, about as their times are to each other.
WEIGHTS = (1, 2, 10)


def mnist(folder, seed):
    return learning.mnist(folder)


TASKS = {"digits": students.digits, "spoken": students.spoken, "mnist": mnist}


def measure(task, folder, seed):
    """Accuracy, log-loss and milliseconds of 10,000 rows, by model."""
    X, X_test, y, y_test = TASKS[task](folder, seed)
    X, X_held, y, y_held = train_test_split(
        X, y, test_size=0.1, stratify=y, random_state=seed
    )
    members = [
        FrozenEstimator(CNNClassifier(random_state=10 * seed + i).fit(X, y))
        for i in range(5)
    ]
    small = FrozenEstimator(CNNClassifier((8, 14, 18), random_state=seed).fit(X, y))
    equal = make_parallel_fusion(*members).fit(X_held, y_held)
    models = {
        **{f"member {i}": member for i, member in enumerate(members)},
        "small network": small,
        "equal weights": equal,
        "convex weights": make_parallel_fusion(*members, weights="convex").fit(
            X_held, y_held
        ),
        "cascade": make_cascade(
            small, members[0], FrozenEstimator(equal), weights=WEIGHTS, cv="prefit"
        ).fit(X_held, y_held),
    }
    rows = np.resize(np.arange(len(X_test)), N_ROWS)
    times = timed(models, X_test[rows])
    found = {}
    for name, model in models.items():
        proba = model.predict_proba(X_test)
        right = np.mean(model.classes_[proba.argmax(axis=1)] == y_test)
        found[name] = right, log_loss(y_test, proba), times[name]
    best = max(members, key=lambda member: member.score(X_test, y_test))
    found["best member, by the test rows"] = found[f"member {members.index(best)}"]
    return found


def timed(models, X):
    seconds = {name: [] for name in models}
    for _ in range(1 + N_REPEATS):
        for name, model in models.items():
            start = time.perf_counter()
            model.predict_proba(X)
            seconds[name].append(time.perf_counter() - start)
    return {name: 1000 * np.median(of[1:]) for name, of in seconds.items()}


def main(arguments=None):
    options = script.parser("fusions", __doc__, TASKS).parse_args(arguments)
    header = ("task", "model", "accuracy", "log-loss", "ms, 10,000 rows", "one member")
    note = f"Means of {options.seeds} seeds; times against the median of the members."
    table = report.Table("Fusions of networks", header, note=note)
    for task, runs in script.runs(options, TASKS, measure, ["digits"]):
        means = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
        alone = [of for name, of in means.items() if name.startswith("member ")]
        one = np.median([of[2] for of in alone])
        means["mean member"] = np.mean(alone, axis=0)
        for name, (right, loss, ms) in means.items():
            if not name.startswith("member "):
                row = report.accuracy(right), f"{loss:.4f}", ms, report.times(ms / one)
                table.rows.append((task, name, *row))
    print(table.markdown())


if __name__ == "__main__":
    main()
