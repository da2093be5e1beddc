"""Estimators and callbacks that write down what is done to them, and small ones."""

import io
import json
import zipfile
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.naive_bayes import GaussianNB

from skopt_nn import KerasClassifier, KerasRegressor, networks
from skopt_nn._backend import keras
from skopt_nn.fusion import StageOutput
from skopt_nn.networks.sharing import Sharing
from skopt_nn.networks.sharing._merging import merged, merged_model


class Taught:
    """A student that writes down its lesson, the arguments of ``fit_soft``."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("a student is taught by fit_soft")

    def fit_soft(self, X, y, soft_targets, **lesson):
        self.lesson_ = {"X": X, "y": y, "soft_targets": soft_targets, **lesson}
        self.n_features_in_, self.n_iter_ = np.shape(X)[1], 7
        self.learn(y)
        return self


class Pupil(Taught, ClassifierMixin, BaseEstimator):
    """It answers with the frequencies of classes, or of the labels of an indicator."""

    def __init__(self, size=1):
        self.size = size

    def learn(self, y):
        if np.ndim(y) == 2:
            self.classes_, self.frequency_ = np.arange(y.shape[1]), y.mean(axis=0)
        else:
            self.classes_, counts = np.unique(y, return_counts=True)
            self.frequency_ = counts / counts.sum()

    def predict_proba(self, X):
        return np.tile(self.frequency_, (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class RegressorPupil(Taught, RegressorMixin, BaseEstimator):
    """It answers with the mean."""

    def learn(self, y):
        self.mean_ = np.mean(y, axis=0)

    def predict(self, X):
        return np.tile(self.mean_, (len(X), *[1] * np.ndim(self.mean_)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def small_student(**params):
    """A perceptron that is trained in no time."""
    from skopt_nn import CNNClassifier  # joblib's workers load no Keras for a Pupil

    defaults = {
        "filters": (),
        "dense_units": (8,),
        "learning_rate": 0.01,
        "epochs": 20,
        "random_state": 0,
    }
    return CNNClassifier(**{**defaults, **params})


class Untouchable(GaussianNB):
    """A classifier that must not be trained."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("the teacher was trained")


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that keeps what it was fitted to."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.weight_ = X, y, sample_weight
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(np.eye(len(self.classes_))[0], (len(X), 1))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class UnweightedRecorder(Recorder):
    """The same, but its fit takes no weights."""

    def fit(self, X, y):
        return super().fit(X, y)


class Tasks:
    """A callback of scikit-learn that writes down the tree of tasks."""

    max_propagation_depth = None

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.seen.append((context.estimator_name, context.task_name))

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.seen.append("teardown")


def one_hot(labels, n_classes=3):
    return np.eye(n_classes)[labels]


def handed_on(scores, learning_rates=(1.0,), classes=(0, 1, 2)):
    """What serial stages would hand on that gave these scores to rows 0, 1, ..."""
    scores = np.asarray(scores, dtype=float)
    numbers = np.arange(len(scores), dtype=float)[:, None]
    return StageOutput(numbers, scores, np.array(classes), learning_rates)


# -- bridge ---------------------------------------------------------------------------

# JAX finds its programs again; the others would compile them in each fit.
EAGER = keras.backend.backend() != "jax"


def build_classifier(meta, units=8, rate=0.0):
    """Softmax for classes, sigmoid for labels, over one hidden layer."""
    several = meta["target_type_"] == "multilabel-indicator"
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(
                meta["n_classes_"], activation="sigmoid" if several else "softmax"
            ),
        ]
    )


def build_sigmoid(meta):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def build_regressor(meta, units=8):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(meta["n_outputs_"]),
        ]
    )


def keras_classifier(**parameters):
    defaults = {
        "model": build_classifier,
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "verbose": 0,
        "random_state": 0,
        "run_eagerly": EAGER,
    }
    return KerasClassifier(**(defaults | parameters))


def keras_regressor(**parameters):
    defaults = {
        "model": build_regressor,
        "loss": "mse",
        "optimizer": "adam",
        "optimizer__learning_rate": 0.01,
        "verbose": 0,
        "random_state": 0,
        "run_eagerly": EAGER,
    }
    return KerasRegressor(**(defaults | parameters))


