import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from skopt_nn import training
from skopt_nn.training._cache import ProgramCache

pytestmark = pytest.mark.jax_only


@pytest.fixture
def cache():
    return ProgramCache(maxsize=2)


def test_a_key_is_made_once(cache):
    assert cache.get("a", object) is cache.get("a", object)
    assert (cache.info().hits, cache.info().misses) == (1, 1)


def test_without_a_key_nothing_is_kept(cache):
    assert cache.get(None, object) is not cache.get(None, object)
    assert cache.info().currsize == 0


def test_the_least_recently_used_program_is_dropped(cache):
    first, second = (cache.get(key, object) for key in "ab")
    assert cache.get("a", object) is first
    cache.get("c", object)
    assert cache.info().currsize == 2
    assert cache.get("a", object) is first
    assert cache.get("b", object) is not second


def test_shrinking_drops_programs_at_once(cache):
    for key in "ab":
        cache.get(key, object)
    cache.resize(1)
    assert cache.info().currsize == 1


def test_size_zero_turns_the_cache_off(cache):
    cache.resize(0)
    assert cache.get("a", object) is not cache.get("a", object)
    assert cache.info().currsize == 0


@pytest.mark.parametrize("maxsize", [-1, 1.5, None, True, "many"])
def test_size_that_is_no_count_is_refused(cache, maxsize):
    with pytest.raises(ValueError, match="maxsize of the program cache must be an int"):
        cache.resize(maxsize)
    assert cache.info().maxsize == 2


def test_clearing_sets_all_counts_to_zero(cache):
    cache.get("a", object)
    cache.count_compilation("train")
    cache.clear()
    assert cache.info() == (0, 0, {"train": 0, "test": 0, "predict": 0}, 0, 2)


def test_counts_handed_out_are_a_copy(cache):
    cache.info().compilations["train"] = 99
    assert cache.info().compilations["train"] == 0


def test_program_that_cannot_be_made_leaves_the_cache_sound(cache):
    def fail():
        raise RuntimeError("no such program")

    with pytest.raises(RuntimeError):
        cache.get("a", fail)
    assert cache.info().currsize == 0
    assert cache.get("a", lambda: "made") == "made"


def test_threads_that_ask_together_get_one_program(cache):
    barrier = Barrier(8, timeout=30)

    def ask(_):
        barrier.wait()
        return cache.get("a", object)

    with ThreadPoolExecutor(8) as pool:
        programs = set(pool.map(ask, range(8)))
    assert len(programs) == 1


def test_size_of_the_process_cache_can_be_set():
    before = training.cache_info().maxsize
    try:
        training.set_cache_size(7)
        assert training.cache_info().maxsize == 7
    finally:
        training.set_cache_size(before)


def test_environment_variable_sets_the_size():
    code = "from skopt_nn.training import cache_info; print(cache_info().maxsize)"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SKOPT_NN_CACHE_SIZE": "5"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    assert printed.strip() == "5"
