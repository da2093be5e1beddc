"""Accuracy and size of the families and fusions on digits, and the cost of import."""

import subprocess
import sys
import time
from statistics import median

from benchmarks import data
from benchmarks.report import Table, accuracy, times
from benchmarks.workers import Worker

SHAPE = (8, 8, 1)
MEMBERS = ("CNNClassifier", "SharedWeightClassifier", "perceptron")
FUSIONS = ("parallel", "serial", "stacked")
STUDENTS = {
    "student (8, 16), 32": {"filters": (8, 16), "dense_units": (32,)},
    "student (16, 32)": {"filters": (16, 32), "dense_units": ()},
}


# -- in the worker ---------------------------------------------------------------


def default_cnn(seed, quick=False):
    """Mean accuracy of five shuffled folds, from raw and from scaled pixels."""
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    from skopt_nn import CNNClassifier

    X, y = data.digits()
    X, y = (X[:500], y[:500]) if quick else (X, y)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    cnn = CNNClassifier(input_shape=SHAPE, random_state=seed, **_epochs(quick))
    return {
        "raw": cross_val_score(cnn, X, y, cv=folds).mean(),
        "scaled": cross_val_score(cnn, X / 16, y, cv=folds).mean(),
    }


def shared(seed, quick=False, sharing="tied"):
    """Accuracy and size of the default network, its layers shared and not."""
    from skopt_nn import SharedWeightClassifier

    train, test, y_train, y_test = _split(seed, quick)
    result = {}
    for name, how in [("unshared", None), (sharing, sharing)]:
        net = SharedWeightClassifier(
            sharing=how, input_shape=SHAPE, random_state=seed, **_epochs(quick)
        )
        net.fit(train, y_train)
        result[name] = [net.score(test, y_test), net.n_parameters_]
    return result


def fused(seed, quick=False):
    """Accuracies of members and of their fusions."""
    from sklearn.frozen import FrozenEstimator

    import skopt_nn

    train, test, y_train, y_test = _split(seed, quick)
    members = make_members(seed, quick)
    result, fitted = {}, []
    for name, member in members.items():
        fitted.append(member.fit(train, y_train))
        result[name] = [member.score(test, y_test), member.n_parameters_]
    # Members are what refitting them on the same rows would give, to the bit.
    parallel = skopt_nn.make_parallel_fusion(*map(FrozenEstimator, fitted))
    parallel.fit(train, y_train)
    size = sum(member.n_parameters_ for member in fitted)
    result["parallel"] = [parallel.score(test, y_test), size]
    for name in ("serial", "stacked"):
        make = getattr(skopt_nn, f"make_{name}_fusion")
        fusion = make(*members.values()).fit(train, y_train)
        result[name] = [fusion.score(test, y_test), size]
    return result


def make_members(seed, quick=False):
    """A network of each kind."""
    from skopt_nn import CNNClassifier, SharedWeightClassifier

    common = {"input_shape": SHAPE, "random_state": seed, **_epochs(quick)}
    return {
        "CNNClassifier": CNNClassifier(**common),
        "SharedWeightClassifier": SharedWeightClassifier((16, 16), depth=2, **common),
        "perceptron": CNNClassifier((), **common),
    }


def distilled(seed, quick=False):
    """Accuracies of a teacher fusion and of one small network, alone and taught."""
    from sklearn.frozen import FrozenEstimator

    from skopt_nn import CNNClassifier, DistilledClassifier, make_parallel_fusion

    train, test, y_train, y_test = _split(seed, quick)
    members = [
        CNNClassifier(
            dropout=0.5, input_shape=SHAPE, random_state=10 * seed + i, **_epochs(quick)
        )
        for i in range(3)
    ]
    teacher = make_parallel_fusion(*members).fit(train, y_train)
    size = sum(member.n_parameters_ for member in teacher.estimators_)
    result = {"teacher": [teacher.score(test, y_test), size]}
    for name, shape in STUDENTS.items():
        student = CNNClassifier(
            **shape,
            input_shape=SHAPE,
            random_state=seed,
            epochs=3 if quick else 60,
        )
        taught = DistilledClassifier(FrozenEstimator(teacher), student)
        for model, what in [(student, "alone"), (taught, "taught")]:
            model.fit(train, y_train)
            score = model.score(test, y_test)
            result[f"{name}, {what}"] = [score, model.n_parameters_]
    return result


def _split(seed, quick):
    return data.split_digits(seed, n_train=300 if quick else None)


def _epochs(quick):
    return {"epochs": 3} if quick else {}


# -- in the parent ---------------------------------------------------------------


