"""Whether all contenders learn equally well: same data, network, epochs and batches."""

from statistics import mean, stdev

from benchmarks import data, peers
from benchmarks.contest import Contest
from benchmarks.report import Table

LEARNERS = (
    peers.OURS,
    peers.BUILT,
    "scikeras (jax)",
    "scikeras (tensorflow)",
    "scikeras (torch)",
    "keras.wrappers (jax)",
    "skorch",
)
QUICK = (peers.OURS, "skorch")


# -- in the worker ---------------------------------------------------------------


def score(peer, seed, epochs, folder=None):
    """Test accuracy of one fit."""
    if folder:
        X, X_test, y, y_test = data.mnist(folder, 6000, 5000)
        shape = (28, 28, 1)
    else:
        X, X_test, y, y_test = data.split_digits(seed)
        X, X_test, shape = X / 16, X_test / 16, (8, 8, 1)
    contender = peers.make(peer)
    task = peers.Task(shape, epochs=epochs, seed=seed)
    model = contender.estimator(task).fit(X, y, **contender.fit_arguments(task))
    return float(model.score(X_test, y_test))


# -- in the parent ---------------------------------------------------------------


def run(options):
    """A table for digits and, where it is there, one for MNIST."""
    yield _table(options, "digits", None, 10)
    if options.mnist and not options.quick:
        yield _table(options, "MNIST, 6,000 rows", options.mnist, 3)


def _table(options, title, folder, epochs):
    names = peers.installed(*(QUICK if options.quick else LEARNERS))
    n_seeds = 2 if options.quick else 5
    scores = {name: [] for name in names}
    with Contest(options, names) as contest:
        for seed in range(n_seeds):
            answers = contest.ask(
                "accuracy:score", seed=seed, epochs=epochs, folder=folder
            )
            for name, value in answers.items():
                scores[name].append(value)
    rows = [[name, *_cells(scores, name)] for name in contest.names]
    header = ("", "mean", "standard deviation", "ours minus it")
    return Table(
        f"Accuracy, {title}",
        header,
        rows + contest.failed_rows(len(header)),
        f"{epochs} epochs, batch 32, {n_seeds} seeds; the difference is followed by "
        "its standard error.",
    )


def _cells(scores, name):
    differences = [a - b for a, b in zip(scores[peers.OURS], scores[name])]
    error = stdev(differences) / len(differences) ** 0.5
    return (
        f"{mean(scores[name]):.4f}",
        f"{stdev(scores[name]):.4f}",
        None if name == peers.OURS else f"{mean(differences):+.4f} ± {error:.4f}",
    )
