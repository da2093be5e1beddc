"""Teacher first, student second: what distilled models have in common."""

from dataclasses import KW_ONLY, dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import HasMethods, Interval, StrOptions, fit_context
from skopt_nn.fusion._cross_fit import cross_fit, fit_task
from skopt_nn.fusion._members import (
    attribute_of,
    check_member,
    known_classes,
    predict_scores,
)
from skopt_nn.fusion._problem import Problem, check_weights
from skopt_nn.fusion.distillation._fidelity import fidelity
from skopt_nn.fusion.distillation._methods import METHODS
from skopt_nn.fusion.distillation._routing import routed, router_of
from skopt_nn.fusion.distillation._teacher import (
    check_classes,
    input_shape_within,
    unfitted,
)

# Small, and trained for long: a student needs time for its lesson.
STUDENT = {
    "filters": (16, 32),
    "dense_units": (),
    "epochs": 60,
    "random_state": 0,
}


@dataclass(eq=False, repr=False)
class Distilled(
    MetaEstimatorMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Teacher first, student second; the leaves know labels from numbers."""

    teacher: Any
    student: Any = None
    _: KW_ONLY
    temperature: float = 4.0
    alpha: float = 0.5
    method: str = "soft"
    cv: Any = None
    n_jobs: int | None = None
    keep_teacher: bool = False

    _parameter_constraints = {
        "teacher": [HasMethods(["fit"])],
        "student": [HasMethods(["fit"]), None],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        # A live view: methods that are registered later are valid, too.
        "method": [StrOptions(METHODS.keys())],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "keep_teacher": ["boolean"],
    }

    n_features_in_ = attribute_of("student_", "n_features_in_")
    feature_names_in_ = attribute_of("student_", "feature_names_in_")
    n_iter_ = attribute_of("student_", "n_iter_")
    history_ = attribute_of("student_", "history_")
    n_parameters_ = attribute_of("student_", "n_parameters_")

    @fit_context(prefer_skip_nested_validation=False)
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

        Raises
        ------
        TypeError
            For a teacher or student of another kind or without what is asked of it,
            and for metadata that nobody takes.
        ValueError
            For parameters or data that do not fit, before the teacher is trained.
        """
        student = self._new_student()
        problem = self._problem(X, y, sample_weight)
        weights, split_params = routed(self, problem.sample_weight, params)
        taught = replace(problem, sample_weight=weights["teacher"])
        learned = replace(problem, sample_weight=weights["student"])
        self._check_student(student, learned)
        folds = taught.folds(None if self._is_frozen else self.cv, **split_params)
        root = self._init_callback_context(max_subtasks=2)
        at_end = {
            "metadata": {"sample_weight": problem.sample_weight},
            "reconstruction_attributes": dict,
        }
        with fit_task(root, self, problem.X, problem.y, **at_end):
            teacher, outputs = self._ask_teacher(root, taught, folds)
            self._teach(root, student, learned, teacher, outputs)
            self.fidelity_ = self._compare(problem, outputs, student)
            self.teacher_, self.student_ = teacher, student
            if problem.classes is not None:
                self.classes_, self._multilabel = problem.classes, problem.multilabel
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
        state["teacher"] = unfitted(self.teacher)
        if self.student is not None:
            state["student"] = unfitted(self.student)
        return state

    @property
    def _is_frozen(self):
        return isinstance(self.teacher, FrozenEstimator)

    def _new_student(self):
        check_member(self.teacher, self._kind, "teacher")
        if self.student is None:
            return self._default_student(input_shape_within(self.teacher))
        check_member(self.student, self._kind, "student", need_proba=False)
        if not hasattr(self.student, "fit_soft"):
            raise TypeError(
                f"student must have fit_soft, which {self.student!r} does not. Take a "
                "neural estimator of skopt_nn, or write fit_soft(X, y, soft_targets, "
                "*, temperature, alpha, sample_weight)."
            )
        return clone(self.student)

    def _problem(self, X, y, sample_weight):
        """Read what is to be learned; a frozen teacher knows all classes of it."""
        known = known_classes(self.teacher) if self._is_frozen else None
        problem = self._read(indexable(X)[0], y, sample_weight, known)
        if self._is_frozen:
            return replace(problem, classes=check_classes(self.teacher, problem))
        if not len(problem.taught):
            raise ValueError(
                "y must have rows with a label and a weight above zero, to teach the "
                f"teacher, got none among {len(problem)} rows. Only a teacher in "
                "FrozenEstimator needs no labels."
            )
        return problem

    @staticmethod
    def _check_student(student, problem):
        """Raise what the student would raise, before the teacher is trained."""
        if not hasattr(student, "check_fit"):
            return
        classes = problem.classes
        stand_in = 0 if classes is None else np.resize(classes, len(problem))
        student.check_fit(
            problem.X,
            problem.filled(stand_in),
            problem.sample_weight,
            classes=None if problem.multilabel else classes,
        )

    def _ask_teacher(self, root, problem, folds):
        """Return the fitted teacher, and what it says about all rows."""
        task = root.subcontext(
            "teacher", max_subtasks=1 + len(folds), sequential_subtasks=False
        )
        with fit_task(task, self, problem.X, problem.y):
            teacher, outputs = cross_fit(
                self.teacher, problem, folds, caller=self, context=task
            )
        check_classes(teacher, problem)
        if problem.classes is None:
            outputs = outputs.reshape(problem.y.shape)
        return teacher, outputs

    def _teach(self, root, student, problem, teacher, outputs):
        rows = problem.counted
        lesson = METHODS[self.method](
            problem.take(rows),
            teacher,
            outputs[rows],
            temperature=self.temperature,
            alpha=self.alpha,
        )
        task = root.subcontext("student")
        with (
            task.propagate_callback_context(student),
            fit_task(task, self, lesson["X"], lesson["y"]),
        ):
            student.fit_soft(**lesson)

    @staticmethod
    def _compare(problem, outputs, student):
        ask = student.predict if problem.classes is None else student.predict_proba
        return fidelity(problem, outputs, np.asarray(ask(problem.X)))
