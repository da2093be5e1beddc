"""``GridSearchCV`` over the seed CNN on digits, from a cold process."""

import os
import tempfile
import time
from statistics import median

from benchmarks import data, peers
from benchmarks.contest import Contest
from benchmarks.report import Table, accuracy, times
from benchmarks.workers import Worker

SEARCHERS = (
    peers.OURS,
    peers.BUILT,
    "scikeras (jax)",
    "scikeras (tensorflow)",
    "scikeras (torch)",
    "keras.wrappers (jax)",
    "skorch",
)
QUICK = (peers.OURS, "skorch")
GRIDS = {
    "3 x 2": {"rates": [3e-4, 1e-3, 3e-3], "dropouts": [0.0, 0.3]},
    "8 x 4": {
        "rates": [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2],
        "dropouts": [0.0, 0.1, 0.3, 0.5],
    },
}


# -- in the worker ---------------------------------------------------------------


def search(peer, rates, dropouts, epochs, n_jobs=1):
    """Seconds and scores of one grid search; imports are timed apart."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    X, X_test, y, y_test = data.split_digits(0)
    X, X_test = X / 16, X_test / 16
    start = time.perf_counter()
    contender = peers.make(peer)
    task = peers.Task((8, 8, 1), epochs=epochs)
    estimator = contender.estimator(task)
    imported = time.perf_counter()
    found = GridSearchCV(
        estimator,
        contender.grid(rates, dropouts),
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        n_jobs=n_jobs,
    ).fit(X, y, **contender.fit_arguments(task))
    end = time.perf_counter()
    return {
        "seconds": end - imported,
        "with imports": end - start,
        "one fit": float(found.cv_results_["mean_fit_time"].mean()),
        "cv": float(found.best_score_),
        "test": float(found.score(X_test, y_test)),
        "compilations": _train_compilations(peer),
    }


def search_with_bar(peer, trees, depth, terminal, n_rounds, epochs, rates, dropouts):
    """Seconds of a search over a pipeline, warm, without and with a progress bar.

    With ``trees`` over scikit-learn's own estimator that uses all cores, whose fits
    take about as long.
    """
    import contextlib
    import io

    from sklearn.callback import ProgressBar
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    if terminal:
        os.environ["FORCE_COLOR"] = "1"  # rich draws as if there were one
    X, _, y, _ = data.split_digits(0)
    if trees:
        estimator = HistGradientBoostingClassifier(max_iter=epochs, random_state=0)
        candidates = {"learning_rate": rates, "l2_regularization": dropouts}
    else:
        contender = peers.make(peer)
        estimator = contender.estimator(peers.Task((8, 8, 1), epochs=epochs))
        candidates = contender.grid(rates, dropouts)
    pipeline = make_pipeline(MinMaxScaler(), estimator)
    step = type(estimator).__name__.lower()
    grid = {f"{step}__{name}": values for name, values in candidates.items()}
    seconds, scores = {"without": [], "with": []}, {}
    for i in range(n_rounds + 1):
        for kind in ("without", "with") if i % 2 else ("with", "without"):
            found = GridSearchCV(pipeline, grid, cv=3)
            if kind == "with":
                found.set_callbacks(ProgressBar(max_propagation_depth=depth))
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                found.fit(X, y)
            seconds[kind].append(time.perf_counter() - start)
            scores[kind] = found.cv_results_["mean_test_score"].tolist()
    return {
        **{kind: values[1:] for kind, values in seconds.items()},
        "estimator": type(estimator).__name__,
        "same scores": scores["with"] == scores["without"],
    }


def _train_compilations(peer):
    if peer not in (peers.OURS, peers.BUILT):
        return None
    from skopt_nn import training

    return training.cache_info().compilations["train"]


# -- in the parent ---------------------------------------------------------------


def run(options):
    """Tables of the small grid, the large one, the disk cache and two jobs."""
    names = peers.installed(*(QUICK if options.quick else SEARCHERS))
    yield _grid_table(options, "3 x 2", names, _repeats(options, 5), _is_slow)
    if not options.quick:
        names = peers.installed(peers.OURS, "skorch")
        yield _grid_table(options, "8 x 4", names, _repeats(options, 5))
    yield _disk_table(options)
    yield _jobs_table(options)
    yield _bar_table(options)


def _repeats(options, n):
    return 1 if options.quick else n


def _epochs(options):
    return 2 if options.quick else 10


def _grid_table(options, size, names, n_repeats, slow=None):
    contest = Contest(options, names, fresh=True)
    epochs = _epochs(options)
    answers = contest.rounds(
        n_repeats, "grid:search", epochs=epochs, slow=slow, **GRIDS[size]
    )
    seconds = {name: _median(answers[name], "seconds") for name in answers}
    rows = []
    for name, results in answers.items():
        rows.append(
            [
                name,
                seconds[name],
                _median(results, "with imports"),
                times(_ratio(seconds[name], seconds.get(peers.OURS))),
                results[0]["compilations"],
                accuracy(_median(results, "cv")),
                accuracy(_median(results, "test")),
            ]
        )
    header = (
        "estimator",
        "seconds",
        "with imports",
        "against ours",
        "train compilations",
        "best cv accuracy",
        "test accuracy",
    )
    once = "; one run of who takes over half a minute longer than ours" if slow else ""
    return Table(
        f"Grid search, {size} candidates",
        header,
        rows + contest.failed_rows(len(header)),
        f"Digits (1,257 for training), {epochs} epochs, batch 32, three folds and a "
        f"refit; medians of {n_repeats} runs in alternation, each in a new process "
        f"without programs on disk{once}.",
    )


def _is_slow(answers, name):
    ours = answers.get(peers.OURS)
    return ours is not None and answers[name]["seconds"] > ours["seconds"] + 30


def _disk_table(options):
    pairs = []
    for _ in range(_repeats(options, 3)):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append([_our_search(options, folder) for _ in range(2)])
    rows = []
    for key in ("seconds", "with imports"):
        first, second = (median(pair[i][key] for pair in pairs) for i in range(2))
        share = median(pair[1][key] / pair[0][key] for pair in pairs)
        rows.append([key, first, second, f"{share:.0%}"])
    return Table(
        "The same grid again in a new process",
        ("", "nothing on disk", "programs on disk", "share"),
        rows,
        f"The 3 x 2 grid of `CNNClassifier`, medians of {len(pairs)} pairs of runs.",
    )


def _our_search(options, folder, n_jobs=1, epochs=None, size="3 x 2"):
    options.say(f"grid:search, programs in a folder, n_jobs={n_jobs}")
    cache = {"SKOPT_NN_COMPILATION_CACHE": folder}
    with Worker(**cache, **peers.environment(peers.OURS)) as worker:
        return worker.call(
            "grid:search",
            peer=peers.OURS,
            epochs=epochs or _epochs(options),
            n_jobs=n_jobs,
            **GRIDS[size],
        )


def _jobs_table(options):
    searches = [("3 x 2", 150), ("8 x 4", 150), ("3 x 2", 400)]
    n_pairs = _repeats(options, 2)
    rows = []
    for size, epochs in [("3 x 2", 2)] if options.quick else searches:
        pairs = [_jobs_pair(options, epochs, size) for _ in range(n_pairs)]
        one, two = (median(pair[i]["seconds"] for pair in pairs) for i in range(2))
        faster = median(pair[0]["seconds"] / pair[1]["seconds"] for pair in pairs)
        fits = [median(pair[i]["one fit"] for pair in pairs) for i in range(2)]
        equal = _have_equal_scores(pairs)
        rows.append([size, *fits, one, two, times(faster), equal])
    return Table(
        "Two jobs against one",
        (
            "candidates",
            "one fit, seconds",
            "beside another",
            "`n_jobs=1`",
            "`n_jobs=2`",
            "faster",
            "equal scores",
        ),
        rows,
        "`CNNClassifier`, longer fits in three folds and a refit, which no job shares; "
        f"medians of {n_pairs} pairs of runs, each in a new process. A fit alone uses "
        "all cores: two at a time are faster by what its threads leave of them, and "
        "the jobs have to start.",
    )


def _jobs_pair(options, epochs, size):
    pair = []
    for n_jobs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            pair.append(_our_search(options, folder, n_jobs, epochs, size))
    return pair


def _bar_table(options):
    n_rounds = _repeats(options, 15)
    runs = [
        (trees, depth, terminal)
        for trees in (False, True)
        for depth, terminal in ((0, True), (1, True), (1, False))
    ]
    contest = Contest(options, [peers.OURS], fresh=True)
    rows = []
    for trees, depth, terminal in runs[: 1 if options.quick else None]:
        answers = contest.ask(
            "grid:search_with_bar",
            trees=trees,
            depth=depth,
            terminal=terminal,
            n_rounds=n_rounds,
            epochs=_epochs(options),
            **GRIDS["3 x 2"],
        )
        for found in answers.values():
            more = _median_ratio(found["with"], found["without"]) - 1
            seconds = [median(found[kind]) for kind in ("without", "with")]
            equal = "yes" if found["same scores"] else "no"
            where = "a terminal" if terminal else "a file"
            what = found["estimator"], depth, where
            rows.append([*what, *seconds, f"{more:+.1%}", equal])
    return Table(
        "A progress bar",
        (
            "estimator",
            "depth of bars",
            "printed to",
            "seconds without",
            "with",
            "more",
            "equal scores",
        ),
        rows + contest.failed_rows(7),
        "Six candidates of a pipeline of a scaler and an estimator that uses all "
        "cores. Bars of depth 0 (`max_propagation_depth`) are two of the search, of "
        "depth 1 also one of each of its fits of the pipeline; medians of "
        f"{n_rounds} pairs of searches in one process.",
    )


def _median_ratio(first, second):
    return median(a / b for a, b in zip(first, second))


def _have_equal_scores(pairs):
    return "yes" if all(a["cv"] == b["cv"] for a, b in pairs) else "no"


def _median(results, key):
    return median(result[key] for result in results)


def _ratio(seconds, ours):
    return seconds / ours if ours else None
