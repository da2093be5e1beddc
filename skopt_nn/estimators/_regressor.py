"""What makes a neural estimator a regressor."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import column_or_1d

from skopt_nn._compat import fit_context
from skopt_nn.estimators._soft import check_soft_targets
from skopt_nn.training.objectives import Objective, squared_error


class NeuralRegressorMixin(RegressorMixin):
    """Targets are standardised for training; predictions come back in their units."""

    _y_checks = {"y_numeric": True}

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network on samples with known values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples of any numeric dtype and scale.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Values of any scale.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; a sample of weight zero is as good as absent.

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit_soft(
        self, X, y, soft_targets, *, temperature=1.0, alpha=0.5, sample_weight=None
    ):
        """Train the network on values and on a teacher's predictions of them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Values of any scale.
        soft_targets : array-like of the shape of y
            Predictions of the teacher.
        temperature : float, default=1.0
            Ignored: values have no temperature.
        alpha : float or array-like of shape (n_samples,), default=0.5
            Weight of the soft targets in [0, 1]; y has ``1 - alpha``. With a value
            for each row, a row of 1 learns from its soft targets alone.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight, check_soft_targets(soft_targets, alpha))

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on a part of the data, where the last call ended.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Mean and scale of X and y are those of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Values of any scale.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : object
        """
        return self._partial_fit(X, y, sample_weight)

    # -- y ----------------------------------------------------------------------

    def _encode_y(self, y, weights, *, reset, classes):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        values = y.reshape(len(y), -1).astype(np.float64)
        if reset:
            scaler = StandardScaler().fit(values, sample_weight=weights)
            self._target_state = {
                "mean": scaler.mean_,
                "scale": scaler.scale_,
                "one_column": y.ndim == 1,
            }
        elif values.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {values.shape[1]} columns, but there were {self._n_outputs} in "
                "the first call."
            )
        return self._standardize(values), weights

    def _standardize(self, values):
        state = self._target_state
        return ((values - state["mean"]) / state["scale"]).astype(np.float32)

    def _encode_soft(self, soft_targets, n_rows):
        soft_targets = soft_targets.reshape(len(soft_targets), -1)
        if soft_targets.shape != (n_rows, self._n_outputs):
            raise ValueError(
                f"soft_targets must have the shape of y, {(n_rows, self._n_outputs)}, "
                f"got {soft_targets.shape}."
            )
        return self._standardize(soft_targets)

    @property
    def _n_outputs(self):
        return len(self._target_state["mean"])

    def _objective(self, target):
        return Objective(squared_error, (target,))

    def _strata(self, target):
        return None

    # -- predictions ------------------------------------------------------------

    def _decode(self, outputs):
        state = self._target_state
        values = outputs.astype(np.float64) * state["scale"] + state["mean"]
        return values[:, 0] if state["one_column"] else values

    def _score(self, predicted, examples):
        actual = self._decode(examples.objective.targets[0])
        return float(r2_score(actual, predicted, sample_weight=examples.weights))

    def predict(self, X):
        """Predicted values in the units of y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
        """
        return self._decode(self._outputs_of("logits", X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
