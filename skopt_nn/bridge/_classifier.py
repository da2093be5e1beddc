"""The classifier whose network a build function makes."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target

from skopt_nn import _fitting
from skopt_nn._compat import check_partial_fit_first_call
from skopt_nn._soft_targets import check_soft_targets
from skopt_nn.bridge._base import BaseWrapper
from skopt_nn.bridge._compiling import n_units
from skopt_nn.bridge._docs import shown_in_full
from skopt_nn.bridge._encoders import LabelEncoder


@shown_in_full
class KerasClassifier(ClassifierMixin, BaseWrapper):
    """Classifier whose network is what a Keras build function returns.

    Parameters
    ----------
    %(Parameters)s
    class_weight : dict, "balanced" or None, default=None
        Weights of classes; they multiply ``sample_weight``.
    %(kwargs)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_classes_ : int
        Number of labels.
    %(Attributes)s

    See Also
    --------
    KerasRegressor : The same for continuous targets.
    CNNClassifier : A convolutional network that needs no build function.

    Notes
    -----
    %(Notes)s

    References
    ----------
    %(References)s

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skopt_nn import KerasClassifier
    >>> def build(meta, units):
    ...     return keras.Sequential(
    ...         [
    ...             keras.Input((meta["n_features_in_"],)),
    ...             keras.layers.Dense(units, activation="relu"),
    ...             keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ...         ]
    ...     )
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = KerasClassifier(
    ...     build,
    ...     model__units=16,
    ...     loss="sparse_categorical_crossentropy",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.02,
    ...     epochs=20,
    ...     verbose=0,
    ...     random_state=0,
    ... )
    >>> pipeline = make_pipeline(StandardScaler(), classifier).fit(X, y)
    >>> pipeline.predict_proba(X).shape
    (150, 3)
    >>> pipeline.score(X, y) > 0.9
    True
    """

    _fit_kwargs = BaseWrapper._fit_kwargs - {"class_weight"}

    def __init__(self, model=None, *, class_weight=None, **kwargs):
        super().__init__(model, **kwargs)
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _type_of_target(self, y):
        kind = type_of_target(y, input_name="y")
        classes = getattr(self, "classes_", None)
        if kind == "binary" and classes is not None:
            # Some rows of more classes, in a first call of partial_fit.
            return type_of_target(classes)
        return kind

    @property
    def target_encoder(self):
        """Transformer of y; override it for targets of another kind.

        ``inverse_transform`` of what it returns has to take ``return_proba``.
        """
        classes = getattr(self, "classes_", None)
        categories = "auto" if classes is None else [classes]
        return LabelEncoder(loss=self.loss, categories=categories)

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Accuracy; override it for another score.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, and what was predicted.
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
            The score.
        """
        return accuracy_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score

    def _begin(self, X, y):
        X, y = super()._begin(X, y)
        encoder = self.target_encoder_
        if type(encoder) is LabelEncoder:
            # The loss and the outputs are known only now.
            units = n_units(self.model_, encoder)
            self.target_encoder_ = encoder.suited(self.model_.loss, units, y)
        return X, y

    @with_callbacks
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
        **kwargs,
    ):
        """Build the model and train it on labels and a teacher's probabilities.

        ``history_`` has the loss of both together, and no metrics.

        Parameters
        ----------
        X, y : array-like
            As for ``fit``; y may be a 0/1 indicator of several labels.
        soft_targets : array-like of shape (n_samples, n_classes)
            Probabilities, columns as ``classes``; for an indicator those of each label.
        method : {"soft", "logits", "decoupled"}, default="soft"
            How both are compared; see `DistilledClassifier`.
        temperature, beta : float, default=1.0
            Numbers of the method, in (0, inf).
        alpha : float or array-like of shape (n_samples,), default=0.5
            Weight of the soft targets, in [0, 1]; labels have ``1 - alpha``.
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight zero are as if absent.
        classes : array-like of shape (n_classes,), default=None
            All classes in sorted order, if y lacks some.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on; their loss is that of labels alone.
        **kwargs : dict
            Arguments of ``keras.Model.fit``, such as ``epochs``.

        Returns
        -------
        self : estimator
        """
        how = {"temperature": temperature, "beta": beta}
        taught = check_soft_targets(soft_targets, alpha, method, **how)
        rows = X_val, y_val, sample_weight_val
        return self._train(X, y, sample_weight, kwargs, rows, taught, classes)

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        """Train for one more epoch on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            All classes there will be, in the first call; those of its ``y`` if None.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call.

        Returns
        -------
        self
            This estimator.
        """
        with _fitting.all_or_nothing(self):
            _fitting.check_class_weight_of_parts(self.class_weight)
            if classes is not None:
                check_partial_fit_first_call(self, classes)
            return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def _weigh(self, y, sample_weight, rows):
        if self.class_weight is None:
            return sample_weight
        if np.ndim(y) > 1 and np.shape(y)[1] > 1:
            weights = compute_sample_weight(class_weight=self.class_weight, y=y)
            return weights if sample_weight is None else weights * sample_weight
        labels = np.ravel(y)
        weights = np.ones(len(labels)) if sample_weight is None else sample_weight
        rows = np.arange(len(labels)) if rows is None else rows
        known = getattr(self, "classes_", None)
        classes, class_weight = _fitting.weights_of_classes(
            self.class_weight, known, labels[rows], weights[rows]
        )
        places = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
        weights = weights * class_weight[places]
        if not weights[rows].any():
            raise ValueError(
                "class_weight must be above 0 for a class of y, got "
                f"{self.class_weight!r}."
            )
        return weights

    def _predict_raw(self, X, **kwargs):
        outputs = super()._predict_raw(X, **kwargs)
        from_logits = getattr(getattr(self.model_, "loss", None), "from_logits", False)
        if from_logits and isinstance(self.target_encoder_, LabelEncoder):
            return self.target_encoder_.probabilities(outputs)
        return outputs

    def predict_proba(self, X, **kwargs):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Rows to predict.
        **kwargs : dict
            Arguments of ``keras.Model.predict`` for this call, such as ``batch_size``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns are ordered as ``classes_``.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs, return_proba=True)
