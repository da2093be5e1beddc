"""A bounded, thread-safe cache of compiled programs."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

SIZE_VARIABLE = "SKOPT_NN_CACHE_SIZE"
DEFAULT_SIZE = 64


class CacheInfo(NamedTuple):
    """State of the program cache.

    Attributes
    ----------
    hits, misses : int
        Look-ups that found their program, and that did not.
    compilations : dict of str to int
        Times that XLA was given a step to compile: ``"train"``, ``"test"`` and
        ``"predict"``. One program is compiled once for each shape of its batches.
    currsize, maxsize : int
        Programs held, and the most that are held.
    """

    hits: int
    misses: int
    compilations: dict
    currsize: int
    maxsize: int


class ProgramCache:
    """Programs by key; beyond ``maxsize`` the least recently used one is dropped."""

    def __init__(self, maxsize: int):
        self._lock = threading.RLock()
        self._programs = OrderedDict()
        self.maxsize = maxsize
        self._reset_counts()

    def _reset_counts(self):
        self._hits = self._misses = 0
        self._compilations = {"train": 0, "test": 0, "predict": 0}

    def get(self, key: Hashable | None, make: Callable):
        """The program of ``key``, made if need be; with key None it is not kept."""
        with self._lock:
            if key is not None and key in self._programs:
                self._hits += 1
                self._programs.move_to_end(key)
                return self._programs[key]
            self._misses += 1
            program = make()
            if key is not None and self.maxsize > 0:
                self._programs[key] = program
                self._shrink()
            return program

    def _shrink(self):
        while len(self._programs) > self.maxsize:
            self._programs.popitem(last=False)

    def count_compilation(self, kind: str) -> None:
        with self._lock:
            self._compilations[kind] += 1

    def info(self) -> CacheInfo:
        with self._lock:
            return CacheInfo(
                self._hits,
                self._misses,
                dict(self._compilations),
                len(self._programs),
                self.maxsize,
            )

    def resize(self, maxsize: int) -> None:
        if isinstance(maxsize, bool) or not isinstance(maxsize, int) or maxsize < 0:
            raise ValueError(
                "maxsize of the program cache must be an int of at least 0 (0 turns "
                f"the cache off), got {maxsize!r}"
            )
        with self._lock:
            self.maxsize = maxsize
            self._shrink()

    def clear(self) -> None:
        with self._lock:
            self._programs.clear()
            self._reset_counts()


PROGRAMS = ProgramCache(int(os.environ.get(SIZE_VARIABLE, DEFAULT_SIZE)))


def cache_info() -> CacheInfo:
    """Hits, misses, compilations and size of the program cache since it was cleared.

    Returns
    -------
    CacheInfo
        A named tuple; see there.

    Examples
    --------
    >>> from skopt_nn import training
    >>> training.clear_cache()
    >>> training.cache_info().currsize
    0
    """
    return PROGRAMS.info()


def clear_cache() -> None:
    """Drop all compiled programs and set the counts to zero.

    Fitted estimators keep the programs that they use.
    """
    PROGRAMS.clear()


def set_cache_size(maxsize: int) -> None:
    """Set how many programs are kept, 64 unless ``SKOPT_NN_CACHE_SIZE`` says else.

    Parameters
    ----------
    maxsize : int
        At least 0; 0 turns the cache off. Beyond it the least recently used program
        is dropped. A program takes about as much memory as its model.

    Raises
    ------
    ValueError
        If ``maxsize`` is no such number.
    """
    PROGRAMS.resize(maxsize)
