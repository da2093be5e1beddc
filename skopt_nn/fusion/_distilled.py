"""A small student that learns from the outputs of a large teacher."""

from numbers import Integral, Real

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    TransformerMixin,
    _fit_context,
    clone,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skopt_nn.fusion._checks import (
    check_folds,
    check_labels,
    check_member,
    check_targets,
    check_weights,
)
from skopt_nn.fusion._fidelity import classifier_fidelity, regressor_fidelity
from skopt_nn.fusion._members import attribute_of, cross_fit, predict_scores
from skopt_nn.fusion._rows import rows_that_count, take_rows


def _unfitted(estimator):
    """Return a clone that holds nothing fitted, not even inside a FrozenEstimator."""
    if isinstance(estimator, FrozenEstimator):
        return FrozenEstimator(_unfitted(estimator.estimator))
    recipe = clone(estimator)
    params = recipe.get_params().items()
    frozen = {name: p for name, p in params if isinstance(p, FrozenEstimator)}
    return recipe.set_params(**{name: _unfitted(p) for name, p in frozen.items()})


def _input_shape(estimator):
    """Return the one input shape that is set within ``estimator``, or None."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    shapes = set()
    for name, value in estimator.get_params().items():
        if name.rpartition("__")[2] == "input_shape" and value is not None:
            shapes.add(tuple(value))
        if isinstance(value, FrozenEstimator):
            shapes.add(_input_shape(value))
    shapes.discard(None)
    return shapes.pop() if len(shapes) == 1 else None


# Small, and trained for long: a student needs time for its lesson.
_STUDENT = {"filters": (16, 32), "dense_units": (), "epochs": 60}


class _Distilled(
    MetaEstimatorMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Teacher first, student second; the leaves know labels from numbers."""

    _parameter_constraints: dict = {
        "teacher": [HasMethods(["fit"])],
        "student": [HasMethods(["fit"]), None],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "method": [StrOptions({"soft"})],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "keep_teacher": ["boolean"],
    }

    def __init__(
        self,
        teacher,
        student=None,
        *,
        temperature=4.0,
        alpha=0.5,
        method="soft",
        cv=None,
        n_jobs=None,
        keep_teacher=False,
    ):
        self.teacher = teacher
        self.student = student
        self.temperature = temperature
        self.alpha = alpha
        self.method = method
        self.cv = cv
        self.n_jobs = n_jobs
        self.keep_teacher = keep_teacher

    n_features_in_ = attribute_of("student_", "n_features_in_")
    feature_names_in_ = attribute_of("student_", "feature_names_in_")
    n_iter_ = attribute_of("student_", "n_iter_")
    history_ = attribute_of("student_", "history_")
    n_parameters_ = attribute_of("student_", "n_parameters_")

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **params):
        """Fit the teacher, ask it for soft targets, and train the student on them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples, given to teacher and student as they are.
        y : array-like of shape (n_samples,) or, regressors, (n_samples, n_outputs)
            The target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows for teacher, student and ``fidelity_``. A teacher
            whose ``fit`` takes none is fitted on rows resampled by them.
        **params : dict
            Metadata that ``cv`` requests, such as ``groups``; needs metadata routing.

        Returns
        -------
        self : object
        """
        student = self._new_student()
        y, sample_weight, classes = self._check_data(X, y, sample_weight)
        weights, split_params = self._route(sample_weight, params)
        X = indexable(X)[0]
        if hasattr(student, "check_fit"):
            student.check_fit(X, y, weights["student"])
        folds = self._folds(X, y, weights["teacher"], **split_params)
        root = self._init_callback_context(max_subtasks=2)
        root.call_on_fit_task_begin(estimator=self, X=X, y=y)
        teacher, soft_targets = self._ask_teacher(
            root, X, y, weights["teacher"], folds, classes
        )
        self._teach(root, student, X, y, soft_targets, weights["student"])
        self.teacher_, self.student_ = teacher, student
        if classes is not None:
            self.classes_ = classes
        self.fidelity_ = self._compare(soft_targets, X, y, sample_weight)
        root.call_on_fit_task_end(
            estimator=self,
            X=X,
            y=y,
            metadata={"sample_weight": sample_weight},
            reconstruction_attributes=dict,
        )
        return self

    def predict(self, X):
        """Return the student's prediction.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        return self.student_.predict(X)

    def transform(self, X):
        """Return the student's features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        return self.student_.transform(X)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the student's features.

        Parameters
        ----------
        input_features : array-like of str, default=None
            As for the student.

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self)
        return self.student_.get_feature_names_out(input_features)

    def fidelity(self, X, y=None, sample_weight=None):
        """Compare student and teacher on the given rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The target; adds the scores of both.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        fidelity : Bunch
            See ``fidelity_``.
        """
        check_is_fitted(self)
        if not hasattr(self, "teacher_"):
            raise ValueError(
                "fidelity needs the teacher, which was left out when this "
                f"{type(self).__name__} was pickled. Fit it with keep_teacher=True, or "
                "read fidelity_, the comparison made by fit."
            )
        soft_targets = predict_scores(self.teacher_, X, getattr(self, "classes_", None))
        return self._compare(soft_targets, X, y, check_weights(sample_weight, X))

    def get_metadata_routing(self):
        """Return how ``fit`` routes metadata to teacher, student and ``cv``.

        Returns
        -------
        routing : MetadataRouter
        """
        fit = MethodMapping().add(caller="fit", callee="fit")
        split = MethodMapping().add(caller="fit", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(teacher=self.teacher, method_mapping=fit)
        if self.student is not None:
            router.add(student=self.student, method_mapping=fit)
        return router.add(splitter=self.cv, method_mapping=split)

    def __sklearn_tags__(self):
        tags, teacher = super().__sklearn_tags__(), get_tags(self.teacher)
        unset = self.student is None
        student = get_tags(self._default_student(None) if unset else self.student)
        tags.input_tags = student.input_tags
        tags.input_tags.sparse &= teacher.input_tags.sparse
        tags.input_tags.allow_nan &= teacher.input_tags.allow_nan
        tags.target_tags.multi_output = self._kind == "regressor" and (
            student.target_tags.multi_output and teacher.target_tags.multi_output
        )
        tags.transformer_tags = student.transformer_tags or tags.transformer_tags
        tags.non_deterministic = student.non_deterministic or teacher.non_deterministic
        return tags

    def __getstate__(self):
        state = dict(super().__getstate__())
        if self.keep_teacher or "student_" not in state:
            return state
        state.pop("teacher_", None)
        state["teacher"] = _unfitted(self.teacher)
        if self.student is not None:
            state["student"] = _unfitted(self.student)
        return state

    def _new_student(self):
        check_member(self.teacher, self._kind, "teacher")
        if self.student is None:
            return self._default_student(_input_shape(self.teacher))
        check_member(self.student, self._kind, "student", need_proba=False)
        if not hasattr(self.student, "fit_soft"):
            raise TypeError(
                f"student must have fit_soft, which {self.student!r} does not. Take a "
                "neural estimator of skopt_nn, or write fit_soft(X, y, soft_targets, "
                "*, temperature, alpha, sample_weight)."
            )
        return clone(self.student)

    def _check_data(self, X, y, sample_weight):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        if self._kind == "classifier":
            y = check_labels(y)
        else:
            y = check_targets(y, get_tags(self).target_tags.multi_output)
        check_consistent_length(X, y)
        weight = check_weights(sample_weight, y)
        if self._kind == "regressor":
            return y, weight, None
        classes = np.unique(y[rows_that_count(y, weight)])
        if isinstance(self.teacher, FrozenEstimator):
            self._check_classes(self.teacher, classes)
        return y, weight, classes

    def _check_classes(self, teacher, classes):
        known = np.asarray(teacher.classes_)
        if not np.array_equal(known, classes):
            raise ValueError(
                f"teacher knows the classes {known.tolist()}, y has "
                f"{classes.tolist()}: soft targets need the same. A FrozenEstimator "
                "keeps its classes; pass the estimator itself to have a clone fitted "
                "to y."
            )

    def _route(self, sample_weight, params):
        """Return the weights of teacher and student, and the metadata of the split."""
        if not get_config()["enable_metadata_routing"]:
            if params:
                raise TypeError(
                    f"fit got {sorted(params)}, which it passes on only with "
                    "sklearn.set_config(enable_metadata_routing=True)."
                )
            return {"teacher": sample_weight, "student": sample_weight}, {}
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        routed = process_routing(self, "fit", **params)
        weights = {"student": sample_weight}
        for name in ["teacher"] + ["student"] * (self.student is not None):
            weights[name] = routed[name]["fit"].pop("sample_weight", None)
            if routed[name]["fit"]:
                raise TypeError(
                    f"Of metadata, a {name} gets sample_weight alone: it requests "
                    f"{sorted(routed[name]['fit'])}."
                )
        return weights, routed["splitter"]["split"]

    def _folds(self, X, y, weight, **params):
        """Return the folds of out-of-fold soft targets; none for a frozen teacher."""
        if self.cv is None or isinstance(self.teacher, FrozenEstimator):
            return []
        is_classifier = self._kind == "classifier"
        return check_folds(self.cv, X, y, weight, classifier=is_classifier, **params)

    def _ask_teacher(self, root, X, y, weight, folds, classes):
        """Return the teacher fitted on all rows, and its soft targets."""
        task = root.subcontext(
            "teacher", max_subtasks=1 + len(folds), sequential_subtasks=False
        ).call_on_fit_task_begin(estimator=self, X=X, y=y)
        teacher, soft_targets = cross_fit(
            self.teacher,
            X,
            y,
            weight,
            folds=folds,
            classes=classes,
            context=task,
            caller=self,
            n_jobs=self.n_jobs,
        )
        task.call_on_fit_task_end(estimator=self, X=X, y=y)
        if classes is None:
            return teacher, soft_targets.reshape(y.shape)
        self._check_classes(teacher, classes)
        return teacher, soft_targets

    def _teach(self, root, student, X, y, soft_targets, weight):
        rows = rows_that_count(y, weight)
        if len(rows) < len(y):
            X, y, soft_targets = take_rows(X, rows), y[rows], soft_targets[rows]
            weight = weight[rows]
        task = root.subcontext("student")
        with task.propagate_callback_context(student):
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            student.fit_soft(
                X,
                y,
                soft_targets,
                temperature=self.temperature,
                alpha=self.alpha,
                sample_weight=weight,
            )
            task.call_on_fit_task_end(estimator=self, X=X, y=y)


class DistilledClassifier(ClassifierMixin, _Distilled):
    """A small classifier that learns from the probabilities of a large one.

    The teacher's probabilities say more than labels do: which wrong classes are
    nearly right. A student that learns both comes closer to the teacher than one that
    learns the labels alone [1]_.

    Parameters
    ----------
    teacher : classifier with ``predict_proba``
        A network, a forest, a whole fusion. ``fit`` trains a clone, even of a fitted
        one; a teacher in :class:`~sklearn.frozen.FrozenEstimator` is used as it is,
        and must know exactly the classes of y.
    student : classifier with ``fit_soft``, default=None
        A neural estimator of this package. None is a small network,
        ``CNNClassifier((16, 32), dense_units=(), epochs=60, random_state=0)``, with the
        ``input_shape`` that is set within the teacher, where there is just one. Pass
        the student to set its parameters or its seed.
    temperature : float, default=4.0
        Softmax temperature of teacher and student, in (0, inf). Any probabilities can
        be tempered: ``p ** (1 / T)``, normalised, equals ``softmax(logits / T)``. The
        soft term is scaled by ``temperature ** 2`` so that its gradient keeps its size
        [1]_. Ignored if ``alpha=0``.
    alpha : float, default=0.5
        Weight of the soft targets, in [0, 1]; the labels weigh ``1 - alpha``.
    method : {"soft"}, default="soft"
        What the student learns; soft targets for now.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. A teacher that fits its training rows perfectly has nothing to
        tell about them but the labels. None asks the teacher about the rows it was
        trained on. A frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too.

    Attributes
    ----------
    student_ : classifier
        The fitted student; it predicts.
    teacher_ : classifier
        The teacher, fitted on all rows; not in pickles unless ``keep_teacher``.
    fidelity_ : Bunch
        How the student compares with its soft targets on the training rows, which
        with ``cv`` are rows that the teacher's clones did not see: ``agreement``, the
        share of equal predictions; ``kl_divergence``, the mean of KL(teacher ||
        student) in nats at temperature 1; the accuracies ``teacher_score`` and
        ``student_score``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_, feature_names_in_, n_iter_, history_, n_parameters_
        Those of the student, where it has them.

    See Also
    --------
    DistilledRegressor : The same for regression.
    make_parallel_fusion : A teacher that is worth distilling.

    Notes
    -----
    With logits *z* of the student and probabilities *p* of the teacher, a row costs

    .. math:: (1 - \\alpha) \\, \\mathrm{CE}(y, \\mathrm{softmax}(z)) + \\alpha T^2 \\,
        \\mathrm{KL}(p^{1/T} / \\textstyle\\sum p^{1/T} \\,\\|\\,
        \\mathrm{softmax}(z / T)).

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural
       Network", 2015. arXiv:1503.02531

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skopt_nn import CNNClassifier, DistilledClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> student = CNNClassifier(
    ...     filters=(), dense_units=(8,), learning_rate=0.01, epochs=30, random_state=0
    ... )
    >>> forest = RandomForestClassifier(30, random_state=0)
    >>> distilled = DistilledClassifier(forest, student, temperature=2.0).fit(X, y)
    >>> distilled.fidelity_.agreement > 0.9
    True
    """

    _kind = "classifier"

    def predict_proba(self, X):
        """Return the student's class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.student_.predict_proba(X)

    def _default_student(self, input_shape):
        from skopt_nn.estimators import CNNClassifier

        return CNNClassifier(**_STUDENT, input_shape=input_shape, random_state=0)

    def _compare(self, soft_targets, X, y=None, sample_weight=None):
        proba = np.asarray(self.student_.predict_proba(X))
        y = None if y is None else column_or_1d(y)
        return classifier_fidelity(soft_targets, proba, self.classes_, y, sample_weight)


class DistilledRegressor(RegressorMixin, _Distilled):
    """A small regressor that learns from the predictions of a large one.

    The teacher's predictions are free of most of the noise in y.

    Parameters
    ----------
    teacher : regressor
        ``fit`` trains a clone, even of a fitted one; a teacher in
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is.
    student : regressor with ``fit_soft``, default=None
        A neural estimator of this package. None is a small network,
        ``CNNRegressor((16, 32), dense_units=(), epochs=60, random_state=0)``, with the
        ``input_shape`` that is set within the teacher, where there is just one. Pass
        the student to set its parameters or its seed.
    temperature : float, default=4.0
        Passed to the student; predictions have no temperature. In (0, inf).
    alpha : float, default=0.5
        Weight of the teacher's predictions, in [0, 1]; y weighs ``1 - alpha``.
    method : {"soft"}, default="soft"
        What the student learns; soft targets for now.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. None asks the teacher about the rows it was trained on. A
        frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too.

    Attributes
    ----------
    student_ : regressor
        The fitted student; it predicts.
    teacher_ : regressor
        The teacher, fitted on all rows; not in pickles unless ``keep_teacher``.
    fidelity_ : Bunch
        How the student compares with its soft targets on the training rows, which
        with ``cv`` are rows that the teacher's clones did not see: ``agreement``, the
        R² of the student's predictions as predictions of the teacher's;
        ``mean_squared_difference``; the R² of both, ``teacher_score`` and
        ``student_score``.
    n_features_in_, feature_names_in_, n_iter_, history_, n_parameters_
        Those of the student, where it has them.

    See Also
    --------
    DistilledClassifier : The same for classes.

    Notes
    -----
    With *t* the teacher's prediction, a row costs
    :math:`(1 - \\alpha) (y - z)^2 + \\alpha (t - z)^2`.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural
       Network", 2015. arXiv:1503.02531

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from skopt_nn import CNNRegressor, DistilledRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> student = CNNRegressor(filters=(), dense_units=(8,), epochs=30, random_state=0)
    >>> forest = RandomForestRegressor(30, random_state=0)
    >>> distilled = DistilledRegressor(forest, student, cv=3).fit(X, y)
    >>> sorted(distilled.fidelity_)
    ['agreement', 'mean_squared_difference', 'student_score', 'teacher_score']
    """

    _kind = "regressor"

    def _default_student(self, input_shape):
        from skopt_nn.estimators import CNNRegressor

        return CNNRegressor(**_STUDENT, input_shape=input_shape, random_state=0)

    def _compare(self, soft_targets, X, y=None, sample_weight=None):
        prediction = np.asarray(self.student_.predict(X))
        y = None if y is None else check_targets(y)
        soft_targets = soft_targets.reshape(prediction.shape)
        return regressor_fidelity(soft_targets, prediction, y, sample_weight)
