"""Convolutional networks as classifier and regressor."""

from numbers import Real

from skopt_nn import networks
from skopt_nn._parameters import OneOf, Range, parameter, parameters
from skopt_nn.estimators._base import NeuralEstimator
from skopt_nn.estimators._classifier import NeuralClassifierMixin
from skopt_nn.estimators._defaults import resolved
from skopt_nn.estimators._docs import documented
from skopt_nn.estimators._groups import Fitting, Network, Stages
from skopt_nn.estimators._regressor import NeuralRegressorMixin
from skopt_nn.estimators._tokens import Tokens
from skopt_nn.training import Training


@parameters
class ConvolutionalEstimator(Fitting, Training, Network, NeuralEstimator):
    """Parameters of a convolutional network."""

    def _resolved(self, fields):
        return super()._resolved(resolved(fields))


@parameters
class CNNEstimator(Tokens, Stages, ConvolutionalEstimator):
    """Parameters and recipe of a network of stages."""

    _recipe_kind = networks.CNNRecipe

    learning_rate: float | str = parameter(
        "auto", [Range(Real, 0, closed="neither"), OneOf(("auto",))], 'float or "auto"'
    )
    """Step size of the optimizer, in (0, inf): the largest of the schedule. ``"auto"``
    is 0.005, and 0.001 for texts.
    """


@documented
@parameters
class CNNClassifier(NeuralClassifierMixin, CNNEstimator):
    """Convolutional neural network classifier.

    Stages of convolution, activation and max pooling, in 1, 2 or 3 spatial
    dimensions, then dense layers. The network's first layer standardises its inputs
    by what it saw in ``fit``, so raw values train as well as scaled ones; with
    ``vocabulary_size``, it turns token ids into vectors.

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
    TokenSequencer : Texts to rows of token ids.
    LogMelSpectrogram : Sounds to images.
    DistilledClassifier : A small network taught by a large model.

    References
    ----------
    %(references)s
    %(smoothing_reference)s
    %(block_references)s
    .. [7] Y. Kim. "Convolutional Neural Networks for Sentence Classification". EMNLP
       2014. arXiv:1408.5882.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skopt_nn import CNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> cnn = CNNClassifier(filters=(8,), input_shape=(8, 8, 1), epochs=5,
    ...                     random_state=0)
    >>> cnn.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True

    Texts become rows of token ids:

    >>> from sklearn.pipeline import make_pipeline
    >>> from skopt_nn import TokenSequencer
    >>> texts = ["good", "so good", "not good", "bad", "so bad", "not bad"]
    >>> cnn = CNNClassifier(vocabulary_size="auto", epochs=500, random_state=0)
    >>> model = make_pipeline(TokenSequencer(), cnn)
    >>> model.fit(texts, ["yes", "yes", "no", "no", "no", "yes"])
    Pipeline(...)
    >>> model.predict(["so not good", "so not bad"])
    array(['no', 'yes'], dtype='<U3')
    """


@documented
@parameters
class CNNRegressor(NeuralRegressorMixin, CNNEstimator):
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
    %(block_references)s
    .. [7] Y. Kim. "Convolutional Neural Networks for Sentence Classification". EMNLP
       2014. arXiv:1408.5882.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skopt_nn import CNNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> mlp = CNNRegressor(filters=(), dense_units=(32,), random_state=0)
    >>> mlp.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.4
    True
    """
