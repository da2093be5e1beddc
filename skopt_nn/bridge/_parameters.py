"""Parameters of an estimator, and those that it routes to Keras."""

import warnings

from sklearn.base import BaseEstimator

from skopt_nn._backend import keras
from skopt_nn.bridge import _routing, _scikeras
from skopt_nn.bridge._compiling import made_parts


class Parameters(_scikeras.BaseWrapper):
    """scikeras' parameters, with names that are checked.

    Parameters
    ----------
    model : callable, keras.Model or None, default=None
        Function that returns a `keras.Model`, compiled or not. It is given what is
        routed to it, and those of ``meta`` (fitted attributes such as
        ``n_features_in_``), ``compile_kwargs`` (for ``keras.Model.compile``) and
        ``params`` (all parameters) that its signature names. A model instance is copied
        before it is trained. None if the subclass has a method ``_keras_build_fn``.
    build_fn : callable, keras.Model or None, default=None
        Old name of ``model``.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model there is.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, dropout and the order of rows. An int gives the same bits
        whatever the process did before; None draws fresh entropy. No global random
        state is changed.
    optimizer : str, class or instance of keras.optimizers.Optimizer, default="rmsprop"
        Used where the model comes uncompiled, as are ``loss``, ``metrics`` and
        ``run_eagerly``. Parameters are routed to names and classes.
    loss : str, function, class or instance of keras.losses.Loss, or None, default=None
        With several outputs, a list or dict of them.
    metrics : str, list or dict, default=None
        Names, functions, classes or instances of `keras.metrics.Metric`.
    batch_size : int or None, default=None
        Rows of a batch. None is 32 in ``fit``; -1 is all rows.
    validation_batch_size : int or None, default=None
        ``batch_size`` if None.
    verbose : int, default=1
        0 prints nothing, 1 a progress bar, 2 a line an epoch.
    callbacks : callback, class, or list or dict of them, default=None
        Keras callbacks; classes are given what is routed by ``callbacks__``. Instances
        are copied for each call: what the copies recorded is in ``callbacks_``.
    validation_split : float, default=0.0
        Fraction of the rows, from the end, that only ``val_...`` of ``history_`` sees.
    shuffle : bool, default=True
        Whether each epoch has another order of rows.
    run_eagerly : bool, default=False
        Whether steps are run uncompiled: slower for long trainings, faster for tiny
        ones.
    epochs : int, default=1
        Passes over the rows.
    **kwargs : dict
        Arguments of ``model``, and parameters routed by ``model__``, ``fit__``,
        ``predict__``, ``compile__``, ``optimizer__``, ``loss__``, ``metrics__``,
        ``callbacks__`` and ``score__``. ``fit`` refuses names that their destination
        does not take.
    """

    _routing_prefixes = frozenset(_routing.PREFIXES)
    # What came through `**kwargs`: attributes are for scikit-learn what is declared.
    _routed = {}

    __repr__ = BaseEstimator.__repr__

    def __getattr__(self, name):
        if name in self._routed:
            return self._routed[name]
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def _get_param_names(self):
        declared = _routing.declared_parameters(type(self))
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
            This estimator.
        """
        for name, value in params.items():
            known = self._get_param_names()
            if name not in known:
                self._check_prefix(name, known)
            if name in vars(self):
                setattr(self, name, value)
            else:
                self._routed = {**self._routed, name: value}
        return self

    def _check_prefix(self, name, known):
        prefix, separator, _ = name.partition("__")
        if not separator or prefix not in self._routing_prefixes:
            reason = (
                "an argument of the build function has to be given to the constructor, "
                f"{self.__name__}({name}=...), or set as 'model__{name}'"
            )
            raise _routing.unknown_parameter(self.__name__, name, known, reason)

    @property
    def _user_params(self):
        """Names without a prefix that scikeras passes to the build function."""
        elsewhere = self._fit_kwargs | self._predict_kwargs | self._compile_kwargs
        accepted = _routing.accepted_names(self._build_function) or ()
        return {n for n in self._routed if n not in elsewhere or n in accepted}

    @_user_params.setter
    def _user_params(self, names):
        # scikeras' constructor sets it, with names that it has made attributes.
        self._routed = {name: vars(self).pop(name) for name in sorted(names)}

    @property
    def _build_function(self):
        build = self.model if self.model is not None else self.build_fn
        if build is None:
            return getattr(self, "_keras_build_fn", None)
        return (lambda: build) if isinstance(build, keras.Model) else build

    def _check_model_param(self):
        build = self._build_function
        if not callable(build):
            return super()._check_model_param()  # an error that says so
        if self.model is None and self.build_fn is not None:
            warnings.warn("build_fn is the old name of model: use model.", stacklevel=2)
        own = getattr(self, "_keras_build_fn", build)
        if own != build and not isinstance(self.model, keras.Model):
            raise ValueError(
                f"{type(self).__name__} builds its model in `_keras_build_fn`, so it "
                f"takes no `model`. Received: model={build!r}"
            )
        return build

    def _check_routed_parameters(self):
        """Refuse what its destination does not take, as far as is known by now."""
        to_check = {n for n in self._routed if "__" in n} | self._user_params
        _routing.check_routed(self, to_check, self._build_function)
        if self.initialized_:
            _routing.check_methods(self.__name__, to_check, self.model_)

    def _get_compile_kwargs(self):
        params = self.get_params(deep=False)
        kwargs = _scikeras.routing.route_params(params, "compile", self._compile_kwargs)
        return kwargs | made_parts(params, kwargs)
