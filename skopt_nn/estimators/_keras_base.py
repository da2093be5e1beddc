"""What `KerasClassifier` and `KerasRegressor` share: scikeras' base made whole."""

import contextlib
import copy
import inspect
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from skopt_nn import _scikeras
from skopt_nn._backend import keras
from skopt_nn.estimators import _keras_batches, _keras_pickle, _keras_routing
from skopt_nn.estimators._keras_callbacks import (
    EpochCounter,
    EpochTasks,
    KeepFinite,
    copied,
)
from skopt_nn.estimators._keras_programs import shared_outputs, shared_training

_CLASS_GETTERS = {
    "optimizer": _scikeras.get_optimizer_class,
    "loss": _scikeras.get_loss_class_function_or_string,
    "metrics": _scikeras.get_metric_class,
}
_OF_ONE_MODEL = ("model_", "history_", "n_iter_", "callbacks_", "classes_")


class BaseWrapper(CallbackSupportMixin, _scikeras.BaseWrapper):
    """A Keras model behind scikit-learn's methods, for any kind of target.

    The parent of `KerasClassifier` and `KerasRegressor`, from which other estimators
    can be derived: encoders, autoencoders. Its parameters are theirs.
    """

    _routing_prefixes = frozenset(_keras_routing.PREFIXES)
    # Seeds come from `_scikeras.seeded`, never from scikeras, which seeds the process.
    _random_state = None
    # While `fit` runs: what tells scikit-learn's callbacks of its epochs.
    _epoch_tasks = None

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

    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self):
        return self.initialized_

    # -- parameters -------------------------------------------------------------

    def __getattr__(self, name):
        routed = vars(self).get("_routed", {})
        if name in routed:
            return routed[name]
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def _get_param_names(self):
        declared = _keras_routing.declared_parameters(type(self))
        own = [name for name in declared if name in vars(self)]
        return own + [name for name in self._routed if name not in own]

    def set_params(self, **params):
        """Set parameters, those routed to Keras (``model__units``) included.

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
            prefix, separator, _ = name.partition("__")
            if name in vars(self) and name in known:
                setattr(self, name, value)
            elif name in known or (separator and prefix in self._routing_prefixes):
                self._routed = {**self._routed, name: value}
            else:
                reason = (
                    "an argument of the build function has to be given to the "
                    f"constructor, {self.__name__}({name}=...), or set as "
                    f"'model__{name}'"
                )
                raise _keras_routing.unknown_parameter(
                    self.__name__, name, known, reason
                )
        return self

    @property
    def _user_params(self):
        """Names without a prefix that scikeras passes to the build function."""
        elsewhere = self._fit_kwargs | self._predict_kwargs | self._compile_kwargs
        accepted = _keras_routing.accepted_names(self._build_function) or ()
        return {n for n in self._routed if n not in elsewhere or n in accepted}

    @property
    def _build_function(self):
        build = self.model if self.model is not None else self.build_fn
        if build is None:
            return getattr(self, "_keras_build_fn", None)
        return build if callable(build) and not _is_model(build) else lambda: build

    def _check_routed_parameters(self):
        to_check = {n for n in self._routed if "__" in n} | self._user_params
        _keras_routing.check_routed_parameters(
            type(self).__name__,
            to_check,
            self._build_function,
            self.get_params(deep=False),
            self._routing_prefixes,
            _keras_routing.declared_parameters(type(self)),
        )

    # -- building ---------------------------------------------------------------

    def _check_model_param(self):
        model = self.model
        if model is None and self.build_fn is not None:
            warnings.warn("build_fn is the old name of model: use model.", stacklevel=2)
            model = self.build_fn
        if not callable(model) or _is_model(model):
            return super()._check_model_param()
        if hasattr(self, "_keras_build_fn"):
            raise ValueError(
                f"{type(self).__name__} builds its model in `_keras_build_fn`, so it "
                f"takes no `model`. Received: model={model!r}"
            )
        return model

    def _build_keras_model(self):
        with _scikeras.seeded(self._seed):
            model = super()._build_keras_model()
        if not _is_model(model):
            build = self._build_function
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
                items = _keras_routing.names_as_classes(kind, items)
            items = _scikeras.try_to_convert_strings_to_classes(items, get_class)
            with _scikeras.fresh_names():
                kwargs[kind] = _scikeras.unflatten_params(items, routed)
        if kwargs["optimizer"] is self.optimizer:
            # An optimizer belongs to the model it has trained: the next one is new.
            kwargs["optimizer"] = _unused(kwargs["optimizer"])
        if not isinstance(kwargs["metrics"], (dict, list, type(None))):
            kwargs["metrics"] = [kwargs["metrics"]]
        return kwargs

    def _draw_seed(self):
        if self.random_state is None:
            return int(np.random.SeedSequence().generate_state(1)[0])
        random_state = check_random_state(self.random_state)
        return int(random_state.randint(np.iinfo(np.int32).max))

    def _initialize(self, X, y=None):
        self._check_routed_parameters()
        self._seed = self._draw_seed()
        X, y = self._validate_data(X, y, reset=True)
        self.target_encoder_ = self.target_encoder
        if y is not None:
            self.target_encoder_ = self.target_encoder_.fit(y)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        for encoder in (self.target_encoder_, self.feature_encoder_):
            vars(self).update(getattr(encoder, "get_metadata", dict)())
        self.model_ = self._build_keras_model()
        self._epochs_trained = 0
        return X, y

    def initialize(self, X, y=None):
        """Build the model without training it, for instance a pretrained one.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None

        Returns
        -------
        self
        """
        with all_or_nothing(self):
            self._forget()
            self._initialize(X, y)
        return self

    def _forget(self):
        for name in _OF_ONE_MODEL:
            vars(self).pop(name, None)

    # -- data -------------------------------------------------------------------

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        if X is None:
            y = validate_data(
                self, "no_validation", y, multi_output=True, y_numeric=y_numeric
            )
        else:
            checks = {"accept_sparse": "csr", "allow_nd": True, "reset": reset}
            if y is not None:
                checks |= {"multi_output": True, "y_numeric": y_numeric}
                X, y = validate_data(self, X, y, **checks)
            elif reset:
                X = validate_data(self, X, y, **checks)
            else:
                X = validate_data(self, X, **checks)
            X = self._check_features(X, reset)
        return X, y if y is None else self._check_target(y, reset, y_numeric)

    def _check_features(self, X, reset):
        if reset:
            self.X_dtype_ = X.dtype
            self.X_shape_ = X.shape
        elif X.shape[1:] != self.X_shape_[1:]:
            raise ValueError(
                f"X has samples of shape {X.shape[1:]}, but this {self.__name__} is "
                f"expecting samples of shape {self.X_shape_[1:]} as in fit."
            )
        if self.X_dtype_.kind == "f" and X.dtype.kind != "f":
            return X.astype(self.X_dtype_)
        return X

    def _check_target(self, y, reset, y_numeric):
        if hasattr(y, "toarray"):
            y = y.toarray()
        if y_numeric and y.dtype.kind in "US":
            y = y.astype(np.float64)
        if reset:
            self.target_type_ = self._type_of_target(y)
            self.y_dtype_ = y.dtype
            self.y_ndim_ = y.ndim
        elif y.ndim != self.y_ndim_ and y.size != len(y):
            raise ValueError(
                f"y has {y.ndim} dimensions, but this {self.__name__} is expecting "
                f"{self.y_ndim_} dimensions in y as in the first fit."
            )
        return y

    # -- training ---------------------------------------------------------------

    @with_callbacks
    def fit(self, X, y, sample_weight=None, **kwargs):
        """Build the model and train it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            Rows of weight zero are as if absent. Only ratios matter: the weights are
            divided by their mean.
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call, such as ``epochs``.

        Returns
        -------
        self
        """
        epochs = kwargs.pop("epochs", getattr(self, "fit__epochs", self.epochs))
        initial_epoch = kwargs.pop("initial_epoch", 0)
        with self._tasks(epochs, X, y, sample_weight):
            self._fit(
                X=X,
                y=y,
                sample_weight=sample_weight,
                warm_start=self.warm_start,
                epochs=epochs,
                initial_epoch=initial_epoch,
                **kwargs,
            )
        return self

    @contextlib.contextmanager
    def _tasks(self, epochs, X, y, sample_weight):
        context = self._init_callback_context(max_subtasks=epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        self._epoch_tasks = EpochTasks(
            self, context, self._snapshot, X, y, sample_weight
        )
        try:
            yield
        finally:
            vars(self).pop("_epoch_tasks", None)
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )

    def _snapshot(self, history):
        """Attributes of this estimator as if training had ended with this epoch."""
        packed = _keras_pickle.pack(self.model_, not _is_model(self.model))
        if isinstance(packed, _keras_pickle.ArchivedModel):
            model = packed.restore()
        else:
            model = packed.assign_to(copy.copy(self)._rebuilt_model())
        n_epochs = self._epochs_trained + len(history["loss"])
        return {
            "model_": model,
            "n_iter_": n_epochs,
            "_epochs_trained": n_epochs,
            "history_": {_metric_name(k): list(v) for k, v in history.items()},
        }

    def __copy__(self):
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        return other

    def _fit(self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs):
        _keras_routing.check_fit_arguments(type(self).__name__, kwargs)
        with all_or_nothing(self):
            X, y, sample_weight = _weighted_rows(X, y, sample_weight)
            X, y = self._begin(X, y, continues=self.warm_start or warm_start)
            sample_weight = self._final_weights(y, sample_weight)
            X, y, sample_weight = _weighted_rows(X, y, sample_weight)
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
        if continues and self.initialized_:
            self._check_routed_parameters()
            X, y = self._validate_data(X, y)
        else:
            self._forget()
            X, y = self._initialize(X, y)
            if self.model_ is self.model:
                # A copy is trained, so that a refit starts from the same weights.
                self.model_ = copy.deepcopy(self.model_)
        self._ensure_compiled_model()
        return X, y

    def _final_weights(self, y, sample_weight):
        """Weights of the rows from all there is to weigh them by; None if equal."""
        return sample_weight

    def _check_model_compatibility(self, y):
        outputs = getattr(self.model_, "outputs", None) if self.model_.built else None
        expected = getattr(self, "n_outputs_expected_", None)
        if outputs and expected and expected != len(outputs):
            raise ValueError(
                f"y needs a model with {expected} outputs (n_outputs_expected_ of the "
                f"target encoder), but {self.model_.name!r} has {len(outputs)} outputs."
            )
        if outputs:
            self._check_units(outputs[0].shape)
        self._check_loss()

    def _check_units(self, shape):
        units = getattr(self.target_encoder_, "units_", None)
        if units is None:
            return
        fitting, target = units
        if len(shape) > 2 or (shape[1] if len(shape) == 2 else 1) not in fitting:
            wanted = " or ".join(map(str, sorted(fitting)))
            raise ValueError(
                f"The model's outputs do not fit y: y has {target}, which needs an "
                f"output of {wanted} units, but the build function returned a model "
                f"with output shape {tuple(shape)}. Build functions can read "
                "meta['n_classes_'], meta['n_outputs_'] and meta['target_type_']."
            )

    def _check_loss(self):
        given, compiled = self.loss, self.model_.loss
        kinds = (str, keras.losses.Loss, type)
        if not isinstance(given, kinds) or not isinstance(compiled, kinds):
            return
        default = inspect.signature(type(self)).parameters.get("loss")
        if default is not None and default.default == given:
            return
        if _scikeras.loss_name(given) != _scikeras.loss_name(compiled):
            raise ValueError(
                f"loss={given!r} but the build function compiled the model with "
                f"{compiled!r}: y may not match the loss. Give the same loss in both "
                "places, or leave compiling to the estimator."
            )

    def _fit_keras_model(
        self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
    ):
        params = self.get_params(deep=False)
        arguments = _scikeras.route_params(params, "fit", self._fit_kwargs) | kwargs
        arguments["epochs"] = initial_epoch + epochs
        arguments["initial_epoch"] = initial_epoch
        callbacks = self._make_callbacks("fit", kwargs)
        history = self._train(X, y, sample_weight, callbacks, arguments)
        self.callbacks_ = callbacks
        self._epochs_trained += len(history.get("loss", ()))
        self.n_iter_ = self._epochs_trained
        if not warm_start or initial_epoch == 0 or not hasattr(self, "history_"):
            self.history_ = {}
        for name, values in history.items():
            self.history_.setdefault(_metric_name(name), []).extend(values)

    def _train(self, X, y, sample_weight, callbacks, arguments):
        """The one call of ``keras.Model.fit``; returns its history."""
        arguments = {
            k: v for k, v in arguments.items() if not k.startswith("callbacks")
        }
        keep_finite = KeepFinite()
        with _scikeras.dropout_seeded(self.model_, self._seed) as reseed:
            listeners = [reseed]
            if _keras_batches.is_sliceable((X, y)):
                X, arguments = self._as_batches(X, y, sample_weight, arguments)
                listeners.append(X.begin)
            else:
                arguments |= {"y": y, "sample_weight": sample_weight}
            offset = self._epochs_trained - arguments["initial_epoch"]
            callbacks = [EpochCounter(offset, listeners), *callbacks, keep_finite]
            if self._epoch_tasks is not None:
                callbacks.append(self._epoch_tasks)
            with self._shared_training(X, callbacks) as callbacks:
                history = self.model_.fit(X, callbacks=callbacks, **arguments).history
        if keep_finite.diverged_at is not None:
            warnings.warn(
                f"The loss was not finite in epoch {keep_finite.diverged_at + 1}: "
                "training stopped and the weights from before that epoch are kept. "
                "A smaller learning rate or scaled inputs may help.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return history

    def _shared_training(self, X, callbacks):
        if isinstance(X, _keras_batches.Batches):
            return shared_training(self.model_, X, callbacks)
        return contextlib.nullcontext(callbacks)

    def _as_batches(self, X, y, sample_weight, arguments):
        """Rows in our own order for Keras, and the arguments that are left."""
        fraction = arguments.pop("validation_split", 0.0)
        size = arguments.pop("batch_size", None)
        validation_size = arguments.pop("validation_batch_size", None) or size
        seed = self._seed if arguments.pop("shuffle", True) else None
        arguments["shuffle"] = False  # Keras would, by Python's global random state.
        data = _keras_batches.joined(X, y, sample_weight)
        if arguments.get("validation_data") is not None:
            if validation_size != -1:
                arguments["validation_batch_size"] = validation_size
        elif fraction:
            data, held_out = _keras_batches.split_off_last(data, fraction)
            arguments["validation_data"] = _keras_batches.Batches(
                held_out, validation_size
            )
        return _keras_batches.Batches(data, size, seed), arguments

    def _make_callbacks(self, method, kwargs):
        """Callbacks for one call: made from classes, copied from instances."""
        self._initialize_callbacks()
        made = {m: vars(self).pop(f"_{m}_callbacks") for m in ("fit", "predict")}
        callbacks = [copied(each) for each in keras.tree.flatten(made[method])]
        return callbacks + keras.tree.flatten(kwargs.get("callbacks") or [])

    # -- predicting -------------------------------------------------------------

    def _predict_raw(self, X, **kwargs):
        check_is_fitted(self)
        X, _ = self._validate_data(X)
        X = self.feature_encoder_.transform(X)
        arguments = _scikeras.route_params(
            self.get_params(deep=False),
            "predict",
            pass_filter=self._predict_kwargs,
            strict=True,
        )
        arguments = arguments | kwargs
        arguments["callbacks"] = self._make_callbacks("predict", kwargs)
        return self._infer(X, arguments)

    def _infer(self, X, arguments):
        """The one call of ``keras.Model.predict``."""
        if not _keras_batches.is_sliceable(X):
            return self.model_.predict(X, **arguments)
        size = arguments.pop("batch_size", None)
        if not arguments.get("verbose") and not arguments["callbacks"]:
            outputs = shared_outputs(self.model_, X, size)
            if outputs is not None:
                return outputs
        batches = _keras_batches.Batches((X,), size, padded=True)
        outputs = self.model_.predict(batches, **arguments)
        return keras.tree.map_structure(lambda part: part[: batches.n_rows], outputs)

    def score(self, X, y, sample_weight=None):
        """Score of the predictions for ``X``: ``scorer(y, predict(X))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        check_is_fitted(self)
        _, y = self._validate_data(y=y)
        arguments = _scikeras.route_params(
            self.get_params(deep=False), "score", pass_filter=set()
        )
        predicted = self.predict(X)
        return self.scorer(y, predicted, sample_weight=sample_weight, **arguments)

    # -- pickling ---------------------------------------------------------------

    def __getstate__(self):
        state = dict(super().__getstate__())
        state["_routed"] = dict(state["_routed"])
        state.pop("callbacks_", None)
        if self.initialized_:
            name = type(self).__name__
            state = _keras_pickle.without_unpicklable_callbacks(state, name)
        for name, value in state.items():
            if _is_model(value):
                can_rebuild = name == "model_" and not _is_model(self.model)
                state[name] = _keras_pickle.pack(value, can_rebuild)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        for name, value in state.items():
            if isinstance(value, _keras_pickle.ArchivedModel):
                setattr(self, name, value.restore())
            elif isinstance(value, _keras_pickle.ModelValues):
                setattr(self, name, value.assign_to(self._rebuilt_model()))

    def _rebuilt_model(self):
        del self.model_
        self.model_ = self._build_keras_model()
        self._ensure_compiled_model()
        if not self.model_.built:
            row = np.zeros((1, *self.X_shape_[1:]), self.X_dtype_)
            self.model_(self.feature_encoder_.transform(row))
        return self.model_


@contextlib.contextmanager
def all_or_nothing(estimator):
    """Give the estimator the attributes back that it had, if the block fails."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _weighted_rows(X, y, sample_weight):
    """The rows whose weight is not zero, and their weights divided by the mean."""
    if sample_weight is None:
        return X, y, None
    check_consistent_length(X, y)
    sample_weight = _scikeras.check_sample_weight(sample_weight, X)
    kept = np.flatnonzero(sample_weight)
    if len(kept) < len(sample_weight):
        X, y = _scikeras.safe_indexing(X, kept), _scikeras.safe_indexing(y, kept)
        sample_weight = sample_weight[kept]
    mean = sample_weight.mean()
    return X, y, sample_weight / mean if mean > 0 else sample_weight


def _is_model(value):
    return isinstance(value, keras.Model)


def _unused(optimizer):
    return type(optimizer).from_config(optimizer.get_config())


def _metric_name(name):
    """scikeras' name of a metric in ``history_``: the full one for ``"mse"``."""
    if name == "loss" or name.startswith("val_"):
        return name
    try:
        return _scikeras.metric_name(name)
    except ValueError:
        return name
