"""How labels and targets become what a Keras model is trained on, and back."""

import inspect

import numpy as np
from scipy.special import expit, softmax
from sklearn.utils.validation import column_or_1d

from skopt_nn.bridge._scikeras import names, transformers

# The loss for which scikeras' encoder makes labels one-hot.
_OF_ONE_HOT = "categorical_crossentropy"
# Losses of Keras that read the class of a row from an integer.
_OF_INTEGERS = (
    "sparse_categorical_crossentropy",
    "categorical_generalized_cross_entropy",
    "circle",
)


class LabelEncoder(transformers.ClassifierLabelEncoder):
    """Labels as integers, or one-hot, for losses that compare distributions.

    Parameters
    ----------
    loss : str, function, Loss, class of Loss or None
        Loss of the model; a categorical cross-entropy needs one-hot labels.
    categories : "auto" or list of one ndarray
        The classes, where they are not those of the first ``y``.
    """

    def __init__(self, loss=None, categories="auto"):
        loss = loss.__name__ if inspect.isclass(loss) else loss
        super().__init__(loss=loss, categories=categories)

    def suited(self, loss, n_units, y):
        """This encoder, or one of the same classes that gives what a loss compares."""
        is_one_hot = wants_one_hot(loss, n_units)
        of_labels = self._target_type in ("binary", "multiclass")
        if not of_labels or is_one_hot == self.is_one_hot:
            return self
        kind = _OF_ONE_HOT if is_one_hot else None
        return LabelEncoder(loss=kind, categories=[self.classes_]).fit(y)

    def fit(self, y):
        super().fit(_column(y, warn=True))
        if self._target_type in ("binary", "multiclass") and self.n_classes_ < 2:
            raise ValueError(
                "A classifier needs samples of at least 2 classes, but y contains "
                f"only one class: {self.classes_.tolist()[0]!r}."
            )
        return self

    def _type_of_target(self, y):
        kind = super()._type_of_target(y)
        # Two classes are one-hot too where the loss compares distributions.
        return "multiclass" if kind == "binary" and self.is_one_hot else kind

    @property
    def is_one_hot(self):
        try:
            return names.loss_name(self.loss) == _OF_ONE_HOT
        except (TypeError, ValueError):
            return False

    def transform(self, y):
        y = _column(y)
        if self._target_type in ("binary", "multiclass"):
            unseen = np.setdiff1d(y, self.classes_)
            if unseen.size:
                raise ValueError(
                    f"y contains previously unseen labels: {unseen.tolist()}. The "
                    f"classes are {self.classes_.tolist()}; name all of them in the "
                    "first call: partial_fit(X, y, classes=...)."
                )
        return super().transform(y)

    def inverse_transform(self, y, return_proba=False):
        if not return_proba:
            return super().inverse_transform(y)
        y = y.reshape(len(y), -1)
        if self._target_type == "binary" and y.shape[1] == 1:
            return np.column_stack([1 - y, y])
        return y

    def probabilities(self, logits):
        """Probabilities from the outputs of a model without last activation."""
        if self._target_type == "multilabel-indicator" or logits.shape[-1] == 1:
            return expit(logits)
        return softmax(logits, axis=-1)

    @property
    def units_(self):
        """Numbers of output units that fit the labels, and their name in an error."""
        if self._target_type == "multiclass-multioutput":
            return None
        counts = {1, 2} if self._target_type == "binary" else {self.n_classes_}
        return counts, f"{self.n_classes_} classes"


def wants_one_hot(loss, n_units):
    """Whether a loss of Keras compares as many outputs with a column for each class.

    A loss from outside Keras gets labels as integers, and may do with them as it likes.

    Parameters
    ----------
    loss : str, function, Loss, class of Loss, or a collection of them
    n_units : int
        Outputs of the model.
    """
    kind = loss if hasattr(loss, "__qualname__") else type(loss)
    is_of_keras = isinstance(loss, str) or kind.__module__.startswith("keras.")
    try:
        name = names.loss_name(loss)
    except (TypeError, ValueError):
        return False
    if name == _OF_ONE_HOT:
        return True
    is_several = n_units > 1 or name.startswith("categorical_")
    return is_of_keras and is_several and name not in _OF_INTEGERS


class TargetEncoder(transformers.RegressorTargetEncoder):
    """Targets as they are; a single column becomes one-dimensional."""

    def fit(self, y):
        return super().fit(_column(y, warn=True))

    def transform(self, y):
        return super().transform(_column(y))

    @property
    def units_(self):
        """Numbers of output units that fit the targets, and their name in an error."""
        return {self.n_outputs_}, f"{self.n_outputs_} targets a sample"


def _column(y, warn=False):
    """``y`` without its second axis, if that has a single column."""
    if y.ndim == 2 and y.shape[1] == 1:
        return column_or_1d(y, warn=warn)
    return y
