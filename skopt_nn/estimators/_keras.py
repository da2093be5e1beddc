"""Any Keras build function as a scikit-learn classifier or regressor."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target

from skopt_nn.estimators._keras_base import BaseWrapper, all_or_nothing
from skopt_nn.estimators._keras_encoders import LabelEncoder, TargetEncoder

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]


class KerasClassifier(ClassifierMixin, BaseWrapper):
    """Classifier whose network is what a Keras build function returns.

    Parameters
    ----------
    model : callable, keras.Model or None, default=None
        Function that returns a `keras.Model`, compiled or not. It is given what is
        routed
        to it, and those of ``meta`` (fitted attributes such as ``n_features_in_``),
        ``compile_kwargs``
        (for ``keras.Model.compile``) and ``params`` (all parameters) that its signature
        names. A
        model instance is copied before it is trained. None if the subclass has a method
        ``_keras_build_fn``.
    build_fn : callable, keras.Model or None, default=None
        Old name of ``model``.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model there is.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, dropout and the order of rows. An int gives the same bits
        whatever the process did before; None draws fresh entropy. No global random
        state is changed.
    optimizer : str, class or instance of keras.optimizers.Optimizer, \
            default="rmsprop"
        Used where the model comes uncompiled, as are ``loss``, ``metrics`` and
        ``run_eagerly``. Parameters are routed to names and classes.
    loss : str, function, class or instance of keras.losses.Loss, or None, default=None
        With several outputs, a list or dict of them.
    metrics : str, list or dict, default=None
    batch_size : int or None, default=None
        Rows of a batch. None is 32 in ``fit``; -1 is all rows.
    validation_batch_size : int or None, default=None
        ``batch_size`` if None.
    verbose : int, default=1
        0 prints nothing, 1 a progress bar, 2 a line an epoch.
    callbacks : callback, class, or list or dict of them, default=None
        Keras callbacks; classes are given what is routed by ``callbacks__``. Instances
        are
        copied for each call: what the copies recorded is in ``callbacks_``.
    validation_split : float, default=0.0
        Fraction of the rows, from the end, that only ``val_...`` of ``history_`` sees.
    shuffle : bool, default=True
        Whether each epoch has another order of rows.
    run_eagerly : bool, default=False
        Whether steps are run uncompiled: slower for long trainings, faster for tiny
        ones.
    epochs : int, default=1
        Passes over the rows.
    class_weight : dict, "balanced" or None, default=None
        Weights of classes; they multiply ``sample_weight``.
    **kwargs : dict
        Arguments of ``model``, and parameters routed by ``model__``, ``fit__``,
        ``predict__``,
        ``compile__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__`` and
        ``score__``. ``fit`` refuses names that their destination does not take.

    Attributes
    ----------
    model_ : keras.Model
    history_ : dict of str to list of float
        Losses and metrics, a value an epoch of the last ``fit`` and the calls of
        ``partial_fit`` since.
    n_iter_ : int
        Epochs that the model has been trained for.
    classes_ : ndarray of shape (n_classes,)
    n_classes_ : int
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
    KerasRegressor : The same for continuous targets.
    CNNClassifier : A convolutional network that needs no build function.

    Notes
    -----
    The interface is that of scikeras [1]_ 0.13. Differences are listed in
    ``docs/from_scikeras.md``.

    References
    ----------
    .. [1] A. Garcia Badaracco, "SciKeras: Scikit-Learn API wrapper for Keras", 2020.
       https://github.com/adriangb/scikeras

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skopt_nn import KerasClassifier
    >>> def build(meta, units):
    ...     return keras.Sequential(
    ...         [
    ...             keras.Input((meta["n_features_in_"],)),
    ...             keras.layers.Dense(units, activation="relu"),
    ...             keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ...         ]
    ...     )
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = KerasClassifier(
    ...     build,
    ...     model__units=16,
    ...     loss="sparse_categorical_crossentropy",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.02,
    ...     epochs=20,
    ...     verbose=0,
    ...     random_state=0,
    ... )
    >>> pipeline = make_pipeline(StandardScaler(), classifier).fit(X, y)
    >>> pipeline.predict_proba(X).shape
    (150, 3)
    >>> pipeline.score(X, y) > 0.9
    True
    """

    _fit_kwargs = BaseWrapper._fit_kwargs - {"class_weight"}

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
        class_weight=None,
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
            **kwargs,
        )
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _type_of_target(self, y):
        kind = type_of_target(y, input_name="y")
        if kind == "binary" and self.classes_ is not None:
            # Some rows of more classes, in a first call of partial_fit.
            return type_of_target(self.classes_)
        return kind

    @property
    def target_encoder(self):
        """Transformer of y; override it for targets of another kind.

        ``inverse_transform`` of what it returns has to take ``return_proba``.
        """
        categories = "auto" if self.classes_ is None else [self.classes_]
        return LabelEncoder(loss=self.loss, categories=categories)

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Accuracy; override it for another score.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
        """
        return accuracy_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score

    def _forget(self):
        super()._forget()
        self.classes_ = vars(self).pop("_announced_classes", None)

    def _initialize(self, X, y=None):
        X, y = super()._initialize(X, y)
        encoder = self.target_encoder_
        if y is not None and self.loss is None and type(encoder) is LabelEncoder:
            # The loss is known only now, where the build function has compiled it.
            loss = getattr(self.model_, "loss", None)
            compiled = LabelEncoder(loss=loss, categories=encoder.categories)
            if compiled.is_one_hot:
                self.target_encoder_ = compiled.fit(y)
        return X, y

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        """Train for one more epoch on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        classes : array-like of shape (n_classes,), default=None
            All classes there will be, in the first call; those of its ``y`` if None.
        sample_weight : array-like of shape (n_samples,), default=None
        **kwargs : dict
            Arguments of ``keras.Model.fit`` for this call.

        Returns
        -------
        self
        """
        with all_or_nothing(self):
            if classes is not None:
                self._announce(np.unique(classes))
            return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def _announce(self, classes):
        if not self.initialized_:
            self._announced_classes = classes
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to "
                f"partial_fit, was: {self.classes_!r}"
            )

    def _final_weights(self, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        weights = compute_sample_weight(class_weight=self.class_weight, y=y)
        return weights if sample_weight is None else weights * sample_weight

    def _predict_raw(self, X, **kwargs):
        outputs = super()._predict_raw(X, **kwargs)
        from_logits = getattr(getattr(self.model_, "loss", None), "from_logits", False)
        if from_logits and isinstance(self.target_encoder_, LabelEncoder):
            return self.target_encoder_.probabilities(outputs)
        return outputs

    def predict_proba(self, X, **kwargs):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
        **kwargs : dict
            Arguments of ``keras.Model.predict`` for this call, such as ``batch_size``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns are ordered as ``classes_``.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs, return_proba=True)


