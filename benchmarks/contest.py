"""Contenders that take turns, each in a process of its own."""

from collections import defaultdict
from contextlib import ExitStack

from benchmarks import peers
from benchmarks.workers import Worker, WorkerError

# Programs that an earlier run left on disk would make a cold process a warm one.
COLD = {"SKOPT_NN_COMPILATION_CACHE": "off"}


class Contest:
    """A question a round to every contender, A B C A B C.

    A contender that fails is asked no more; ``failures`` tells its last words.

    Parameters
    ----------
    options : argparse.Namespace
        Where ``say`` reports progress.
    names : list of str
        Contenders, as :mod:`benchmarks.peers` names them.
    fresh : bool
        Whether each question goes to a new process. Otherwise processes live as long
        as the contest, a context manager.
    """

    def __init__(self, options, names, fresh=False):
        self.options = options
        self.names = list(names)
        self.fresh = fresh
        self.failures = {}
        self._workers = {}
        self._stack = ExitStack()

    def ask(self, function, /, names=None, **arguments):
        """The answer of each contender that is left."""
        answers = {}
        for name in list(self.names if names is None else names):
            self.options.say(f"{function}, {name}")
            try:
                answers[name] = self._ask(name, function, arguments)
            except WorkerError as error:
                self.names.remove(name)
                self.failures[name] = str(error).strip().splitlines()[-1]
                self.options.say(f"{name} failed: {error}")
        return answers

    def rounds(self, n_rounds, function, /, slow=None, **arguments):
        """All answers of each contender, from asking each in turn.

        Of whom ``slow(answers, name)`` is true after the first round is asked once.
        """
        answers, names = defaultdict(list), list(self.names)
        for _ in range(n_rounds):
            last = self.ask(function, names=names, **arguments)
            for name, answer in last.items():
                answers[name].append(answer)
            names = [n for n in last if slow is None or not slow(last, n)]
        return {name: answers[name] for name in self.names}

    def _ask(self, name, function, arguments):
        if self.fresh:
            with Worker(**COLD, **peers.environment(name)) as worker:
                return worker.call(function, peer=name, **arguments)
        if name not in self._workers:
            worker = Worker(**COLD, **peers.environment(name))
            self._workers[name] = self._stack.enter_context(worker)
        return self._workers[name].call(function, peer=name, **arguments)

    def failed_rows(self, n_columns):
        """A row for each contender that failed."""
        filling = [None] * (n_columns - 2)
        return [[name, *filling, f"failed: {e}"] for name, e in self.failures.items()]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()
