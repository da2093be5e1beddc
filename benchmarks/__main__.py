"""Command line: ``python -m benchmarks [--quick] [--only TOPIC] [--data FOLDER]``."""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

from benchmarks import data, report

TOPICS = ("grid", "throughput", "prediction", "memory", "accuracy", "quality")


def main(arguments=None):
    """Run the topics asked for and print their tables as they come."""
    options = parse(arguments)
    start = time.monotonic()

    def say(what):
        print(f"[{time.monotonic() - start:5.0f} s] {what}", file=sys.stderr)

    options.say = say
    file = data.mnist_file(options.data)
    options.mnist = str(file.parent) if file else None
    if file is None:
        say(data.HOW_TO_GET_MNIST + " Digits take its place.")
    print(f"Measured {report.machine()}.\n", flush=True)
    for topic in options.only or TOPICS:
        say(topic)
        for table in importlib.import_module(f"benchmarks.{topic}").run(options):
            print(table.markdown(), end="\n\n", flush=True)


def parse(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small tasks, one seed, two minutes"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=TOPICS,
        metavar="TOPIC",
        help=f"one of {', '.join(TOPICS)}; may be given again",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get(data.VARIABLE),
        metavar="FOLDER",
        help="folder of mnist.npz",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
