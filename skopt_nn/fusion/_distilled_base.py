"""Teacher first, student second: what distilled models have in common."""

from numbers import Integral, Real

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
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
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._checks import (
    check_folds,
    check_member,
    check_weights,
)
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
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target. Rows without one, which only the teacher teaches, have NaN in a
            regression and the label -1 among classes (see Notes).
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
        y, sample_weight = self._check_data(X, y, sample_weight)
        labelled, classes = self._read_labels(y, sample_weight)
        weights, split_params = self._route(sample_weight, params)
        X = indexable(X)[0]
        if hasattr(student, "check_fit"):
            self._check_student(student, X, y, weights["student"], labelled, classes)
        rows = rows_that_count(y, weights["teacher"])
        rows = rows[labelled[rows]]
        folds = self._folds(X, y, rows, **split_params)
        root = self._init_callback_context(max_subtasks=2)
        root.call_on_fit_task_begin(estimator=self, X=X, y=y)
        teacher, soft_targets = self._ask_teacher(
            root, X, y, weights["teacher"], rows, folds, classes
        )
        self._teach(
            root, student, X, y, soft_targets, weights["student"], labelled, classes
        )
        self.teacher_, self.student_ = teacher, student
        self._keep_classes(y, classes)
        self.fidelity_ = self._compare(soft_targets, X, y, labelled, sample_weight)
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
            The target; adds the scores of both, of rows that have one.
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
        sample_weight = check_weights(sample_weight, X)
        classes = getattr(self, "classes_", None)
        soft_targets = predict_scores(self.teacher_, X, classes)
        if y is None:
            return self._compare(soft_targets, X, sample_weight=sample_weight)
        y = self._check_y(y)
        labelled = self._labelled(y, classes)
        return self._compare(soft_targets, X, y, labelled, sample_weight)

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
        tags = super().__sklearn_tags__()
        teacher, student = self._member_tags()
        tags.input_tags = student.input_tags
        tags.input_tags.sparse &= teacher.input_tags.sparse
        tags.input_tags.allow_nan &= teacher.input_tags.allow_nan
        tags.target_tags.multi_output = self._kind == "regressor" and (
            student.target_tags.multi_output and teacher.target_tags.multi_output
        )
        tags.transformer_tags = student.transformer_tags or tags.transformer_tags
        tags.non_deterministic = student.non_deterministic or teacher.non_deterministic
        return tags

    def _member_tags(self):
        unset = self.student is None
        student = self._default_student(None) if unset else self.student
        return get_tags(self.teacher), get_tags(student)

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
        y = self._check_y(y)
        check_consistent_length(X, y)
        return y, check_weights(sample_weight, y)

    @property
    def _is_frozen(self):
        return isinstance(self.teacher, FrozenEstimator)

    def _need_labels(self, y, weight, labelled):
        """Raise unless the teacher has a row to learn from."""
        rows = rows_that_count(y, weight)
        if not self._is_frozen and not labelled[rows].any():
            raise ValueError(
                "y must have rows with a label and a weight above zero, to teach the "
                f"teacher, got none among {len(y)} rows. Only a teacher in "
                "FrozenEstimator needs no labels."
            )

    def _check_student(self, student, X, y, weight, labelled, classes):
        y = y.copy()
        missing = np.count_nonzero(~labelled)
        if classes is None:
            y[~labelled] = 0
            student.check_fit(X, y, weight)
        else:
            if missing:
                y[~labelled] = np.resize(classes, missing)
            student.check_fit(X, y, weight, classes=None if y.ndim == 2 else classes)

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

    def _folds(self, X, y, rows, **params):
        """Return the folds of out-of-fold soft targets; none for a frozen teacher."""
        if self.cv is None or self._is_frozen:
            return []
        is_classifier = self._kind == "classifier"
        return check_folds(self.cv, X, y, rows, classifier=is_classifier, **params)

    def _ask_teacher(self, root, X, y, weight, rows, folds, classes):
        """Return the teacher fitted on the given rows, and soft targets for all."""
        task = root.subcontext(
            "teacher", max_subtasks=1 + len(folds), sequential_subtasks=False
        ).call_on_fit_task_begin(estimator=self, X=X, y=y)
        teacher, soft_targets = cross_fit(
            self.teacher,
            X,
            y,
            weight,
            rows,
            folds=folds,
            classes=classes,
            context=task,
            caller=self,
            n_jobs=self.n_jobs,
        )
        task.call_on_fit_task_end(estimator=self, X=X, y=y)
        if classes is None:
            return teacher, soft_targets.reshape(y.shape)
        self._check_taught(teacher, classes)
        return teacher, soft_targets

    def _teach(self, root, student, X, y, soft_targets, weight, labelled, classes):
        y = self._filled(y, labelled, soft_targets, classes)
        rows = rows_that_count(y, weight)
        if len(rows) < len(y):
            X, y, soft_targets = take_rows(X, rows), y[rows], soft_targets[rows]
            weight, labelled = weight[rows], labelled[rows]
        every = labelled.all()
        alpha = self.alpha if every else np.where(labelled, self.alpha, 1.0)
        some = y.ndim == 1 and classes is not None and len(np.unique(y)) < len(classes)
        more = {"classes": classes} if some else {}
        task = root.subcontext("student")
        with task.propagate_callback_context(student):
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            student.fit_soft(
                X,
                y,
                soft_targets,
                temperature=self.temperature,
                alpha=alpha,
                sample_weight=weight,
                **more,
            )
            task.call_on_fit_task_end(estimator=self, X=X, y=y)
