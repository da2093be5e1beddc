"""Any Keras build function as a scikit-learn classifier or regressor."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target

from skopt_nn.estimators._keras_base import BaseWrapper, all_or_nothing
from skopt_nn.estimators._keras_encoders import LabelEncoder, TargetEncoder

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]


class KerasClassifier(ClassifierMixin, BaseWrapper):
    """Classifier whose network is what a Keras build function returns.
    """

    _fit_kwargs = BaseWrapper._fit_kwargs - {"class_weight"}

    def __init__(
        self,
        model=None,
        *,
        build_fn=None,
        warm_start=False,
        random_state=None,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        verbose=1,
        callbacks=None,
        validation_split=0.0,
        shuffle=True,
        run_eagerly=False,
        epochs=1,
        class_weight=None,
        **kwargs,
    ):
        super().__init__(
            model=model,
            build_fn=build_fn,
            warm_start=warm_start,
            random_state=random_state,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            batch_size=batch_size,
            validation_batch_size=validation_batch_size,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            run_eagerly=run_eagerly,
            epochs=epochs,
            **kwargs,
        )
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _type_of_target(self, y):
        kind = type_of_target(y, input_name="y")
        if kind == "binary" and self.classes_ is not None:
            # Some rows of more classes, in a first call of partial_fit.
            return type_of_target(self.classes_)
        return kind

    @property
    def target_encoder(self):
        """Transformer of y; override it for targets of another kind.

        ``inverse_transform`` of what it returns has to take ``return_proba``.
        """
        categories = "auto" if self.classes_ is None else [self.classes_]
        return LabelEncoder(loss=self.loss, categories=categories)

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Accuracy; override it for another score.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
        """
        return accuracy_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score

    def _forget(self):
        super()._forget()
        self.classes_ = vars(self).pop("_announced_classes", None)

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        """Train for one more epoch on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        classes : array-like of shape (n_classes,), default=None
            All classes there will be, in the first call; those of its ``y`` if None.
        sample_weight : array-like of shape (n_samples,), default=None
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call.

        Returns
        -------
        self
        """
        with all_or_nothing(self):
            if classes is not None:
                self._announce(np.unique(classes))
            return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def _announce(self, classes):
        if not self.initialized_:
            self._announced_classes = classes
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to "
                f"partial_fit, was: {self.classes_!r}"
            )

    def _final_weights(self, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        weights = compute_sample_weight(class_weight=self.class_weight, y=y)
        return weights if sample_weight is None else weights * sample_weight

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
        **kwargs : dict
            Arguments of ``keras.Model.predict`` for this call, such as ``batch_size``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns are ordered as ``classes_``.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs, return_proba=True)


class KerasRegressor(RegressorMixin, BaseWrapper):
    """Regressor whose network is what a Keras build function returns.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        return super()._validate_data(X, y, reset=reset, y_numeric=True)

    @property
    def target_encoder(self):
        """Transformer of y; override it for targets of another kind."""
        return TargetEncoder()

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Coefficient of determination; override it for another score.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
        """
        return r2_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score
