"""Convolutional networks as classifier and regressor."""

from skopt_nn import networks
from skopt_nn._parameters import parameters
from skopt_nn.estimators._base import NeuralEstimator
from skopt_nn.estimators._classifier import NeuralClassifierMixin
from skopt_nn.estimators._docs import documented
from skopt_nn.estimators._groups import Fitting, Network
from skopt_nn.estimators._regressor import NeuralRegressorMixin
from skopt_nn.training import Training


@parameters
class ConvolutionalEstimator(Fitting, Training, Network, NeuralEstimator):
    """Parameters and recipe of a convolutional network."""

    _recipe_kind = networks.CNNRecipe


@documented
@parameters
class CNNClassifier(NeuralClassifierMixin, ConvolutionalEstimator):
    """Convolutional neural network classifier.

    Stages of convolution, activation and max pooling, in 1, 2 or 3 spatial
    dimensions, then dense layers. The network's first layer standardises its inputs
    by what it saw in ``fit``, so raw values train as well as scaled ones.

    Parameters
    ----------
    %(parameters)s

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


@documented
@parameters
class CNNRegressor(NeuralRegressorMixin, ConvolutionalEstimator):
    """Convolutional neural network regressor.

    The network of :class:`CNNClassifier`, trained on the squared error. Inputs and
    targets of any scale will do: both are standardised for training.

    Parameters
    ----------
    %(parameters)s

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