class KerasRegressor(RegressorMixin, BaseWrapper):
    """Regressor whose network is what a Keras build function returns.

    Parameters
    ----------
    model : callable, keras.Model or None, default=None
        Function that returns a `keras.Model`, compiled or not. It is given what is
        routed
        to it, and those of ``meta`` (fitted attributes such as ``n_features_in_``),
        ``compile_kwargs``
        (for ``keras.Model.compile``) and ``params`` (all parameters) that its signature
        names. A
        model instance is copied before it is trained. None if the subclass has a method
        ``_keras_build_fn``.
    build_fn : callable, keras.Model or None, default=None
        Old name of ``model``.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model there is.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, dropout and the order of rows. An int gives the same bits
        whatever the process did before; None draws fresh entropy. No global random
        state is changed.
    optimizer : str, class or instance of keras.optimizers.Optimizer, \
            default="rmsprop"
        Used where the model comes uncompiled, as are ``loss``, ``metrics`` and
        ``run_eagerly``. Parameters are routed to names and classes.
    loss : str, function, class or instance of keras.losses.Loss, or None, default=None
        With several outputs, a list or dict of them.
    metrics : str, list or dict, default=None
    batch_size : int or None, default=None
        Rows of a batch. None is 32 in ``fit``; -1 is all rows.
    validation_batch_size : int or None, default=None
        ``batch_size`` if None.
    verbose : int, default=1
        0 prints nothing, 1 a progress bar, 2 a line an epoch.
    callbacks : callback, class, or list or dict of them, default=None
        Keras callbacks; classes are given what is routed by ``callbacks__``. Instances
        are
        copied for each call: what the copies recorded is in ``callbacks_``.
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
        ``predict__``,
        ``compile__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__`` and
        ``score__``. ``fit`` refuses names that their destination does not take.

    Attributes
    ----------
    model_ : keras.Model
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
    KerasClassifier : The same for labels.
    CNNRegressor : A convolutional network that needs no build function.

    Notes
    -----
    The interface is that of scikeras [1]_ 0.13. Differences are listed in
    ``docs/from_scikeras.md``.

    References
    ----------
    .. [1] A. Garcia Badaracco, "SciKeras: Scikit-Learn API wrapper for Keras", 2020.
       https://github.com/adriangb/scikeras

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import make_regression
    >>> from skopt_nn import KerasRegressor
    >>> def build(meta):
    ...     return keras.Sequential(
    ...         [
    ...             keras.Input((meta["n_features_in_"],)),
    ...             keras.layers.Dense(meta["n_outputs_"]),
    ...         ]
    ...     )
    >>> X, y = make_regression(100, 5, n_targets=2, random_state=0)
    >>> regressor = KerasRegressor(
    ...     build,
    ...     loss="mse",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=5.0,
    ...     epochs=40,
    ...     verbose=0,
    ...     random_state=0,
    ... )
    >>> regressor.fit(X, y).predict(X).shape
    (100, 2)
    >>> regressor.score(X, y) > 0.9
    True
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        return super()._validate_data(X, y, reset=reset, y_numeric=True)

    @property
    def target_encoder(self):
        """Transformer of y; override it for targets of another kind."""
        return TargetEncoder()

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Coefficient of determination; override it for another score.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **kwargs : dict
            ``sample_weight``, and parameters routed by ``score__``.

        Returns
        -------
        float
        """
        return r2_score(y_true, y_pred, **kwargs)

    score = BaseWrapper.score
