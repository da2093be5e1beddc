"""The regressor whose network a build function makes."""

from sklearn.base import RegressorMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import r2_score

from skopt_nn._soft_targets import check_soft_targets
from skopt_nn.bridge._base import BaseWrapper
from skopt_nn.bridge._docs import shown_in_full
from skopt_nn.bridge._encoders import TargetEncoder


@shown_in_full
class KerasRegressor(RegressorMixin, BaseWrapper):
    """Regressor whose network is what a Keras build function returns.

    Parameters
    ----------
    %(Parameters)s
    %(kwargs)s

    Attributes
    ----------
    %(Attributes)s

    See Also
    --------
    KerasClassifier : The same for labels.
    CNNRegressor : A convolutional network that needs no build function.

    Notes
    -----
    %(Notes)s

    References
    ----------
    %(References)s

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import make_regression
    >>> from skopt_nn import KerasRegressor
    >>> def build(meta):
    ...     return keras.Sequential(
    ...         [
    ...             keras.Input((meta["n_features_in_"],)),
    ...             keras.layers.Dense(meta["n_outputs_"]),
    ...         ]
    ...     )
    >>> X, y = make_regression(100, 5, n_targets=2, random_state=0)
    >>> regressor = KerasRegressor(
    ...     build,
    ...     loss="mse",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=5.0,
    ...     epochs=40,
    ...     verbose=0,
    ...     random_state=0,
    ... )
    >>> regressor.fit(X, y).predict(X).shape
    (100, 2)
    >>> regressor.score(X, y) > 0.9
    True
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        return super()._validate_data(X, y, reset=reset, y_numeric=True)

    @with_callbacks
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
        **kwargs,
    ):
        """Build the model and train it on targets and a teacher's predictions.

        It makes this estimator a student of `DistilledRegressor`. The loss of the model
        compares both; ``history_`` has that of both together, and no metrics.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Values of any scale.
        soft_targets : array-like of the shape of y
            Predictions of the teacher.
        temperature : float, default=1.0
            Ignored: values have no temperature.
        alpha : float or array-like of shape (n_samples,), default=0.5
            Weight of the soft targets, in [0, 1]; y has ``1 - alpha``.
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight zero are as if absent.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows to validate on; their loss is that of y alone.
        **kwargs : dict
            Arguments of ``keras.Model.fit``, such as ``epochs``.

        Returns
        -------
        self : estimator
        """
        taught = check_soft_targets(soft_targets, alpha)
        validation = X_val, y_val, sample_weight_val
        return self._train(X, y, sample_weight, kwargs, validation, taught)

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
            Targets, and what was predicted.
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
            The score.
        """
        return r2_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score
