"""Training of the seed CNN: samples a second, and share of what the machine can do."""

import time
from statistics import median

import numpy as np

from benchmarks import data, peers
from benchmarks.contest import Contest
from benchmarks.report import Table, times
from benchmarks.workers import Worker

TRAINERS = (
    peers.OURS,
    peers.BUILT,
    "scikeras (jax)",
    "scikeras (tensorflow)",
    "scikeras (torch)",
    "keras (jax)",
    "keras (tensorflow)",
    "skorch",
    "torch",
)
QUICK = (peers.OURS, "torch")

_ready = {}


# -- in the worker ---------------------------------------------------------------


def prepare(peer, folder, n_rows, batch_size):
    """Load the rows, build the model and compile what there is to compile."""
    X, y, shape = images(folder, n_rows)
    n_rows -= n_rows % batch_size
    contender = peers.make(peer)
    task = peers.Task(shape, batch_size=batch_size)
    contender.start(task, X[: 4 * batch_size], y[: 4 * batch_size])
    contender.train(X[: 4 * batch_size], y[: 4 * batch_size])
    _ready["train"] = lambda: contender.train(X[:n_rows], y[:n_rows])
    return n_rows


def images(folder, n_rows):
    """Rows of MNIST where there is a folder of it, of digits otherwise."""
    if folder:
        X, _, y, _ = data.mnist(folder, n_rows, 1)
        return X, y, (28, 28, 1)
    X, y = data.digits()
    return np.resize(X / 16, (n_rows, 64)), np.resize(y, n_rows), (8, 8, 1)


def train(peer):
    """Seconds of one more epoch."""
    start = time.perf_counter()
    _ready["train"]()
    return time.perf_counter() - start


def matrix_product_rate(n_products=20):
    """GFLOP a second of 1024 x 1024 x 1024 matrix products in numpy, float32."""
    a, b = np.random.default_rng(0).random((2, 1024, 1024), dtype=np.float32)
    seconds = []
    for _ in range(n_products):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return 2 * 1024**3 / median(seconds) / 1e9


# -- in the parent ---------------------------------------------------------------


def run(options):
    """A table for each batch size."""
    for batch_size in (32,) if options.quick else (32, 128):
        yield _table(options, batch_size)


def _table(options, batch_size):
    names = peers.installed(*(QUICK if options.quick else TRAINERS))
    n_rounds = 2 if options.quick else 5
    arguments = {
        "folder": options.mnist,
        "n_rows": 2048 if options.quick else 8192,
        "batch_size": batch_size,
    }
    rates = []
    with Contest(options, names) as contest, Worker() as machine:
        n_rows = contest.ask("throughput:prepare", **arguments)
        seconds = {name: [] for name in n_rows}
        for repeat in range(n_rounds + 1):
            rates.append(machine.call("throughput:matrix_product_rate"))
            for name, second in contest.ask("throughput:train").items():
                if repeat:
                    seconds[name].append(second)
    speeds = {
        name: median(n_rows[name] / second for second in seconds[name])
        for name in contest.names
    }
    return _as_table(options, batch_size, speeds, median(rates), contest, n_rounds)


def _as_table(options, batch_size, speeds, rate, contest, n_rounds):
    shape = (28, 28, 1) if options.mnist else (8, 8, 1)
    flops = peers.training_flops(shape)
    best = best_peer(speeds)
    rows = [
        [
            name,
            speed,
            times(speed / speeds[best]),
            f"{speed * flops / 1e9 / rate:.0%}",
        ]
        for name, speed in speeds.items()
    ]
    header = ("", "samples/s", "against the best peer", "of the matrix product rate")
    return Table(
        f"Training, {'MNIST' if options.mnist else 'digits'}, batch {batch_size}",
        header,
        rows + contest.failed_rows(len(header)),
        f"One more epoch of a model that is compiled; medians of {n_rounds} rounds. "
        f"The machine multiplies matrices at {rate:.0f} GFLOP/s; one sample counts "
        f"{flops / 1e6:.1f} MFLOP, three forward passes.",
    )


def best_peer(speeds):
    """The fastest that is not ours; ours where there is nobody else."""
    others = [name for name in speeds if name not in (peers.OURS, peers.BUILT)]
    return max(others or speeds, key=speeds.get)
