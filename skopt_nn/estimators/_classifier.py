"""What makes a neural estimator a classifier."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skopt_nn._compat import check_partial_fit_first_call, fit_context
from skopt_nn._fitting import check_class_weight_of_parts, weights_of_classes
from skopt_nn._parameters import parameters
from skopt_nn._soft_targets import as_probabilities, check_soft_targets
from skopt_nn.estimators._groups import ClassifierOptions
from skopt_nn.estimators._offset import check_offsets
from skopt_nn.training.objectives import (
    Objective,
    binary_cross_entropy,
    cross_entropy,
)


@parameters
class NeuralClassifierMixin(ClassifierMixin, ClassifierOptions):
    """Labels to class indices, logits to probabilities and back to labels."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network on labelled samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples of any numeric dtype and scale.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of at least two classes, or a 0/1 indicator of several labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; a sample of weight zero is as good as absent.
        X_val, y_val : array-like, default=None
            Samples and labels to validate on: their loss, and the score named by
            ``scoring``, are in ``history_``; ``early_stopping`` watches them.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit_soft(
        self,
        X,
        y,
        soft_targets,
        *,
        method="soft",
        temperature=1.0,
        beta=1.0,
        alpha=0.5,
        sample_weight=None,
        classes=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network on labels and on a teacher's class probabilities.

        Any classifier with such a method can be a student of `DistilledClassifier`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator of several labels.
        soft_targets : array-like of shape (n_samples, n_classes)
            Probabilities, columns as ``classes``; for an indicator those of each label.
        method : {"soft", "logits", "decoupled"}, default="soft"
            How both are compared; see `DistilledClassifier`.
        temperature, beta : float, default=1.0
            Numbers of the method, in (0, inf).
        alpha : float or array-like of shape (n_samples,), default=0.5
            Weight of the soft targets, in [0, 1]; labels have ``1 - alpha``.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            All classes in sorted order, if y lacks some.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on; their loss is that of labels alone.

        Returns
        -------
        self : object
        """
        taught = check_soft_targets(
            soft_targets, alpha, method, temperature=temperature, beta=beta
        )
        validation = X_val, y_val, sample_weight_val
        return self._fit(X, y, sample_weight, validation, taught, classes)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit_offset(self, X, y, scores, *, sample_weight=None, classes=None):
        """Train the network on what given logits leave to be learned.

        The sum of its logits and ``scores`` is trained, from ``scores`` alone: the last
        layer starts at zero. ``predict_proba`` then gives the softmax of what is to be
        added; its logarithm is that, but for one number a row. Any classifier with such
        a method can be a stage in logit space; see `SerialStage`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator of several labels.
        scores : array-like of shape (n_samples, n_classes)
            Logits to start from, their columns in the order of ``classes``.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            All classes in sorted order, if y lacks some; None for ``np.unique(y)``.

        Returns
        -------
        self : object
        """
        offsets = check_offsets(scores, self)
        return self._fit(X, y, sample_weight, (None, None, None), offsets, classes)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on a part of the data, where the last call ended.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The inputs' mean and scale are those of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator of several labels.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call if y lacks some.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : object
        """
        check_class_weight_of_parts(self.class_weight)
        return self._partial_fit(X, y, sample_weight, classes)

    # -- y ----------------------------------------------------------------------

    def _encode_y(self, y, weights, *, reset, classes):
        kind = type_of_target(y, input_name="y")
        if kind != "multilabel-indicator" and y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if kind == "multilabel-indicator":
            return self._encode_indicator(y, weights, reset)
        if kind == "multiclass-multioutput":
            raise ValueError(
                "y must be one column of labels or a 0/1 indicator of several labels, "
                f"got several columns of classes (y.shape={y.shape}). Fit one "
                "classifier a column with sklearn.multioutput.MultiOutputClassifier."
            )
        return self._encode_labels(y, weights, reset, classes)

    def _encode_labels(self, y, weights, reset, classes):
        present = np.unique(y)
        if classes is not None:
            check_partial_fit_first_call(self, classes)
        elif reset:
            self.classes_ = present
        known = self.classes_
        if not np.isin(present, known).all():
            raise ValueError(
                f"y has the labels {np.setdiff1d(present, known).tolist()}, which are "
                f"not among the known classes {known.tolist()}. Name all of them in "
                "the first call of partial_fit(X, y, classes=...); rows to validate on "
                "have labels of y, as this estimator is given it."
            )
        if len(known) < 2:
            raise ValueError(
                "y must have samples of at least 2 classes with a weight above zero, "
                f"got 1 class: {known.tolist()}. There is nothing to tell apart."
            )
        self._set_kind(reset, multilabel=False)
        indices = np.searchsorted(known, y).astype(np.int32)
        return indices, self._weigh_classes(indices, weights)

    def _weigh_classes(self, indices, weights):
        if self.class_weight is None:
            return weights
        labels = self.classes_[indices]
        classes, class_weight = weights_of_classes(
            self.class_weight, self.classes_, labels, weights
        )
        of_rows = class_weight[np.searchsorted(classes, labels)]
        if class_weight.min() < 0 or of_rows.max() == 0:
            raise ValueError(
                "class_weight must be at least 0 for each class of y and above 0 for "
                f"one, got {self.class_weight!r}."
            )
        return weights * of_rows

    def _encode_indicator(self, y, weights, reset):
        if self.class_weight is not None:
            raise ValueError(
                "class_weight must be None for multilabel y, where a sample has "
                f"several classes; got {self.class_weight!r}. Use sample_weight."
            )
        self._set_kind(reset, multilabel=True)
        if not reset and y.shape[1] != len(self.classes_):
            raise ValueError(
                f"y has {y.shape[1]} labels, but {len(self.classes_)} were known since "
                "the first call."
            )
        self.classes_ = np.arange(y.shape[1])
        return y.astype(np.float32), weights

    def _set_kind(self, reset, *, multilabel):
        if not reset and self._target_state["multilabel"] != multilabel:
            kinds = "one label a sample", "a 0/1 indicator of several labels"
            got, had = kinds[multilabel], kinds[not multilabel]
            raise ValueError(
                f"y must be {had}, as it was in the first call, got {got}. Give it as "
                "it was, or fit a clone."
            )
        self._target_state = {"multilabel": multilabel}

    def _encode_soft(self, taught):
        multilabel = self._target_state["multilabel"]
        return as_probabilities(taught, len(self.classes_), multilabel)

    @property
    def _n_outputs(self):
        return len(self.classes_)

    def _objective(self, target):
        multilabel = self._target_state["multilabel"]
        loss = binary_cross_entropy if multilabel else cross_entropy
        return Objective(loss, (target,), {"label_smoothing": self.label_smoothing})

    def _strata(self, target):
        return None if self._target_state["multilabel"] else target

    def _decode_y(self, target):
        return target if self._target_state["multilabel"] else self.classes_[target]

    # -- predictions ------------------------------------------------------------

    def _decode(self, logits):
        """Probabilities: the one place that turns logits into them."""
        logits = logits.astype(np.float64)
        multilabel = self._target_state["multilabel"]
        return expit(logits) if multilabel else softmax(logits, axis=1)

    def _score(self, probabilities, examples):
        actual, *_ = examples.objective.targets
        predicted = self._argmax(probabilities)
        return float(
            accuracy_score(actual, predicted, sample_weight=examples.score_weights)
        )

    def _argmax(self, probabilities):
        if self._target_state["multilabel"]:
            return (probabilities > 0.5).astype(int)
        return probabilities.argmax(axis=1)

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns in the order of ``classes_``; for multilabel y the probability of
            each label, which do not sum to one.
        """
        return self._decode(self._outputs_of("logits", X))

    def predict_log_proba(self, X):
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            ``log(predict_proba(X))``; minus infinity for a probability of 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        """The most probable class of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        indices = self._argmax(self.predict_proba(X))
        return indices if self._target_state["multilabel"] else self.classes_[indices]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
