"""The end of a training by the clock."""

import time

from skopt_nn.training.hooks._hook import Hook


class Deadline(Hook):
    """Plan as many epochs as fit into the time that is left, by that of the last one.

    Parameters
    ----------
    seconds : float
    """

    def __init__(self, seconds: float):
        self.seconds = seconds

    def begin(self, run):
        self._begun = time.perf_counter()
        self._last_epoch = run.last_epoch

    def begin_epoch(self, run):
        self._epoch_begun = time.perf_counter()

    def end_epoch(self, run):
        now = time.perf_counter()
        left = self.seconds - (now - self._begun)
        # The first epoch may have compiled: what is left is worth one more in any case.
        n_epochs = max(int(left / (now - self._epoch_begun)), 1) if left > 0 else 0
        n_epochs = min(n_epochs, self._last_epoch - run.epoch)
        if n_epochs != run.last_epoch - run.epoch:
            run.plan(n_epochs)
