"""What a fitted network can do: predict, transform, be kept in a file."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skopt_nn import networks
from skopt_nn._fitting import bare_copy, without_unpicklable
from skopt_nn.estimators import _rows
from skopt_nn.estimators._outputs import Outputs

# Rows keep these dtypes in prediction; others become float32.
_ROW_DTYPES = (np.float32, np.float16, np.uint8)


class FittedNetwork(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
):
    """The half of a neural estimator that comes after training."""

    _origin = None  # in files of version 0.1, too

    def _set_model(self, model):
        self.model_, self._outputs = model, Outputs(model)

    def _check_predict(self, X):
        check_is_fitted(self, "model_")
        X, _ = _rows.as_rows(X, self._sample_shape)
        of_rows = self._origin is None
        is_named = hasattr(self, "feature_names_in_")
        if (
            of_rows
            and not is_named
            and _rows.are_sound(X, self.n_features_in_, _ROW_DTYPES)
        ):
            return X
        dtype = _ROW_DTYPES if of_rows else np.float64
        with _rows.numbers_wanted(X):
            X = validate_data(self, X, reset=False, dtype=dtype)
        return X if of_rows else (X - self._origin).astype(np.float32)

    def _of_rows(self):
        """The same, for rows as training has them, without names and less an origin."""
        other = bare_copy(self)
        vars(other).pop("feature_names_in_", None)
        other._origin = None
        return other

    def _outputs_of(self, name, X):
        rows = self._check_predict(X)
        return getattr(self._outputs, name)(rows)

    def transform(self, X):
        """Features of the network's last hidden layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float32
            A row a sample.
        """
        return self._outputs_of("features", X)

    def summary(self, input_shape=None, n_outputs=2):
        """The network layer by layer: shapes, parameters, multiply-adds of a sample.

        Parameters
        ----------
        input_shape : tuple of int, default=None
            Before ``fit``, the shape of a sample with its channels; None is that of the
            parameter ``input_shape``. Ignored once the estimator is fitted.
        n_outputs : int, default=2
            Before ``fit``, the number of classes or values. Ignored once it is fitted.

        Returns
        -------
        Summary
            It prints as a table; ``layers``, ``n_parameters`` and ``n_multiply_adds``
            are numbers.

        Raises
        ------
        ValueError
            If the estimator is not fitted and no shape is given.
        """
        if hasattr(self, "model_"):
            return networks.summary(self.model_)
        shape = input_shape or self.input_shape
        _rows.check_input_shape(shape)
        if shape is None:
            raise ValueError(
                "summary needs the shape of one sample with its channels before fit, "
                "such as summary((28, 28, 1)); got input_shape=None."
            )
        recipe = self._make_recipe(tuple(shape), False, n_outputs=n_outputs)
        return networks.summary(recipe.model())

    @property
    def _n_features_out(self):
        return int(self.model_.get_layer("logits").kernel.shape[0])

    def fit_transform(
        self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None
    ):
        """Fit, then return the last hidden features of the same rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on.

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float32
            A row a sample.
        """
        validation = X_val, y_val, sample_weight_val
        return self.fit(X, y, sample_weight, *validation).transform(X)

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_outputs", None)
        if "model_" in state:
            state["model_"] = networks.get_values(state["model_"])
            state["_recipe"] = state["_recipe"].to_dict()
            if not state.get("_resumable"):
                state["_optimizer_state"] = state["_optimizer_name"] = None
            state = without_unpicklable(state, ("callbacks",), type(self).__name__)
        return state

    def __setstate__(self, state):
        state = dict(state)
        fitted = "model_" in state
        values = networks.unpacked(state.pop("model_", ()))
        if fitted:
            recipe = networks.recipe_from(networks.RECIPES, state["_recipe"])
            recipe.check_values(values)
            state["_recipe"] = recipe
        super().__setstate__(state)
        if fitted:
            self._set_model(networks.set_values(recipe.model(), values))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags
