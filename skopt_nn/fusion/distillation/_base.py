"""Teacher first, student second: what distilled models have in common."""

from dataclasses import MISSING, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import FieldConstraints, HasMethods, fit_context
from skopt_nn._parameters import COUNT, OneOf, Range, parameter, parameters
from skopt_nn._validation_rows import VALIDATION
from skopt_nn.fusion._members import (
    attribute_of,
    predict_scores,
    takes_several_outputs,
)
from skopt_nn.fusion._problem import Problem, check_weights
from skopt_nn.fusion.distillation._lessons import Lessons
from skopt_nn.fusion.distillation._methods import METHODS
from skopt_nn.fusion.distillation._queries import QUERIES, is_given
from skopt_nn.fusion.distillation._routing import router_of
from skopt_nn.fusion.distillation._student import default_student, new_student
from skopt_nn.fusion.distillation._teacher import unfitted


@parameters
class Distilled(
    MetaEstimatorMixin, Lessons, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Teacher first, student second; the leaves know labels from numbers."""

    teacher: Any = parameter(MISSING, HasMethods(["fit"]), kw_only=False)
    student: Any = parameter(None, [HasMethods(["fit"]), None], kw_only=False)
    temperature: float | str = parameter(
        "auto", [OneOf(("auto",)), Range(Real, 0, closed="neither")]
    )
    alpha: float = parameter(0.5, Range(Real, 0, 1, closed="both"))
    method: str = parameter("soft", OneOf(METHODS))
    beta: float = parameter(1.0, Range(Real, 0, closed="neither"))
    queries: Any = parameter(
        "auto", [OneOf(("auto", *QUERIES)), COUNT, "array-like", None]
    )
    n_generations: int = parameter(1, COUNT)
    cv: Any = parameter(None, "cv_object")
    n_jobs: int | None = parameter(None, [Integral, None])
    keep_teacher: bool = parameter(False, "boolean")
    random_state: Any = parameter(None, "random_state")

    _parameter_constraints = FieldConstraints()

    n_features_in_ = attribute_of("student_", "n_features_in_")
    feature_names_in_ = attribute_of("student_", "feature_names_in_")
    n_iter_ = attribute_of("student_", "n_iter_")
    history_ = attribute_of("student_", "history_")
    n_parameters_ = attribute_of("student_", "n_parameters_")

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        **params,
    ):
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
            whose ``fit`` takes none is fitted on rows resampled by them, with metadata
            routing as well, as it cannot ask for them.
        X_val, y_val : array-like, default=None
            Samples and their target for the student to validate on, as its ``fit``
            does; and for a teacher that requests them by metadata routing.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.
        **params : dict
            Metadata that ``cv`` requests, such as ``groups``; needs metadata routing.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For a teacher or student of another kind or without what is asked of it,
            and for metadata that nobody takes.
        ValueError
            For parameters or data that do not fit, before the teacher is trained.
        """
        given = dict(zip(VALIDATION, (X_val, y_val, sample_weight_val)))
        given = {name: value for name, value in given.items() if value is not None}
        students = [new_student(self, self.student, X)]
        self._fit([self], students, X, y, sample_weight, given, params)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_students(self, X, y, students, sample_weight=None):
        """Fit the teacher once, and teach several students the same.

        Parameters
        ----------
        X, y : array-like
            As for ``fit``.
        students : list of estimators
            In place of ``student``; None is the default one.
        sample_weight : array-like of shape (n_samples,), default=None
            As for ``fit``.

        Returns
        -------
        models : list of distilled models
            Fitted copies of this one, a student each and one ``teacher_``; this one
            stays as it is.

        Raises
        ------
        TypeError, ValueError
            As ``fit``, of the first student that does not fit.
        """
        if not isinstance(students, list | tuple) or not students:
            kind = ValueError if isinstance(students, list | tuple) else TypeError
            raise kind(
                "students must be a list of at least one student, got "
                f"{students!r}. Write [student] for one, and list(students.values()) "
                "for those of a dict."
            )
        models = [clone(self).set_params(student=student) for student in students]
        new = [new_student(self, student, X) for student in students]
        self._fit(models, new, X, y, sample_weight, {}, {})
        return models

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

        Raises
        ------
        ValueError
            If the teacher was left out when the model was pickled.
        """
        check_is_fitted(self)
        if not hasattr(self, "teacher_"):
            raise ValueError(
                "fidelity needs the teacher, which was left out when this "
                f"{type(self).__name__} was pickled. Fit it with keep_teacher=True, or "
                "read fidelity_, the comparison made by fit."
            )
        classes = getattr(self, "classes_", None)
        outputs = predict_scores(self.teacher_, X, classes)
        if y is None:
            weight = check_weights(sample_weight, outputs)
            unlabelled = np.zeros(len(outputs), dtype=bool)
            problem = Problem(X, None, weight, unlabelled)
        else:
            problem = self._read(X, y, sample_weight, classes)
        several = getattr(self, "_multilabel", False)
        problem = replace(problem, classes=classes, multilabel=several)
        return self._compare(problem, outputs, self.student_)

    def get_metadata_routing(self):
        """Return how ``fit`` routes metadata to teacher, student and ``cv``.

        Returns
        -------
        routing : MetadataRouter
        """
        return router_of(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        members = self._members()
        teacher, student = map(get_tags, members)
        tags.input_tags = student.input_tags
        tags.input_tags.sparse &= teacher.input_tags.sparse
        tags.input_tags.allow_nan &= teacher.input_tags.allow_nan
        several = self._kind == "regressor" and all(map(takes_several_outputs, members))
        tags.target_tags.multi_output = several
        tags.transformer_tags = student.transformer_tags or tags.transformer_tags
        tags.non_deterministic = student.non_deterministic or teacher.non_deterministic
        return tags

    def _members(self):
        unset = self.student is None
        return self.teacher, default_student(self._kind) if unset else self.student

    def __getstate__(self):
        state = dict(super().__getstate__())
        if self.keep_teacher or "student_" not in state:
            return state
        state.pop("teacher_", None)
        state["teacher"] = unfitted(self.teacher)
        if self.student is not None:
            state["student"] = unfitted(self.student)
        if is_given(self.queries):
            state["queries"] = None
        return state
