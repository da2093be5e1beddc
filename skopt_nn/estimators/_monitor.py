"""Epochs as tasks of scikit-learn's callbacks, and as printed progress."""

import time

from skopt_nn import networks
from skopt_nn.estimators._outputs import model_attributes


class EpochMonitor:
    """Tells scikit-learn's callbacks, and whoever reads the screen, of each epoch."""

    def __init__(self, estimator, successor, context, X, y, sample_weight):
        self.estimator = estimator
        self.successor = successor
        self.context = context
        self.data = {"X": X, "y": y}
        if sample_weight is not None:
            self.data["metadata"] = {"sample_weight": sample_weight}
        self.task = None
        self.started = time.perf_counter()

    def begin(self, epoch):
        self.task = self.context.subcontext(task_name=f"epoch {epoch}")
        self.task.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def end(self, epoch, logs, sync):
        """Whether a callback asks to stop."""
        if self.estimator.verbose:
            self._print(epoch, logs)

        def fitted():
            sync()
            return snapshot(self.successor, epoch)

        return self.task.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=fitted, **self.data
        )

    def break_off(self, epoch):
        self.task.call_on_fit_task_end(estimator=self.estimator)

    def _print(self, epoch, logs):
        losses = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        seconds = time.perf_counter() - self.started
        name = type(self.estimator).__name__
        print(f"[{name}] epoch {epoch + 1}: {losses} ({seconds:.1f} s)", flush=True)


def snapshot(successor, epoch):
    """Attributes of an estimator as if it had been fitted up to this epoch."""
    model = networks.copy(successor._recipe, successor.model_)
    return {
        **vars(successor),
        **model_attributes(model),
        "n_iter_": epoch + 1,
        "n_parameters_": networks.n_parameters(model),
    }
