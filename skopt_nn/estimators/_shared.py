"""Networks with shared weights as classifier and regressor."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from skopt_nn import networks
from skopt_nn.estimators._classifier import (
    CLASSIFIER_CONSTRAINTS,
    NeuralClassifierMixin,
)
from skopt_nn.estimators._cnn import _CNN
from skopt_nn.estimators._docs import fill_docstring
from skopt_nn.estimators._regressor import NeuralRegressorMixin


class _SharedWeight(_CNN):
    _parameter_constraints = {
        **_CNN._parameter_constraints,
        "sharing": [StrOptions({"tied", "similar"})],
        "depth": [Interval(Integral, 0, None, closed="left")],
        "tolerance": [Interval(Real, 0, None, closed="left")],
        "fine_tune_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        filters=(32, 32),
        *,
        sharing="tied",
        depth=3,
        tolerance=0.01,
        fine_tune_epochs=5,
        input_shape=None,
        kernel_size=3,
        pool_size=2,
        dense_units=(64,),
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
        self.sharing = sharing
        self.depth = depth
        self.tolerance = tolerance
        self.fine_tune_epochs = fine_tune_epochs

    def _make_recipe(self, sample_shape, n_outputs, table, seed):
        recipe = {
            **super()._make_recipe(sample_shape, n_outputs, table, seed),
            "network": "shared",
            "depth": int(self.depth),
        }
        shapes = networks.slots(recipe)
        tied = self.sharing == "tied"
        groups = (
            networks.tied_groups(shapes) if tied else {slot: slot for slot in shapes}
        )
        return {**recipe, "groups": groups}

    def _check_network(self):
        super()._check_network()
        if self.sharing != "tied":
            return
        tied = networks.tied_groups(networks.slots(self._recipe))
        if not _same_sets(self._recipe["groups"], tied):
            self._refuse_network(
                'in which sharing="similar" left layers of one shape unshared',
                'sharing="tied"',
            )

    def _max_epochs(self):
        # How many merges are tried is not known in advance.
        return self.epochs if self.sharing == "tied" else None

    def _needs_held_out(self):
        return self.early_stopping or self.sharing == "similar"

    def _describe_network(self):
        super()._describe_network()
        groups = self._recipe["groups"]
        self.shared_weights_ = networks.shared_layers(groups)
        unshared = networks.n_unshared_parameters(self._recipe)
        self.compression_ratio_ = unshared / self.n_parameters_

    def _run(self, rows, held_out, epochs, soft_settings, monitor):
        watched = held_out if self.early_stopping else None
        super()._run(rows, watched, epochs, soft_settings, monitor)
        if self.sharing == "similar" and held_out is not None:
            self._merge_similar(rows, held_out, soft_settings, monitor)

    def _merge_similar(self, rows, held_out, soft_settings, monitor):
        """Merge the two most alike layers while the held-out score allows it."""
        floor = self._score_of(held_out) - self.tolerance
        while pairs := networks.most_similar(self.model_):
            before = self._recipe, self.model_
            self._merge(*pairs[0][1:])
            # With rows to watch, the best of the epochs is kept.
            super()._run(rows, held_out, self.fine_tune_epochs, soft_settings, monitor)
            # Written so that a score that is not a number accepts no merge.
            if not self._score_of(held_out) >= floor:
                self._recipe, model = before
                self._set_model(model)
                self._optimizer_state = None
                return

    def _merge(self, first, second):
        groups = networks.merged_groups(self._recipe["groups"], first, second)
        recipe = {**self._recipe, "groups": groups}
        merged = networks.build(recipe)
        networks.copy_weights(self.model_, self._recipe["groups"], merged, groups)
        self._recipe = recipe
        self._set_model(merged)
        self._optimizer_state = None


def _same_sets(groups, others):
    first, second = (
        {frozenset(slots) for slots in networks.shared_layers(g).values()}
        for g in (groups, others)
    )
    return first == second


@fill_docstring(filters="(32, 32)", dense_units="(64,)", epochs=20)
class SharedWeightClassifier(NeuralClassifierMixin, _SharedWeight):
    """Classifier in which similar layers are one set of weights.

    Each stage of the network is a convolution followed by ``depth`` residual ones of
    equal shape, then max pooling; dense layers follow. Layers of equal shape share
    one set of weights under one name: it is stored once, in memory and on disk, and
    its gradient is the sum over all places where it is applied.

    Parameters
    ----------
    %(network)s
    sharing : {"tied", "similar"}, default="tied"
        How layers come to share. ``"tied"``: all layers of one shape are one layer
        from the start, applied again and again [3]_ [4]_. ``"similar"``: the network
        is trained unshared, from one draw of weights for all layers of a shape; then
        the two layers whose kernels are most alike (cosine similarity [5]_) become
        one, which starts as their mean and is fine-tuned, and so on while the score on
        held-out rows is at most ``tolerance`` below that of the unshared network.
    depth : int, default=3
        Residual convolutions of each stage, in [0, inf).
    tolerance : float, default=0.01
        Score (accuracy or R^2) that merging may cost on the held-out rows, in
        [0, inf). Ignored if ``sharing="tied"``.
    fine_tune_epochs : int, default=5
        Epochs of training after each merge. Ignored if ``sharing="tied"``.
    %(training)s
        With ``sharing="similar"`` the part is held out in any case.
    %(classes)s
    %(run)s

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
    .. [3] D. Eigen, J. Rolfe, R. Fergus, Y. LeCun. "Understanding Deep Architectures
       using a Recursive Convolutional Network". ICLR Workshop 2014. arXiv:1312.1847.
    .. [4] Z. Lan, M. Chen, S. Goodman, K. Gimpel, P. Sharma, R. Soricut. "ALBERT: A
       Lite BERT for Self-supervised Learning of Language Representations". ICLR 2020.
       arXiv:1909.11942.
    .. [5] P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
       Sharing". ICLR 2019. arXiv:1902.09701.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skopt_nn import SharedWeightClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SharedWeightClassifier(filters=(8, 8), depth=2, input_shape=(8, 8, 1),
    ...                              epochs=2, random_state=0).fit(X, y)
    >>> net.shared_weights_
    {'shared_1': ['stage_1_block_1', 'stage_1_block_2', 'stage_2_entry',
                  'stage_2_block_1', 'stage_2_block_2']}
    >>> round(net.compression_ratio_, 2)
    1.68
    """

    _parameter_constraints = {
        **_SharedWeight._parameter_constraints,
        **CLASSIFIER_CONSTRAINTS,
    }

    def __init__(
        self,
        filters=(32, 32),
        *,
        sharing="tied",
        depth=3,
        tolerance=0.01,
        fine_tune_epochs=5,
        input_shape=None,
        kernel_size=3,
        pool_size=2,
        dense_units=(64,),
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
            sharing=sharing,
            depth=depth,
            tolerance=tolerance,
            fine_tune_epochs=fine_tune_epochs,
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


@fill_docstring(filters="(32, 32)", dense_units="(64,)", epochs=20)
class SharedWeightRegressor(NeuralRegressorMixin, _SharedWeight):
    """Regressor in which similar layers are one set of weights.

    The network of :class:`SharedWeightClassifier`, where ``sharing`` is described,
    trained on the squared error.

    Parameters
    ----------
    %(network)s
    sharing : {"tied", "similar"}, default="tied"
        How layers come to share: by construction, or by merging the most alike.
    depth : int, default=3
        Residual convolutions of each stage, in [0, inf).
    tolerance : float, default=0.01
        R^2 that merging may cost on the held-out rows, in [0, inf). Ignored if
        ``sharing="tied"``.
    fine_tune_epochs : int, default=5
        Epochs of training after each merge. Ignored if ``sharing="tied"``.
    %(training)s
        With ``sharing="similar"`` the part is held out in any case.
    %(run)s

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
