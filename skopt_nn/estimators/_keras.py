"""Any Keras build function as a scikit-learn estimator: scikeras' classes made whole."""

import contextlib
import copy
import inspect
import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from skopt_nn import _scikeras
from skopt_nn._backend import keras
from skopt_nn.estimators import _keras_pickle, _keras_routing
from skopt_nn.estimators._keras_batches import (
    Batches,
    EpochCounter,
    is_sliceable,
    n_rows,
    split_off_last,
)
from skopt_nn.estimators._keras_encoders import LabelEncoder, TargetEncoder

_CLASS_GETTERS = {
    "optimizer": _scikeras.get_optimizer_class,
    "loss": _scikeras.get_loss_class_function_or_string,
    "metrics": _scikeras.get_metric_class,
}
_OF_ONE_MODEL = ("model_", "history_", "n_iter_", "callbacks_", "classes_")


class BaseWrapper(_scikeras.BaseWrapper):
    """A Keras model behind scikit-learn's methods, for any kind of target.

    The parent of `KerasClassifier` and `KerasRegressor`, to derive other estimators
    from. Its parameters are theirs.
    """

    _routing_prefixes = frozenset(_keras_routing.PREFIXES)
    # Seeds are given by `seeded`, never by scikeras, which would seed the process.
    _random_state = None

    def __init__(
        self,
        model=None,
        *,
        build_fn=None,
        warm_start=False,
        random_state=None,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        verbose=1,
        callbacks=None,
        validation_split=0.0,
        shuffle=True,
        run_eagerly=False,
        epochs=1,
        **kwargs,
    ):
        super().__init__(
            model=model,
            build_fn=build_fn,
            warm_start=warm_start,
            random_state=random_state,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            batch_size=batch_size,
            validation_batch_size=validation_batch_size,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            run_eagerly=run_eagerly,
            epochs=epochs,
        )
        self._routed = kwargs

    # ------------------------------------------------------------- parameters

    def __getattr__(self, name):
        routed = vars(self).get("_routed", {})
        if name in routed:
            return routed[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _get_param_names(self):
        declared = _keras_routing.declared_parameters(type(self))
        return [n for n in declared if n in vars(self)] + list(self._routed)

    def set_params(self, **params):
        """Set parameters of the estimator and routed ones, such as ``model__units``.

        Parameters
        ----------
        **params : dict
            Estimator parameters.

        Returns
        -------
        self
        """
        known = self._get_param_names()
        for name, value in params.items():
            prefix, routed, _ = name.partition("__")
            if name in vars(self) and name in known:
                setattr(self, name, value)
            elif name in known or (routed and prefix in self._routing_prefixes):
                self._routed = {**self._routed, name: value}
            else:
                hint = _keras_routing.nearest(name, known)
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self.__name__}. Did you "
                    f"mean {hint!r}? An argument of the build function has to be given "
                    f"to the constructor, {self.__name__}({name}=...), or be set as "
                    f"'model__{name}'. Valid parameters are: {known}."
                )
        return self

    @property
    def _user_params(self):
        """Names that go to the build function without a prefix."""
        accepted = _keras_routing.declared_arguments(self._build_function)
        destined = self._fit_kwargs | self._predict_kwargs | self._compile_kwargs
        return {n for n in self._routed if n not in destined or n in accepted}

    def _check_routed_parameters(self):
        params = self.get_params(deep=False)
        _keras_routing.check_routed_parameters(
            type(self).__name__,
            {n: v for n, v in self._routed.items() if n in self._checked_names},
            self._build_function,
            params,
            self._routing_prefixes,
            _keras_routing.declared_parameters(type(self)),
        )

    @property
    def _checked_names(self):
        return {n for n in self._routed if "__" in n} | self._user_params

    @property
    def _build_function(self):
        build = self.model if self.model is not None else self.build_fn
        if build is None:
            build = getattr(self, "_keras_build_fn", None)
        return (lambda: build) if isinstance(build, keras.Model) else build

    __repr__ = BaseEstimator.__repr__
    __sklearn_clone__ = BaseEstimator.__sklearn_clone__

    # ------------------------------------------------------ model and training

    def _check_model_param(self):
        model = self.model if self.model is not None else self.build_fn
        if callable(model) and not isinstance(model, keras.Model):
            if hasattr(self, "_keras_build_fn"):
                raise ValueError(
                    f"{type(self).__name__} implements `_keras_build_fn`, so it cannot "
                    f"take `model` as well. Received: model={model!r}"
                )
            return model
        return super()._check_model_param()

    def _build_keras_model(self):
        with _scikeras.seeded(self._seed):
            model = super()._build_keras_model()
        if not isinstance(model, keras.Model):
            build = self._check_model_param()
            name = getattr(build, "__qualname__", repr(build))
            raise TypeError(
                f"The build function {name} must return a keras.Model, but returned "
                f"{model!r} of type {type(model).__name__}."
                + (" Is its return statement missing?" if model is None else "")
            )
        return model

    def _get_compile_kwargs(self):
        params = self.get_params(deep=False)
        kwargs = _scikeras.route_params(params, "compile", self._compile_kwargs)
        for kind, get_class in _CLASS_GETTERS.items():
            routed = _scikeras.route_params(
                params, kind, pass_filter=set(), strict=kind == "optimizer"
            )
            items = kwargs.get(kind)
            if routed:
                items = _scikeras.try_to_convert_strings_to_classes(
                    items, lambda name, k=kind: _keras_routing.class_of_name(k, name) or name
                )
            items = _scikeras.try_to_convert_strings_to_classes(items, get_class)
            kwargs[kind] = _scikeras.unflatten_params(items, routed)
        if isinstance(kwargs["optimizer"], keras.optimizers.Optimizer):
            kwargs["optimizer"] = _unused(kwargs["optimizer"])
        if not isinstance(kwargs["metrics"], (dict, list, type(None))):
            kwargs["metrics"] = [kwargs["metrics"]]
        return kwargs

    def _make_callbacks(self, method):
        """Callbacks for one call: built from classes, and copies of instances."""
        super()._initialize_callbacks()
        made = {m: vars(self).pop(f"_{m}_callbacks") for m in ("fit", "predict")}
        return [_copied(callback) for callback in keras.tree.flatten(made[method])]

    def _draw_seed(self):
        if self.random_state is None:
            return int(np.random.SeedSequence().generate_state(1)[0])
        random_state = check_random_state(self.random_state)
        return int(random_state.randint(np.iinfo(np.int32).max))

    def _initialize(self, X, y=None):
        self._seed = self._draw_seed()
        self._check_routed_parameters()
        X, y = self._validate_data(X, y, reset=True)
        self.target_encoder_ = self.target_encoder
        if y is not None:
            self.target_encoder_ = self.target_encoder_.fit(y)
        self._take_metadata(self.target_encoder_)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        self._take_metadata(self.feature_encoder_)
        self.model_ = self._build_keras_model()
        self._epochs_trained = 0
        return X, y

    def _take_metadata(self, encoder):
        vars(self).update(getattr(encoder, "get_metadata", dict)())

    def initialize(self, X, y=None):
        """Build the model without training it, for instance a pretrained one.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None

        Returns
        -------
        self
        """
        with _all_or_nothing(self):
            self._forget()
            self._initialize(X, y)
        return self

    def _forget(self):
        for name in _OF_ONE_MODEL:
            vars(self).pop(name, None)

    def fit(self, X, y, sample_weight=None, **kwargs):
        """Build the model and train it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight zero are as if absent.
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call, such as ``epochs``.

        Returns
        -------
        self
        """
        epochs = kwargs.pop("epochs", getattr(self, "fit__epochs", self.epochs))
        initial_epoch = kwargs.pop("initial_epoch", 0)
        self._fit(
            X,
            y,
            sample_weight=sample_weight,
            warm_start=self.warm_start,
            epochs=epochs,
            initial_epoch=initial_epoch,
            **kwargs,
        )
        return self

    def partial_fit(self, X, y, sample_weight=None, **kwargs):
        """Train for one more epoch on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call.

        Returns
        -------
        self
        """
        return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def _fit(self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs):
        _keras_routing.check_fit_arguments(type(self).__name__, kwargs)
        with _all_or_nothing(self):
            X, y, sample_weight = _with_weight(X, y, sample_weight)
            if (self.warm_start or warm_start) and self.initialized_:
                X, y = self._validate_data(X, y)
            else:
                self._forget()
                X, y = self._initialize(X, y)
                if self.model_ is self.model:
                    # What is trained is a copy: a refit starts where this one did.
                    self.model_ = copy.deepcopy(self.model_)
            self._ensure_compiled_model()
            sample_weight = self._final_weights(y, sample_weight)
            X, y, sample_weight = _with_weight(X, y, sample_weight)
            y = self.target_encoder_.transform(y)
            X = self.feature_encoder_.transform(X)
            self._check_model_compatibility(y)
            self._fit_keras_model(
                X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
            )

    def _final_weights(self, y, sample_weight):
        return sample_weight

    def _fit_keras_model(
        self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
    ):
        params = self.get_params(deep=False)
        arguments = _scikeras.route_params(params, "fit", self._fit_kwargs)
        arguments |= kwargs | {
            "epochs": initial_epoch + epochs,
            "initial_epoch": initial_epoch,
        }
        given = kwargs.get("callbacks") or []
        arguments = {k: v for k, v in arguments.items() if not k.startswith("callbacks")}
        callbacks = self._make_callbacks("fit") + keras.tree.flatten(given)
        history = self._train(X, y, sample_weight, callbacks, arguments)
        self.callbacks_ = callbacks
        n_epochs = len(history.get("loss", ()))
        self._epochs_trained += n_epochs
        self.n_iter_ = self._epochs_trained
        if not warm_start or initial_epoch == 0 or not hasattr(self, "history_"):
            self.history_ = {}
        for name, values in history.items():
            self.history_.setdefault(_metric_name(name), []).extend(values)

    def _train(self, X, y, sample_weight, callbacks, arguments):
        """The one call of ``keras.Model.fit``; returns the epochs' history."""
        watch = _StopAtDivergence()
        if not is_sliceable((X, y)):
            return self.model_.fit(
                X, y, callbacks=[*callbacks, watch], sample_weight=sample_weight, **arguments
            ).history
        ...

    def _ensure_compiled_model(self):
        super()._ensure_compiled_model()
