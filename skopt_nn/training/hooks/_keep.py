"""The weights to go back to."""

import math

from skopt_nn.training.hooks._hook import Hook


class KeepBest(Hook):
    """End with the weights of the best epoch, or of the last one that was finite.

    Parameters
    ----------
    watched : str or None
        The log that is to be small, or large if its name ends in "score"; None keeps
        every epoch whose numbers are finite.
    patience : int or None
        Epochs without improvement after which training stops.

    Attributes
    ----------
    best_epoch : int or None
        The epoch of the best number; None if there was none.
    """

    def __init__(self, watched: str | None = None, patience: int | None = None):
        self.watched = watched
        self.patience = patience
        self.best_epoch = None
        self._best = math.inf

    def begin(self, run):
        self._kept, self._kept_epoch = run.snapshot(), None
        self._n_worse = 0

    def end_epoch(self, run):
        value = -math.inf if self.watched is None else run.logs[self.watched]
        if self.watched is not None and self.watched.endswith("score"):
            value = -value
        if value < self._best or self.watched is None:
            self._best, self.best_epoch, self._n_worse = value, run.epoch, 0
            self._keep(run)
        elif self.best_epoch is None:
            # What is watched was no number yet: there is nothing to compare with.
            self._keep(run)
        else:
            self._n_worse += 1
            waited = self.patience is not None and self._n_worse >= self.patience
            run.stopping |= waited and run.may_stop

    def end(self, run):
        if self._kept_epoch != run.epoch:
            run.restore(self._kept)

    def _keep(self, run):
        # Behind the last epoch there is nothing that could go wrong.
        self._kept = None if run.is_last else run.snapshot()
        self._kept_epoch = run.epoch
