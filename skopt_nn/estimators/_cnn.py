"""Convolutional networks as classifier and regressor."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from skopt_nn import networks
from skopt_nn.estimators import _rows
from skopt_nn.estimators._base import NeuralEstimator
from skopt_nn.estimators._classifier import (
    CLASSIFIER_CONSTRAINTS,
    NeuralClassifierMixin,
)
from skopt_nn.estimators._docs import fill_docstring
from skopt_nn.estimators._regressor import NeuralRegressorMixin


class _CNN(NeuralEstimator):
    _parameter_constraints = {
        **NeuralEstimator._parameter_constraints,
        "filters": [tuple, list],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "dense_units": [tuple, list],
        "activation": [StrOptions(set(networks.ACTIVATIONS))],
        "normalization": [StrOptions(set(networks.NORMALIZATIONS)), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        filters=(32, 64),
        *,
        input_shape=None,
        kernel_size=3,
        pool_size=2,
        dense_units=(128,),
        activation="relu",
        normalization=None,
        dropout=0.0,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=0.0,
        epochs=20,
        batch_size=32,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.filters = filters
        self.input_shape = input_shape
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.dense_units = dense_units
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _check_architecture(self, sample_shape, table):
        _rows.check_sizes("filters", self.filters)
        _rows.check_sizes("dense_units", self.dense_units)
        _rows.check_stages(sample_shape, table, self.filters, self.pool_size)

    def _make_recipe(self, sample_shape, n_outputs, table, seed):
        return {
            "network": "cnn",
            "input_shape": sample_shape,
            "n_outputs": n_outputs,
            "filters": tuple(int(n) for n in self.filters),
            "kernel_size": int(self.kernel_size),
            "pool_size": int(self.pool_size),
            "dense_units": tuple(int(n) for n in self.dense_units),
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": float(self.dropout),
            "table": table,
            "seed": seed,
        }


@fill_docstring(filters="(32, 64)", dense_units="(128,)", epochs=20)
class CNNClassifier(NeuralClassifierMixin, _CNN):
    """Convolutional neural network classifier.

    Stages of convolution, activation and max pooling, in 1, 2 or 3 spatial
    dimensions, then dense layers. The network's first layer standardises its inputs
    by what it saw in ``fit``, so raw values train as well as scaled ones.

    Parameters
    ----------
    %(network)s
    %(training)s
    %(classes)s
    %(run)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    %(attributes)s

    See Also
    --------
    CNNRegressor : The same network for values.
    SharedWeightClassifier : Layers of equal shape with one set of weights.
    DistilledClassifier : A small network taught by a large model.

    References
    ----------
    %(references)s
    %(smoothing_reference)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skopt_nn import CNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> cnn = CNNClassifier(filters=(8,), input_shape=(8, 8, 1), epochs=5,
    ...                     random_state=0)
    >>> cnn.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    """

    _parameter_constraints = {**_CNN._parameter_constraints, **CLASSIFIER_CONSTRAINTS}

    def __init__(
        self,
        filters=(32, 64),
        *,
        input_shape=None,
        kernel_size=3,
        pool_size=2,
        dense_units=(128,),
        activation="relu",
        normalization=None,
        dropout=0.0,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=0.0,
        epochs=20,
        batch_size=32,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        class_weight=None,
        label_smoothing=0.0,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            filters,
            input_shape=input_shape,
            kernel_size=kernel_size,
            pool_size=pool_size,
            dense_units=dense_units,
            activation=activation,
            normalization=normalization,
            dropout=dropout,
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            epochs=epochs,
            batch_size=batch_size,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing


@fill_docstring(filters="(32, 64)", dense_units="(128,)", epochs=20)
class CNNRegressor(NeuralRegressorMixin, _CNN):
    """Convolutional neural network regressor.

    The network of :class:`CNNClassifier`, trained on the squared error. Inputs and
    targets of any scale will do: both are standardised for training.

    Parameters
    ----------
    %(network)s
    %(training)s
    %(run)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    CNNClassifier : The same network for labels.

    References
    ----------
    %(references)s

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skopt_nn import CNNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> mlp = CNNRegressor(filters=(), dense_units=(32,), random_state=0)
    >>> mlp.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.4
    True
    """