# -- files of skopt_nn.save, taken apart and forged -----------------------------


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path, parts, compression=zipfile.ZIP_STORED):
    """An archive of a dict of parts, or of pairs, in which a name may come twice."""
    pairs = parts.items() if isinstance(parts, dict) else parts
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in pairs:
            archive.writestr(name, data)


def manifest_of(path):
    return json.loads(parts_of(path)["manifest.json"])


def arrays_of(path):
    """The arrays of a saved file, in their order."""
    data, arrays, start = parts_of(path)["arrays"], [], 0
    for dtype, shape, order in manifest_of(path)["arrays"]:
        array = np.ndarray(shape, dtype, data, start, order=order)
        start += array.nbytes
        arrays.append(array)
    assert start == len(data)
    return arrays


def put_together(path, manifest, arrays):
    """A file of a manifest and of other arrays than it has."""
    arrays = list(map(np.asarray, arrays))
    manifest["arrays"] = [[a.dtype.str, list(a.shape), "C"] for a in arrays]
    data = b"".join(a.tobytes() for a in arrays)
    write_parts(path, {"manifest.json": json.dumps(manifest), "arrays": data})


def as_version_1(path):
    """Rewrite a saved file as version 1 of the format has it, an ``.npy`` a part."""
    manifest, arrays = manifest_of(path), arrays_of(path)
    del manifest["arrays"]
    parts = {"manifest.json": json.dumps({**manifest, "version": 1})}
    for number, array in enumerate(arrays):
        file = io.BytesIO()
        np.save(file, array)
        parts[f"arrays/{number}.npy"] = file.getvalue()
    write_parts(path, parts)


def forge(path, change):
    """Rewrite the manifest of a saved file: in place, or as what ``change`` returns."""
    parts = parts_of(path)
    manifest = json.loads(parts["manifest.json"])
    manifest = change(manifest) or manifest
    write_parts(path, {**parts, "manifest.json": json.dumps(manifest)})


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
    block="plain",
    depth=1,
    head="flatten",
)
_FIELDS = {of.name for of in fields(networks.ConvolutionalRecipe)}
_SHARED = {name: value for name, value in CNN.to_dict().items() if name in _FIELDS}
SHARED = networks.SharedRecipe(**_SHARED | {"filters": (4, 4)}, depth=2)


def build(recipe=CNN, **changes):
    """The model of a recipe with some fields changed."""
    return replace(recipe, **changes).build()


def draw(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def losses_of(loss, logits, targets, settings):
    """What a loss gives for arrays of numpy, on any backend."""
    tensor = keras.ops.convert_to_tensor
    return to_numpy(loss(tensor(logits), tuple(map(tensor, targets)), settings))


def assert_equal_values(first, second):
    """Two models hold the same bits."""
    pairs = zip(*map(networks.get_values, (first, second)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


class CallLog:
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


class FittedEpochs(CallLog):
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


@dataclass(frozen=True)
class Merging(Sharing):
    """A kind of sharing from outside: layers of one shape become one, two by two.

    It trains on behind each merge, and goes on while the held-out score is at most
    ``tolerance`` below that of the first network.
    """

    tolerance: ClassVar[float] = 1e9
    fine_tune_epochs: ClassVar[int] = 1

    needs_held_out = True
    trains_on = True

    def accepts(self, recipe):
        return None

    def after_training(self, run):
        floor = run.score() - self.tolerance
        while run.is_in_time and (pair := self._next(run.recipe)):
            before = run.recipe, run.model
            recipe = merged(run.recipe, *pair)
            run.replace(recipe, merged_model(*before, recipe))
            run.train(self.fine_tune_epochs)
            if not run.score() >= floor:
                run.replace(*before)
                return

    @staticmethod
    def _next(recipe):
        shapes = {recipe.groups.get(s, s): shape for s, shape in recipe.slots().items()}
        pairs = combinations(sorted(shapes), 2)
        return next(((a, b) for a, b in pairs if shapes[a] == shapes[b]), None)


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
