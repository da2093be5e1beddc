"""Memory and time of many fits of clones in one process."""

import os
import time
from pathlib import Path
from statistics import median

from benchmarks import peers
from benchmarks.contest import Contest
from benchmarks.report import Table
from benchmarks.throughput import images

WARM_UP = 20


# -- in the worker ---------------------------------------------------------------


def fits(peer, n_fits, n_rows=256):
    """Resident megabytes and seconds, fit by fit."""
    from sklearn.base import clone

    X, y, shape = images(None, n_rows)
    contender = peers.make(peer)
    task = peers.Task(shape, epochs=2)
    estimator = contender.estimator(task)
    megabytes, seconds = [], []
    for _ in range(n_fits):
        start = time.perf_counter()
        clone(estimator).fit(X, y, **contender.fit_arguments(task)).predict(X[:10])
        seconds.append(time.perf_counter() - start)
        megabytes.append(resident_megabytes())
    return {"megabytes": megabytes, "seconds": seconds}


def resident_megabytes():
    """Resident memory of this process; Linux tells it in pages."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# -- in the parent ---------------------------------------------------------------


def run(options):
    """One table: what a fit leaves behind, and whether fits slow down."""
    n_fits = dict.fromkeys((peers.OURS, peers.BUILT, "skorch"), 200)
    n_fits["scikeras (jax)"] = 40
    rows, failures = [], []
    for name in peers.installed(*([peers.OURS] if options.quick else n_fits)):
        contest = Contest(options, [name], fresh=True)
        n = 30 if options.quick else n_fits[name]
        answers = contest.ask("memory:fits", n_fits=n)
        rows += [_row(name, **answer) for answer in answers.values()]
        failures += contest.failed_rows(6)
    yield Table(
        "Many fits of clones in one process",
        (
            "",
            "fits",
            "MB after the 20th",
            "MB more after the last",
            "ms a fit, early",
            "ms a fit, late",
        ),
        rows + failures,
        "256 digits, 2 epochs, predict of ten rows; early: the median of fits 11 to "
        "30, late: of the last 20.",
    )


def _row(name, megabytes, seconds):
    return [
        name,
        len(seconds),
        megabytes[WARM_UP - 1],
        f"{megabytes[-1] - megabytes[WARM_UP - 1]:+.1f}",
        1000 * median(seconds[10:30]),
        1000 * median(seconds[-20:]),
    ]
