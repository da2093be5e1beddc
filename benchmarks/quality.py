"""Accuracy and size of networks and their fusions on digits, and the cost of import."""

import subprocess
import sys
import time
from statistics import mean, median

from benchmarks import data
from benchmarks.report import Table, accuracy, times
from benchmarks.workers import Worker

SHAPE = (8, 8, 1)
MEMBERS = ("CNNClassifier", "SharedWeightClassifier", "perceptron")
FUSIONS = ("parallel", "serial", "stacked")


# -- in the worker ---------------------------------------------------------------


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
        "SharedWeightClassifier": SharedWeightClassifier(**common),
        "perceptron": CNNClassifier((), **common),
    }


def _split(seed, quick):
    return data.split_digits(seed, n_train=300 if quick else None)


def _epochs(quick):
    return {"epochs": 3} if quick else {}


# -- in the parent ---------------------------------------------------------------


def run(options):
    """Tables of accuracies, sizes and the seconds of the import."""
    with Worker() as worker:
        yield _fused_table(worker, options)
    yield _import_table(options)


def _fused_table(worker, options):
    results = []
    for seed in range(1 if options.quick else 5):
        options.say(f"quality:fused, seed {seed}")
        results.append(worker.call("quality:fused", seed=seed, quick=options.quick))
    best = max(MEMBERS, key=lambda name: mean(r[name][0] for r in results))
    return Table(
        "Fusions against their members",
        ("model", "accuracy", "parameters", "against the best member"),
        [_against(name, best, results) for name in MEMBERS + FUSIONS],
        f"Digits, 70 to 30, mean of {len(results)} seeds; parameters of the members.",
    )


def _against(name, other, results):
    difference = mean(result[name][0] - result[other][0] for result in results)
    size = mean(result[name][1] for result in results)
    score = mean(result[name][0] for result in results)
    return [name, accuracy(score), size, f"{difference:+.4f}"]


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
