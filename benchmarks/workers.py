"""Processes that answer one question at a time, so that contenders can take turns.

A worker is a Python process of its own: the first Keras backend that a process imports
stays, and threads and allocators of one library disturb another. Questions and answers
are lines of JSON on its standard input and output; what libraries print is kept aside,
and told if the process dies.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1"}


class WorkerError(RuntimeError):
    """What went wrong in a worker, with its traceback."""


class Worker:
    """A process that calls functions of this package.

    Parameters
    ----------
    **environment : str
        Variables of the new process, such as ``KERAS_BACKEND``.
    """

    def __init__(self, **environment):
        self._noise = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env={
                **os.environ,
                **QUIET,
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                **environment,
            },
            text=True,
        )

    def call(self, function, /, **arguments):
        """The result of ``"module:function"`` of this package, as JSON carries it."""
        question = {"function": function, "arguments": arguments}
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            answer = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise WorkerError(self._last_words(function)) from None
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer["result"]

    def _last_words(self, function):
        self._noise.seek(0)
        return f"The process of {function} has ended.\n{self._noise.read()[-2000:]}"

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._noise.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def answer(line):
    """The answer to one line of JSON."""
    question = json.loads(line)
    module, name = question["function"].split(":")
    try:
        function = getattr(importlib.import_module(f"benchmarks.{module}"), name)
        return {"result": function(**question["arguments"])}
    except Exception:  # whatever it was, the parent reports it
        return {"error": traceback.format_exc(limit=-4)}


def serve():
    """Answer lines of standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(answer(line)), file=answers, flush=True)


if __name__ == "__main__":
    serve()
