"""Networks with shared weights as classifier and regressor."""

import math
import time
from dataclasses import fields
from numbers import Integral, Real

from skopt_nn import networks
from skopt_nn._parameters import (
    COUNT,
    OneOf,
    Range,
    parameter,
    parameters,
    redefault,
)
from skopt_nn.estimators._classifier import NeuralClassifierMixin
from skopt_nn.estimators._cnn import ConvolutionalEstimator
from skopt_nn.estimators._docs import documented
from skopt_nn.estimators._groups import Network
from skopt_nn.estimators._regressor import NeuralRegressorMixin
from skopt_nn.networks.sharing import SHARINGS, Sharing, shared_layers
from skopt_nn.training.hooks import Hook


@parameters
class SharedWeightEstimator(ConvolutionalEstimator):
    """Parameters and recipe of a network with shared weights."""

    _recipe_kind = networks.SharedRecipe
    _n_values = None  # in files of version 0.1, too

    filters: tuple[int, ...] = redefault(Network, "filters", (48, 48, 48))
    sharing: str | None = parameter(
        "tied",
        [OneOf(SHARINGS.keys()), None],
        '{"tied", "similar", "templates", "clustered", "hashed"} or None',
    )
    """How layers come to share. ``"tied"``: all layers of one shape are one layer
    from the start, applied again and again [3]_ [4]_. ``"templates"``: the kernels of
    one shape are mixtures of ``n_templates`` kernels that they share; layers whose
    mixtures end up alike become one [5]_. ``"similar"`` means this, too: it was the
    merging of layers that stayed alike, which templates do better. ``"clustered"``:
    layers share nothing, but the weights of each kernel take ``n_clusters`` values;
    files hold these values and a few bits for each weight. Values are the means of
    k-means, to which weights are moved between epochs and at the end [7]_; four or
    fewer are trained, and the weights take them in each step, which then lasts longer
    [10]_. ``"hashed"``: the kernels of dense layers, and of convolutions of one pixel,
    are drawn at random from vectors that are ``compression`` times shorter [8]_, in
    runs of eight weights [9]_. None: each layer has weights of its own, to compare
    with.
    """
    block: str = parameter("plain", OneOf(networks.SHARED_BLOCKS), "str")
    """What a stage is made of: a block of :class:`CNNClassifier`, ``"plain"``,
    ``"residual"``, ``"separable"``, ``"inception"``; or a convolution and ``depth``
    residual ones of equal shape behind it, before pooling (``"recursive"``). Each place
    has a normalization of its own; convolutions of each channel by itself are not
    shared.
    """
    depth: int = parameter(2, Range(Integral, 0))
    """Convolutions of a stage, as in :class:`CNNClassifier`, in [1, inf); residual ones
    of a recursive stage, in [0, inf).
    """
    head: str = parameter("auto", OneOf(("auto", *networks.HEADS)), "str")
    """What the last stage's pixels become, as in :class:`CNNClassifier`."""
    n_clusters: int = parameter(16, Range(Integral, 1, 256, closed="both"))
    """Values of the weights of each kernel, in [1, 256]: 2 and 3 make binary and
    ternary networks. Ignored unless ``sharing="clustered"``.
    """
    n_templates: int = parameter(2, COUNT)
    """Templates that the kernels of one shape are mixtures of, in [1, number of layers
    of one shape). Shapes of fewer layers keep kernels of their own. Ignored unless
    ``sharing="templates"``.
    """
    compression: float = parameter(
        8, Range(Real, 1, networks.MOST_COMPRESSION, closed="both")
    )
    """Weights of a hashed kernel for each one that is stored, in [1, 1000]. Ignored
    unless ``sharing="hashed"``.
    """

    @property
    def _sharing(self):
        kind = Sharing if self.sharing is None else SHARINGS[self.sharing]
        return kind(**{of.name: getattr(self, of.name) for of in fields(kind)})

    def _make_recipe(self, sample_shape, per_column, *, n_outputs):
        recipe = super()._make_recipe(sample_shape, per_column, n_outputs=n_outputs)
        return self._sharing.applied_to(recipe)

    def _check_fit(self, *data, **how):
        examples = super()._check_fit(*data, **how)
        self._sharing.check(self._recipe)
        return examples

    def _check_network(self):
        had, asked = self._recipe.n_values, self._asked().n_values
        if had != asked:
            values = f"{had} values, which train with them" if had else "any values"
            got = f"sharing={self.sharing!r}, n_clusters={self.n_clusters}"
            self._refuse_network(f"whose kernels take {values}", got)
        super()._check_network()
        reason = self._sharing.accepts(self._recipe)
        if reason is not None:
            self._refuse_network(reason, f"sharing={self.sharing!r}")

    def _max_epochs(self):
        return None if self._sharing.trains_on else super()._max_epochs()

    def _needs_held_out(self):
        return self.early_stopping or self._sharing.needs_held_out

    def _describe_network(self):
        super()._describe_network()
        self.shared_weights_ = shared_layers(self._recipe.groups)
        self._n_values = self._sharing.n_values
        if self._n_values is not None:
            for shape in self._recipe.stored_kernels().values():
                n_weights = math.prod(shape)
                stored = networks.n_stored(n_weights, self._n_values)
                self.n_parameters_ += stored - n_weights
            # Codebooks that train are in both.
            books = (getattr(of, "codebook", None) for of in self.model_.layers)
            books = [math.prod(book.shape) for book in books if book is not None]
            self.n_parameters_ -= sum(books)
        unshared = self._recipe.n_unshared_parameters()
        self.compression_ratio_ = unshared / self.n_parameters_

    def _run(self, examples, held_out, hooks=(), **changed):
        if self._sharing.between_epochs:
            hooks = [*hooks, _Projection(self._sharing)]
        super()._run(examples, held_out, hooks, **changed)

    def __getstate__(self):
        state = super().__getstate__()
        if "model_" in state and self._n_values is not None:
            state["model_"] = networks.packed(state["model_"], self._n_values)
        return state

    def _run_epochs(self, examples, held_out, hooks):
        run = _SharingRun(self, examples, held_out, hooks)
        self._run(examples, held_out, hooks)
        self._sharing.after_training(run)


