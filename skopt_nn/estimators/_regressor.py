"""What makes a neural estimator a regressor."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from skopt_nn._compat import fit_context
from skopt_nn._parameters import parameters
from skopt_nn._soft_targets import as_values, check_soft_targets
from skopt_nn.estimators._groups import RegressorOptions
from skopt_nn.estimators._targets import LOSSES
from skopt_nn.training.objectives import Objective


@parameters
class NeuralRegressorMixin(RegressorMixin, RegressorOptions):
    """Targets are standardised for training; predictions come back in their units."""

    _y_checks = {"y_numeric": True}

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
        """Train the network on samples with known values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples of any numeric dtype and scale.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Values of any scale.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; a sample of weight zero is as good as absent.
        X_val, y_val : array-like, default=None
            Samples and values to validate on: their loss, and the score named by
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
        temperature=1.0,
        alpha=0.5,
        sample_weight=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network on values and on a teacher's predictions of them.

        Any regressor with such a method can be a student of `DistilledRegressor`.

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
            Weight of the soft targets, in [0, 1]; y has ``1 - alpha``.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on; their loss is that of y alone.

        Returns
        -------
        self : object
        """
        taught = check_soft_targets(soft_targets, alpha)
        validation = X_val, y_val, sample_weight_val
        return self._fit(X, y, sample_weight, validation, taught)

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
        target = LOSSES[self.loss]
        target.check(self.loss, values, is_whole=reset)
        if reset:
            mean, scale = target.statistics(values, weights)
            self._target_state = {
                "mean": mean,
                "scale": scale,
                "one_column": y.ndim == 1,
                "exponential": target.has_exponential,
            }
        elif target.has_exponential != self._exponential:
            raise ValueError(
                f"loss={self.loss!r} cannot train on a network that was fitted with a "
                "loss of the other kind: outputs of one kind are exponentiated. Fit a "
                "clone."
            )
        elif values.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {values.shape[1]} columns, but there were {self._n_outputs} in "
                "the first call."
            )
        return self._standardize(values), weights

    def _standardize(self, values):
        state = self._target_state
        return ((values - state["mean"]) / state["scale"]).astype(np.float32)

    def _encode_soft(self, taught):
        return self._standardize(as_values(taught, self._n_outputs))

    @property
    def _n_outputs(self):
        return len(self._target_state["mean"])

    @property
    def _exponential(self):
        return self._target_state.get("exponential", False)  # files of version 0.1

    def _objective(self, target):
        settings = {"quantile": self.quantile} if self.loss == "quantile" else {}
        return Objective(LOSSES[self.loss].loss, (target,), settings)

    def _strata(self, target):
        return None

    def _decode_y(self, target):
        return self._unscaled(target.astype(np.float64))

    # -- predictions ------------------------------------------------------------

    def _decode(self, outputs):
        outputs = outputs.astype(np.float64)
        if self._exponential:
            outputs = np.exp(outputs)
        return self._unscaled(outputs)

    def _unscaled(self, values):
        state = self._target_state
        values = values * state["scale"] + state["mean"]
        return values[:, 0] if state["one_column"] else values

    def _score(self, predicted, examples):
        actual = self._decode_y(examples.objective.targets[0])
        return float(r2_score(actual, predicted, sample_weight=examples.score_weights))

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
