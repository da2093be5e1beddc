"""Searches and fusions on a Dask cluster: two workers, each a process of one thread."""

import os
import signal
import threading

import numpy as np
import pytest
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skopt_nn import CNNClassifier, make_parallel_fusion

# What Dask says while processes come and go is no fault of ours.
pytestmark = [
    pytest.mark.jax_only,
    pytest.mark.filterwarnings("ignore"),
]

NETWORK = CNNClassifier((), dense_units=(8,), epochs=2, random_state=0)
GRID = {"learning_rate": [0.001, 0.01], "dropout": [0.0, 0.2]}


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            worker_dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def rows(digits):
    X, y = digits
    return X[:120], y[:120]


def searched(rows, **how):
    search = GridSearchCV(NETWORK, GRID, cv=2, **how)
    return search.fit(*rows).cv_results_["mean_test_score"]


def counts(dask_worker=None):
    from skopt_nn import training

    return os.getpid(), training.cache_info().compilations.get("train", 0)


def test_a_search_finds_what_it_finds_at_home(client, rows):
    expected = searched(rows)
    with parallel_config("dask"):
        np.testing.assert_array_equal(searched(rows), expected)


def test_each_worker_compiles_an_architecture_once(client, rows):
    client.run(_clear)
    with parallel_config("dask"):
        GridSearchCV(NETWORK, GRID, cv=3, refit=False).fit(*rows)
    pids, compiled = zip(*client.run(counts).values())
    assert os.getpid() not in pids
    assert max(compiled) == 1


def _clear():
    from skopt_nn import training

    training.clear_cache()


def test_a_search_over_a_fusion_is_parallel_twice(client, rows):
    fusion = make_parallel_fusion(NETWORK, NETWORK, n_jobs=2)
    grid = {"weights": [None, [1, 3]]}
    expected = GridSearchCV(fusion, grid, cv=2).fit(*rows)
    with parallel_config("dask"):
        found = GridSearchCV(fusion, grid, cv=2).fit(*rows)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(
            found.cv_results_[name], expected.cv_results_[name]
        )


def test_rows_arrive_read_only_and_are_not_written_to(client, rows):
    X, y = rows
    assert not X.flags.writeable
    expected = cross_val_score(NETWORK, X, y, cv=2)
    with parallel_config("dask", scatter=[X, y]):
        np.testing.assert_array_equal(cross_val_score(NETWORK, X, y, cv=2), expected)


def test_a_worker_that_dies_costs_time_and_no_result(client, rows):
    """Last here: the worker that takes its place is a new process."""
    X, y = rows
    slow = clone(NETWORK).set_params(epochs=500)
    expected = cross_val_score(slow, X, y, cv=8)
    killed = client.submit(os.getpid, pure=False).result()
    threading.Timer(0.5, os.kill, (killed, signal.SIGKILL)).start()
    # Sent to both; what joblib sends by itself lies on one worker and dies with it.
    with parallel_config("dask", scatter=[X, y]):
        np.testing.assert_array_equal(cross_val_score(slow, X, y, cv=8), expected)
    assert killed not in client.run(os.getpid).values()
