"""What `KerasClassifier` and `KerasRegressor` share: scikeras' base made whole."""

from contextlib import ExitStack
from functools import partial

from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skopt_nn import _fitting
from skopt_nn._backend import keras
from skopt_nn._compat import check_partial_fit_first_call, check_sample_weight
from skopt_nn._validation_rows import check_validation
from skopt_nn.bridge import _routing, _scikeras, _training
from skopt_nn.bridge._data import CheckedData, with_weight
from skopt_nn.bridge._docs import shown_in_full
from skopt_nn.bridge._made import Made
from skopt_nn.bridge._parameters import Parameters
from skopt_nn.bridge._pickle import PickledModels, kept_values
from skopt_nn.bridge._seeds import seeded
from skopt_nn.bridge._teaching import taught_twin, untaught
from skopt_nn.bridge._trained import TrainedModel

_OF_ONE_MODEL = ("model_", "history_", "n_iter_", "callbacks_", "classes_")


@shown_in_full
class BaseWrapper(
    CallbackSupportMixin, TrainedModel, PickledModels, CheckedData, Parameters
):
    """A Keras model behind scikit-learn's methods, for any kind of target.

    The parent of `KerasClassifier` and `KerasRegressor`, from which other estimators
    can be derived: encoders, autoencoders.

    Parameters
    ----------
    %(Parameters)s
    %(kwargs)s

    Attributes
    ----------
    model_ : keras.Model
        The network.
    history_ : dict of str to list of float
        Losses and metrics, a value an epoch of the last ``fit`` and the calls of
        ``partial_fit`` since.
    n_iter_ : int
        Epochs that the model has been trained for.
    n_features_in_ : int
        Size of the second axis of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has column names.
    X_shape_, X_dtype_ : tuple, dtype
        Of the X that the model was built for.
    y_ndim_, y_dtype_, target_type_ : int, dtype, str
        Of the y that the model was built for.
    target_encoder_, feature_encoder_ : transformers
        What turned y and X into what Keras is given.
    n_outputs_, n_outputs_expected_ : int
        Targets a sample, and outputs that the Keras model is to have.
    callbacks_ : list of keras.callbacks.Callback
        Callbacks of the last fit; left out of pickles.

    See Also
    --------
    KerasClassifier : For labels.
    KerasRegressor : For continuous targets.

    Notes
    -----
    The interface is that of scikeras [1]_ 0.13. Differences are listed in
    ``docs/from_scikeras.md``.

    References
    ----------
    .. [1] A. Garcia Badaracco, "SciKeras: Scikit-Learn API wrapper for Keras", 2020.
       https://github.com/adriangb/scikeras
    """

    # Seeds come from `seeded`, never from scikeras, which seeds the process.
    _random_state = None
    # Parameters that the model was made with; None in pickles of version 0.1.
    _made = None
    # While `fit` runs: what tells scikit-learn's callbacks of its epochs.
    _epoch_tasks = None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        return self.initialized_

    # -- building ---------------------------------------------------------------

    def _build_keras_model(self):
        with seeded(self._seed):
            model = super()._build_keras_model()
        if not isinstance(model, keras.Model):
            build = self._build_function
            name = getattr(build, "__qualname__", repr(build))
            raise TypeError(
                f"The build function {name} must return a keras.Model, but returned "
                f"{model!r} of type {type(model).__name__}."
                + (" Is its return statement missing?" if model is None else "")
            )
        return model

    def _initialize(self, X, y=None):
        self._check_routed_parameters()
        (self._seed,) = _fitting.draw_seeds(self.random_state, 1)
        X, y = self._validate_data(X, y, reset=True)
        self.target_encoder_ = self.target_encoder
        if y is not None:
            self.target_encoder_ = self.target_encoder_.fit(y)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        for encoder in (self.target_encoder_, self.feature_encoder_):
            vars(self).update(getattr(encoder, "get_metadata", dict)())
        self.model_ = self._build_keras_model()
        self._made = Made(self, is_compiled=getattr(self.model_, "compiled", False))
        _routing.check_methods(self.__name__, self._routed, self.model_)
        self.n_iter_ = 0
        return X, y

    def initialize(self, X, y=None):
        """Build the model without training it, for instance a pretrained one.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Rows of the kind that the model is to be given.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their targets.

        Returns
        -------
        self
            This estimator.
        """
        with _fitting.all_or_nothing(self):
            self._forget()
            self._initialize(X, y)
        return self

    def _forget(self):
        for name in _OF_ONE_MODEL:
            vars(self).pop(name, None)

    # -- training ---------------------------------------------------------------

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        **kwargs,
    ):
        """Build the model and train it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight zero are as if absent. Only ratios matter: the weights are
            divided by their mean.
        X_val, y_val : array-like, default=None
            Rows to validate on, with what they are called in ``history_``: ``val_loss``
            and ``val_`` before each metric. They go through the encoders as X and y do.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call, such as ``epochs``, or of
            the model's own ``fit``.

        Returns
        -------
        self
            This estimator.
        """
        validation = X_val, y_val, sample_weight_val
        return self._train(X, y, sample_weight, kwargs, validation)

    def _train(
        self, X, y, sample_weight, kwargs, validation, taught=None, classes=None
    ):
        check_validation(validation)
        epochs = kwargs.pop("epochs", getattr(self, "fit__epochs", self.epochs))
        initial_epoch = kwargs.pop("initial_epoch", 0)
        with _fitting.EpochTasks(
            self, epochs, X, y, sample_weight, lambda run: self._at(run, initial_epoch)
        ) as tasks:
            self._epoch_tasks = tasks
            try:
                self._fit(
                    X=X,
                    y=y,
                    sample_weight=sample_weight,
                    warm_start=self.warm_start,
                    epochs=epochs,
                    initial_epoch=initial_epoch,
                    validation=validation,
                    taught=taught,
                    classes=classes,
                    **kwargs,
                )
            finally:
                vars(self).pop("_epoch_tasks", None)
        return self

    def _fit(
        self,
        X,
        y,
        sample_weight,
        warm_start,
        epochs,
        initial_epoch,
        validation=(None, None, None),
        taught=None,
        classes=None,
        **kwargs,
    ):
        with _fitting.all_or_nothing(self), ExitStack() as stack:
            X, y, sample_weight, taught = with_weight(X, y, sample_weight, taught)
            if not (self.warm_start or warm_start):
                self._forget()
            goes_on = self.initialized_
            if classes is not None:
                check_partial_fit_first_call(self, classes)
            X, y = self._begin(X, y)
            if goes_on:
                stack.enter_context(kept_values(self.model_))
            _routing.check_fit_arguments(self.__name__, kwargs, self.model_)
            weigh = partial(self._weigh, y, sample_weight)
            y = self.target_encoder_.transform(y)
            X = self.feature_encoder_.transform(X)
            self._check_model_compatibility(y)
            validation = self._encoded_validation(*validation)
            model = self.model_
            if taught is not None:
                with seeded(self._seed):
                    model, y = taught_twin(self, X, y, taught)
                validation = untaught(validation, y)
            if validation:
                kwargs["validation_data"] = validation
            self._fit_keras_model(
                X,
                y,
                model,
                weights=(weigh, sample_weight),
                epochs=epochs,
                initial_epoch=initial_epoch,
                **kwargs,
            )

    def _begin(self, X, y):
        """Validated data, and a compiled model: the one there is, or a new one."""
        if self.initialized_:
            self._check_routed_parameters()
            X, y = self._validate_data(X, y)
            if self._made is not None:
                self._made.take_over_changes(self)
        else:
            X, y = self._initialize(X, y)
            if self.model_ is self.model:
                # A copy is trained, so that a refit starts from the same weights.
                self.model_ = self._copied_model()
        self._ensure_compiled_model()
        return X, y

    def _encoded_validation(self, X, y, sample_weight):
        """What Keras is given as ``validation_data``; empty for none."""
        if X is None:
            return ()
        try:
            check_consistent_length(X, y)
            X, y = self._validate_data(X, y)
            X, y = self.feature_encoder_.transform(X), self.target_encoder_.transform(y)
        except ValueError as err:
            raise ValueError(f"X_val and y_val must be as X and y are: {err}") from err
        if sample_weight is None:
            return X, y
        weights = check_sample_weight(sample_weight, X)
        return X, y, weights / weights.mean()

    def _weigh(self, y, sample_weight, rows):
        """Weights of all rows, None if equal, where these are trained on; None: all."""
        return sample_weight

    # -- predicting -------------------------------------------------------------

    def _predict_raw(self, X, **kwargs):
        check_is_fitted(self)
        X, _ = self._validate_data(X)
        X = self.feature_encoder_.transform(X)
        arguments = _scikeras.routing.route_params(
            self.get_params(deep=False),
            "predict",
            pass_filter=self._predict_kwargs,
            strict=True,
        )
        arguments |= kwargs
        arguments["callbacks"] = self._make_callbacks("predict", kwargs)
        return _training.predict(self.model_, X, arguments)

    def score(self, X, y, sample_weight=None):
        """Score of the predictions for ``X``: ``scorer(y, predict(X))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Rows to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        float
            What ``scorer`` gives.
        """
        check_is_fitted(self)
        _, y = self._validate_data(y=y)
        arguments = _scikeras.routing.route_params(
            self.get_params(deep=False), "score", pass_filter=set()
        )
        predicted = self.predict(X)
        return self.scorer(y, predicted, sample_weight=sample_weight, **arguments)
