"""``predict_proba`` for many rows, for one, and for ever other numbers of them."""

import time
from statistics import median

from benchmarks import peers
from benchmarks.contest import Contest
from benchmarks.report import Table, times
from benchmarks.throughput import images

PREDICTORS = (
    peers.OURS,
    peers.BUILT,
    "scikeras (jax)",
    "scikeras (tensorflow)",
    "scikeras (torch)",
    "keras.wrappers (jax)",
    "keras (jax)",
    "keras (tensorflow)",
    "skorch",
    "torch",
)
QUICK = (peers.OURS, "skorch")
# No estimators: they check nothing, and are shown only to tell what that costs.
BARE = ("keras (jax)", "keras (tensorflow)", "torch")

_ready = {}


# -- in the worker ---------------------------------------------------------------


def prepare(peer, folder, n_rows):
    """Train a little and compile what there is to compile."""
    X, y, shape = images(folder, n_rows)
    contender = peers.make(peer)
    contender.start(peers.Task(shape), X[:256], y[:256])
    for rows in (X, X[:1]):
        contender.probabilities(rows)
    _ready["many"] = lambda: contender.probabilities(X)
    _ready["one"] = lambda: contender.probabilities(X[:1])


def many(peer):
    """Seconds of one call with all rows."""
    return _seconds(_ready["many"])


def one(peer, n_calls=40):
    """Median of the milliseconds of calls with one row."""
    return 1000 * median(_seconds(_ready["one"]) for _ in range(n_calls))


def row_counts(peer, n_counts):
    """Seconds of calls with so many different numbers of rows, nothing compiled."""
    X, y, shape = images(None, 1797)
    contender = peers.make(peer)
    contender.start(peers.Task(shape), X[:64], y[:64])
    counts = [37 * i for i in range(1, n_counts + 1)]
    return _seconds(lambda: [contender.probabilities(X[:n]) for n in counts])


def _seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# -- in the parent ---------------------------------------------------------------


def run(options):
    """A table of speed, and one of changing numbers of rows."""
    yield _speed_table(options)
    yield _counts_table(options)


def _speed_table(options):
    names = peers.installed(*(QUICK if options.quick else PREDICTORS))
    n_rows = 1000 if options.quick else 10_000
    n_rounds = 2 if options.quick else 5
    with Contest(options, names) as contest:
        contest.ask("prediction:prepare", folder=options.mnist, n_rows=n_rows)
        seconds = contest.rounds(n_rounds, "prediction:many")
        milliseconds = contest.rounds(n_rounds, "prediction:one")
    speeds = {name: n_rows / median(seconds[name]) for name in contest.names}
    delays = {name: median(milliseconds[name]) for name in contest.names}
    fastest = max(_rivals(speeds), key=speeds.get)
    nimblest = min(_rivals(delays), key=delays.get)
    rows = [
        [
            f"{name} (no estimator)" if name in BARE else name,
            speeds[name],
            times(speeds[name] / speeds[fastest]),
            delays[name],
            times(delays[nimblest] / delays[name]),
        ]
        for name in contest.names
    ]
    header = ("", f"rows/s of {n_rows:,}", "faster", "ms for one row", "faster")
    return Table(
        f"`predict_proba`, {'MNIST' if options.mnist else 'digits'}",
        header,
        rows + contest.failed_rows(len(header)),
        f"Medians of {n_rounds} rounds; faster than the best other estimator.",
    )


def _rivals(values):
    ours_and_bare = (peers.OURS, peers.BUILT, *BARE)
    return [name for name in values if name not in ours_and_bare] or list(values)


def _counts_table(options):
    n_counts = 5 if options.quick else 40
    names = peers.installed(peers.OURS, peers.BUILT, "scikeras (jax)", "skorch")
    contest = Contest(options, names[:1] if options.quick else names, fresh=True)
    n_rounds = 1 if options.quick else 3
    answers = contest.rounds(n_rounds, "prediction:row_counts", n_counts=n_counts)
    seconds = {name: median(values) for name, values in answers.items()}
    header = ("", "seconds", "against ours")
    rows = [
        [name, second, times(second / seconds[peers.OURS])]
        for name, second in seconds.items()
    ]
    return Table(
        f"`predict_proba` of {n_counts} different numbers of rows",
        header,
        rows + contest.failed_rows(len(header)),
        f"Digits, 37 to {37 * n_counts:,} rows, compilations included; medians of "
        f"{n_rounds} new processes.",
    )
