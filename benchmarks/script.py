"""What scripts of several tasks share: the command line, and the loop over seeds."""

import argparse
import os
from pathlib import Path

from benchmarks import data, report


def parser(name, description, tasks):
    """Parses ``--data``, ``--only`` and ``--seeds``, to which more can be added."""
    parsed = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=description
    )
    parsed.add_argument("--data", type=Path, default=os.environ.get(data.VARIABLE))
    parsed.add_argument("--only", action="append", choices=tasks)
    parsed.add_argument("--seeds", type=int, default=5)
    return parsed


def runs(options, tasks, measure, shipped=()):
    """Each task, and what ``measure(task, folder, seed)`` gave for each seed.

    Tasks that are not shipped with scikit-learn are left out without a folder.
    """
    print(f"Measured {report.machine()}.\n", flush=True)
    for task in options.only or tasks:
        if task not in shipped and options.data is None:
            print(f"{task}: left out. Give its folder by --data or {data.VARIABLE}.")
            continue
        found = []
        for seed in range(options.seeds):
            found.append(measure(task, options.data, seed))
            print(task, seed, found[-1], flush=True)
        yield task, found