class _Projection(Hook):
    """Moves weights towards shared ones before epochs, and all the way at the end.

    The part of the way is that of the training that is done: weights that are moved all
    the way from the first epoch on never change clusters.
    """

    def __init__(self, sharing):
        self._sharing = sharing

    def begin(self, run):
        self._first = run.epoch

    def begin_epoch(self, run):
        done = run.epoch - self._first
        if done:
            self._move(run, done / (run.last_epoch + 1 - self._first))

    def end(self, run):
        self._move(run, 1.0)

    def _move(self, run, part):
        run.sync()
        self._sharing.project(run.model, part)
        run.read()


class _SharingRun:
    """A training of an estimator as its kind of sharing sees it."""

    def __init__(self, estimator, examples, held_out, hooks):
        self._begun = time.perf_counter()
        self._estimator = estimator
        self._examples = examples
        self._held_out = held_out
        self._hooks = hooks

    @property
    def recipe(self):
        return self._estimator._recipe

    @property
    def model(self):
        return self._estimator.model_

    @property
    def is_in_time(self):
        return self._seconds_left is None or self._seconds_left > 0

    @property
    def _seconds_left(self):
        most = self._estimator.max_time
        return most and most - (time.perf_counter() - self._begun)

    def score(self):
        return self._estimator._score_of(self._held_out)

    def train(self, epochs):
        kept = {"early_stopping": True, "n_iter_no_change": epochs}
        kept["max_time"] = self._seconds_left
        data = self._examples, self._held_out, self._hooks
        self._estimator._run(*data, epochs=epochs, **kept)

    def replace(self, recipe, model):
        self._estimator._recipe = recipe
        self._estimator._set_model(model)
        self._estimator._optimizer_state = None


@documented
@parameters
class SharedWeightClassifier(NeuralClassifierMixin, SharedWeightEstimator):
    """Classifier in which similar layers are one set of weights.

    The network is that of :class:`CNNClassifier`, with stages of equal width. Layers of
    equal shape share one set of weights under one name: it is stored once, in memory
    and on disk, and its gradient is the sum over all places where it is applied.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    shared_weights_ : dict of str to list of str
        For each shared set of weights the layers that it serves.
    compression_ratio_ : float
        Parameters of the same network without sharing / parameters stored.
    %(attributes)s

    See Also
    --------
    SharedWeightRegressor : The same network for values.
    CNNClassifier : A network in which every layer has weights of its own.

    References
    ----------
    %(references)s
    %(smoothing_reference)s
    %(sharing_references)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skopt_nn import SharedWeightClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SharedWeightClassifier(filters=(8, 8), input_shape=(8, 8, 1), epochs=2,
    ...                              random_state=0).fit(X, y)
    >>> net.shared_weights_
    {'shared_1': ['conv_1_2', 'conv_2', 'conv_2_2']}
    >>> round(net.compression_ratio_, 2)
    2.14
    """


@documented
@parameters
class SharedWeightRegressor(NeuralRegressorMixin, SharedWeightEstimator):
    """Regressor in which similar layers are one set of weights.

    The network of :class:`SharedWeightClassifier`, where ``sharing`` is described,
    trained on the squared error.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    shared_weights_ : dict of str to list of str
        For each shared set of weights the layers that it serves.
    compression_ratio_ : float
        Parameters of the same network without sharing / parameters stored.
    %(attributes)s

    See Also
    --------
    SharedWeightClassifier : The same network for labels.

    References
    ----------
    %(references)s
    %(sharing_references)s

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skopt_nn import SharedWeightRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = SharedWeightRegressor(filters=(), dense_units=(32, 32, 32, 32),
    ...                             random_state=0)
    >>> net.fit(X[:300], y[:300]).shared_weights_
    {'shared_1': ['dense_2', 'dense_3', 'dense_4']}
    """
