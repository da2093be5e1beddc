"""Stand-ins that several files use: recipes, callbacks that watch, stop and fail."""

from dataclasses import replace

import numpy as np

from skopt_nn import networks
from skopt_nn._backend import keras

# -- networks, training, estimators ---------------------------------------------

CNN = networks.CNNRecipe(
    input_shape=(8, 8, 1),
    n_outputs=3,
    filters=(4,),
    kernel_size=3,
    pool_size=2,
    dense_units=(8,),
    activation="relu",
    normalization=None,
    dropout=0.0,
    per_column=False,
    seed=0,
)
_FIELDS = {name: value for name, value in CNN.to_dict().items() if name != "network"}
SHARED = networks.SharedRecipe(**_FIELDS | {"filters": (4, 4)}, depth=2)


def build(recipe=CNN, **changes):
    """The model of a recipe with some fields changed."""
    return replace(recipe, **changes).build()


def draw(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def assert_equal_values(first, second):
    """Two models hold the same bits."""
    pairs = zip(*map(networks.get_values, (first, second)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


class Recorder:
    """Callback of scikit-learn that writes down its calls; may stop training."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.calls = []

    def setup(self, estimator, context):
        self.calls.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context):
        self.calls.append(("end", context.task_name))
        return context.task_name == self.stop_at


class FittedEpochs(Recorder):
    """Callback of scikit-learn that keeps the estimators that it is shown."""

    def __init__(self):
        super().__init__()
        self.told, self.fitted = [], []

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        if context.task_name.startswith("epoch"):
            self.told.append(estimator)
            self.fitted.append((fitted_estimator, fitted_estimator.predict(X)))


class RaiseRate(keras.callbacks.Callback):
    """Lets the third epoch overflow."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.optimizer.learning_rate = 1e30


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C at the end of every second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 2:
            raise KeyboardInterrupt


class ScoredRun:
    """A training that merges layers, by held-out scores that are given."""

    def __init__(self, run, scores):
        self._run = run
        self._scores = iter(scores)

    def __getattr__(self, name):
        return getattr(self._run, name)

    def score(self):
        """The next score; not a number when there is none left."""
        return next(self._scores, float("nan"))
