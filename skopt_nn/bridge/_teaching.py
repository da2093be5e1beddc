"""A Keras model taught by another model's outputs, beside labels or values."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from skopt_nn._backend import keras
from skopt_nn._soft_targets import SoftTargets, as_probabilities, as_values
from skopt_nn.bridge._encoders import LabelEncoder
from skopt_nn.training.objectives import (
    SOFT_LOSSES,
    binary_cross_entropy,
    cross_entropy,
)

ops = keras.ops


class TaughtLoss(keras.losses.Loss):
    """``(1 - alpha) hard + alpha soft`` of rows of known values, soft targets, alpha.

    Parameters
    ----------
    hard : keras.losses.Loss or function
        What the model is compiled with; it sees the known values.
    soft : function
        ``soft(outputs, known, soft_targets)`` gives one value a row.
    n_known : int
        Number of the columns of known values.
    """

    def __init__(self, hard: Any, soft: Callable, n_known: int):
        super().__init__(name="taught_loss")
        self._hard = getattr(hard, "call", hard)
        self._soft = soft
        self._n_known = n_known

    def call(self, y_true, y_pred):
        n_known = self._n_known
        known, outputs = y_true[:, :n_known], y_true[:, n_known:-1]
        alpha = y_true[:, -1]
        hard = self._hard(known, y_pred)
        soft = self._soft(y_pred, known, outputs)
        return (1 - alpha) * hard + alpha * soft


class OfProbabilities:
    """A soft loss of ``objectives``, given what a classifier's model puts out.

    Parameters
    ----------
    loss : function
        That of one of `SOFT_LOSSES`.
    settings : mapping of str to float
        Its ``temperature`` and ``beta``.
    from_logits : bool
        Whether the model puts out logits.
    several : bool
        Whether each output is a probability by itself.
    """

    def __init__(self, loss, settings: Mapping, *, from_logits: bool, several: bool):
        self._loss = loss
        self._settings = settings
        self._from_logits = from_logits
        self._several = several

    def __call__(self, outputs, known, soft_targets):
        logits = outputs if self._from_logits else self._logits(outputs)
        one_hot = known.shape[1] > 1
        labels = ops.argmax(known, axis=1) if one_hot else known[:, 0]
        return self._loss(logits, (labels, soft_targets), self._settings)

    def _logits(self, probabilities):
        least = keras.config.epsilon()
        kept = ops.clip(probabilities, least, 1 - least)
        odds = ops.log1p(-kept) if self._several else 0.0
        return ops.log(kept) - odds


def taught_twin(estimator, X, y, taught: SoftTargets) -> tuple[keras.Model, np.ndarray]:
    """A model of the same layers and optimizer that learns both, and its targets.

    Parameters
    ----------
    estimator : KerasClassifier or KerasRegressor
        Its ``model_`` is compiled.
    X, y : tree of ndarray, ndarray of shape (n_rows,) or (n_rows, n_columns)
        As the estimator's encoders give them.
    taught : SoftTargets
        Of these rows.

    Raises
    ------
    ValueError
        For a model of several outputs, or soft targets that do not fit y.
    """
    model, losses = estimator.model_, keras.tree.flatten(estimator.model_.loss)
    if len(losses) != 1 or not isinstance(y, np.ndarray) or y.ndim > 2:
        raise ValueError(
            "fit_soft teaches a model of one output and one loss, whose targets have "
            f"at most two axes; {model.name!r} has {len(losses)} losses and targets "
            f"of shape {getattr(y, 'shape', type(y).__name__)}."
        )
    hard = keras.losses.get(losses[0])
    known = y.reshape(len(y), -1)
    inputs = keras.tree.map_structure(
        lambda part: keras.Input(part.shape[1:], dtype=_dtype(part)), X
    )
    outputs = model(inputs)
    soft, values = _soft_part(estimator, hard, taught, known, outputs.shape[-1])
    twin = keras.Model(inputs, outputs)
    twin.compile(
        optimizer=model.optimizer,
        loss=TaughtLoss(hard, soft, known.shape[1]),
        run_eagerly=model.run_eagerly,
        jit_compile=model.jit_compile,
    )
    return twin, np.column_stack([known, values, taught.alpha])


def _dtype(part):
    return keras.backend.floatx() if part.dtype.kind == "f" else part.dtype


def untaught(validation: tuple, targets: np.ndarray) -> tuple:
    """Rows to validate on, whose targets have the columns of those that are taught."""
    if not validation:
        return validation
    X, y, *weights = validation
    known = y.reshape(len(y), -1)
    n_said = targets.shape[1] - known.shape[1] - 1
    said, alpha = np.ones((len(y), n_said)), np.zeros(len(y))
    return X, np.column_stack([known, said, alpha]), *weights


def _soft_part(estimator, hard, taught, known, n_units):
    """The loss of soft targets, and the columns that it compares with the outputs."""
    encoder = estimator.target_encoder_
    if not isinstance(encoder, LabelEncoder):
        call = getattr(hard, "call", hard)
        values = as_values(taught, known.shape[1])
        return lambda outputs, _, soft_targets: call(soft_targets, outputs), values
    multilabel = estimator.target_type_ == "multilabel-indicator"
    n_classes = known.shape[1] if multilabel else len(estimator.classes_)
    values = as_probabilities(taught, n_classes, multilabel)
    several = multilabel or n_units == 1
    of_labels = binary_cross_entropy if several else cross_entropy
    method = SOFT_LOSSES[taught.method][of_labels]
    soft = OfProbabilities(
        method.loss,
        taught.settings,
        from_logits=getattr(hard, "from_logits", False),
        several=several,
    )
    return soft, method.prepared(values[:, -n_units:], taught.settings)
