"""What `KerasClassifier` and `KerasRegressor` share: scikeras' base made whole."""

import inspect

from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_is_fitted

from skopt_nn import _fitting
from skopt_nn._backend import keras
from skopt_nn.bridge import _compiling, _routing, _scikeras, _training
from skopt_nn.bridge._data import CheckedData, relative, with_weight
from skopt_nn.bridge._docs import shown_in_full
from skopt_nn.bridge._parameters import Parameters
from skopt_nn.bridge._pickle import PickledModels
from skopt_nn.bridge._seeds import seeded

_OF_ONE_MODEL = ("model_", "history_", "n_iter_", "callbacks_", "classes_")


@shown_in_full
class BaseWrapper(CallbackSupportMixin, PickledModels, CheckedData, Parameters):
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
    def fit(self, X, y, sample_weight=None, **kwargs):
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
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call, such as ``epochs``, or of
            the model's own ``fit``.

        Returns
        -------
        self
            This estimator.
        """
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
                    **kwargs,
                )
            finally:
                vars(self).pop("_epoch_tasks", None)
        return self

    def _fit(self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs):
        with _fitting.all_or_nothing(self):
            X, y, sample_weight = with_weight(X, y, sample_weight)
            X, y = self._begin(X, y, continues=self.warm_start or warm_start)
            _routing.check_fit_arguments(self.__name__, kwargs, self.model_)
            sample_weight = self._final_weights(y, sample_weight)
            y = self.target_encoder_.transform(y)
            X = self.feature_encoder_.transform(X)
            self._check_model_compatibility(y)
            self._fit_keras_model(
                X,
                y,
                sample_weight=sample_weight,
                warm_start=warm_start,
                epochs=epochs,
                initial_epoch=initial_epoch,
                **kwargs,
            )

    def _begin(self, X, y, continues):
        """Validated data, and a compiled model: the one there is, or a new one."""
        if not continues:
            self._forget()
        if self.initialized_:
            self._check_routed_parameters()
            X, y = self._validate_data(X, y)
        else:
            X, y = self._initialize(X, y)
            if self.model_ is self.model:
                # A copy is trained, so that a refit starts from the same weights.
                self.model_ = self._copied_model()
        self._ensure_compiled_model()
        return X, y

    def _final_weights(self, y, sample_weight):
        """Weights of the rows from all there is to weigh them by; None if equal."""
        return sample_weight

    def _check_model_compatibility(self, y):
        expected = getattr(self, "n_outputs_expected_", None)
        _compiling.check_outputs(self.model_, expected, self.target_encoder_)
        declared = inspect.signature(type(self)).parameters.get("loss")
        default = declared.default if declared else None
        _compiling.check_loss(self.loss, default, self.model_.loss)

    def _fit_keras_model(
        self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
    ):
        arguments = _scikeras.routing.route_params(
            self.get_params(deep=False), "fit", pass_filter=self._fit_kwargs
        )
        arguments |= kwargs
        arguments["epochs"] = initial_epoch + epochs
        arguments["initial_epoch"] = initial_epoch
        callbacks = self._make_callbacks("fit", kwargs)
        rows, sample_weight = relative(sample_weight)
        run = _training.train(
            self.model_,
            (X, y, sample_weight),
            rows,
            {k: v for k, v in arguments.items() if not k.startswith("callbacks")},
            seed=self._seed,
            n_before=self.n_iter_,
            callbacks=callbacks,
            hooks=[] if self._epoch_tasks is None else [self._epoch_tasks],
        )
        self.callbacks_ = callbacks
        vars(self).update(self._progress(run, initial_epoch))
        if run.diverged_at is not None:
            hint = "A smaller learning rate or scaled inputs may help."
            _fitting.warn_of_divergence(self, run.diverged_at, hint, stacklevel=5)

    def _progress(self, run, initial_epoch):
        """Attributes that count epochs, after those of a run."""
        before = getattr(self, "history_", {}) if initial_epoch else {}
        named = {_metric_name(name): list(vs) for name, vs in run.history.items()}
        return {
            "n_iter_": self.n_iter_ + len(named.get("loss", ())),
            "history_": _fitting.extended(before, len(before.get("loss", ())), named),
        }

    def _at(self, run, initial_epoch):
        """Attributes of this estimator as if training had ended with this epoch."""
        return {"model_": self._copied_model(), **self._progress(run, initial_epoch)}

    def _make_callbacks(self, method, kwargs):
        """Callbacks for one call: made from classes, copied from instances."""
        self._initialize_callbacks()
        made = {m: vars(self).pop(f"_{m}_callbacks") for m in ("fit", "predict")}
        callbacks = map(_training.copied, keras.tree.flatten(made[method]))
        return [*callbacks, *keras.tree.flatten(kwargs.get("callbacks") or [])]

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


def _metric_name(name):
    """scikeras' name of a metric in ``history_``: the full one for ``"mse"``."""
    if name == "loss" or name.startswith("val_"):
        return name
    try:
        return _scikeras.names.metric_name(name)
    except ValueError:
        return name