def run(options):
    """Tables of accuracies, sizes and the seconds of the import."""
    with Worker() as worker:
        yield _default_table(worker, options)
        yield _shared_table(worker, options)
        yield _fused_table(worker, options)
        yield _distilled_table(worker, options)
    yield _import_table(options)


def _each_seed(worker, function, options, n_seeds, **arguments):
    """Results of one function for each of some seeds."""
    results = []
    for seed in range(1 if options.quick else n_seeds):
        options.say(f"{function}, seed {seed}")
        results.append(
            worker.call(function, seed=seed, quick=options.quick, **arguments)
        )
    return results


def _mean(values):
    values = list(values)
    return sum(values) / len(values)


def _mean_row(name, results):
    return [
        name,
        accuracy(_mean(result[name][0] for result in results)),
        _mean(result[name][1] for result in results),
    ]


def _default_table(worker, options):
    results = _each_seed(worker, "quality:default_cnn", options, 3)
    rows = [
        [name, accuracy(_mean(result[key] for result in results))]
        for name, key in [("raw, 0 to 16", "raw"), ("divided by 16", "scaled")]
    ]
    return Table(
        "Default `CNNClassifier` on digits",
        ("pixels", "accuracy"),
        rows,
        f"Mean of five shuffled folds and {len(results)} seeds.",
    )


def _shared_table(worker, options):
    rows = []
    for sharing, n_seeds in [("tied", 5), ("similar", 3)][: 1 if options.quick else 2]:
        results = _each_seed(
            worker, "quality:shared", options, n_seeds, sharing=sharing
        )
        twin, shared = (_mean_row(name, results) for name in ("unshared", sharing))
        rows.append([f'`sharing="{sharing}"`', *shared[1:], *twin[1:]])
        rows[-1].append(times(twin[2] / shared[2]))
        rows[-1].append(f"{len(results)}")
    return Table(
        "Default `SharedWeightClassifier` against the same network unshared",
        (
            "network",
            "accuracy",
            "parameters",
            "unshared: accuracy",
            "parameters",
            "fewer",
            "seeds",
        ),
        rows,
        "Digits, 70 % for training, 30 % for testing, another split each seed. The "
        "unshared network has the same layers.",
    )


def _fused_table(worker, options):
    results = _each_seed(worker, "quality:fused", options, 5)
    best = max(MEMBERS, key=lambda name: _mean(r[name][0] for r in results))
    return Table(
        "Fusions against their members",
        ("model", "accuracy", "parameters", "against the best member"),
        [_against(name, best, results) for name in MEMBERS + FUSIONS],
        f"Digits, 70 to 30, mean of {len(results)} seeds; parameters of the members.",
    )


def _distilled_table(worker, options):
    results = _each_seed(worker, "quality:distilled", options, 5)
    rows = [[*_mean_row("teacher", results), None, None, None]]
    for name in STUDENTS:
        alone, taught = f"{name}, alone", f"{name}, taught"
        rows.append([*_mean_row(alone, results), *_to_teacher(alone, results), None])
        rows.append([*_mean_row(taught, results), *_to_teacher(taught, results)])
        rows[-1].append(_difference(taught, alone, results))
    return Table(
        "Distilled students against their teacher",
        ("model", "accuracy", "parameters", "fewer", "to the teacher", "to alone"),
        rows,
        "The teacher is a parallel fusion of three `CNNClassifier(dropout=0.5)`; "
        "`DistilledClassifier` with its defaults, students of 60 epochs; digits, "
        f"70 to 30, mean of {len(results)} seeds.",
    )


def _to_teacher(name, results):
    fewer = results[0]["teacher"][1] / results[0][name][1]
    return times(fewer), _difference(name, "teacher", results)


def _difference(name, other, results):
    difference = _mean(result[name][0] - result[other][0] for result in results)
    return f"{difference:+.4f}"


def _against(name, other, results):
    return [*_mean_row(name, results), _difference(name, other, results)]


def _import_table(options):
    names, seconds = ("skopt_nn", "sklearn.base"), {}
    for repeat in range(3 if options.quick else 15):
        for name in names:
            command = [sys.executable, "-c", f"import {name}"]
            start = time.perf_counter()
            subprocess.run(command, check=True)
            if repeat:
                seconds.setdefault(name, []).append(time.perf_counter() - start)
    ratios = [ours / base for ours, base in zip(*(seconds[name] for name in names))]
    rows = [[f"`import {name}`", 1000 * median(seconds[name])] for name in names]
    rows[0].append(times(median(ratios)))
    rows[1].append(None)
    return Table(
        "Import, whole process",
        ("process", "milliseconds", "against `sklearn.base`"),
        rows,
        "Medians of alternating runs.",
    )
