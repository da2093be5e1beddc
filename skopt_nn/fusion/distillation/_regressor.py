"""A small regressor that learns from the outputs of a large one."""

import inspect

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from skopt_nn._parameters import parameter, parameters
from skopt_nn.fusion._members import innermost, takes_several_outputs
from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.distillation._base import Distilled


@parameters
class DistilledRegressor(RegressorMixin, Distilled):
    """A small regressor that learns from the predictions of a large one.

    The teacher's predictions are free of most of the noise in y.

    Parameters
    ----------
    teacher : regressor
        ``fit`` trains a clone, even of a fitted one; a teacher in
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is.
    student : regressor with ``fit_soft``, default=None
        A neural estimator of this package, `KerasRegressor` with a model of your own
        included. None is a small network that suits the data:
        ``TabularRegressor(dense_units=(32, 32), n_members=8, n_bins=16,
        embedding_dim=4, random_state=0)`` for rows of columns, and
        ``CNNRegressor((16, 32), dense_units=(), random_state=0)`` for samples with
        axes, and rows that become images by the one ``input_shape`` that
        is set within the teacher; its filters are ``(8, 16, 32)`` from 16 pixels on
        each side, or as many steps, on. Pass the student to set its parameters or its
        seed.
    temperature : float or "auto", default="auto"
        Passed to the student, ``"auto"`` as 1; predictions have no temperature. In
        (0, inf).
    alpha : float, default=0.5
        Weight of the teacher's predictions, in [0, 1]; y weighs ``1 - alpha``.
    method : {"soft"}, default="soft"
        Values are compared in but one way; others are of classes.
    beta : float, default=1.0
        Ignored: it is of classes.
    queries : {"auto", "mixtures", "views", "resampled"}, int, array-like or None, \
            default="auto"
        Rows beyond those of X, which the teacher alone answers; see
        :class:`DistilledClassifier`. Those that are made weigh together at most a third
        of what the rows weigh.
    n_generations : int, default=1
        How many students are trained, each taught by the one before; the last one
        predicts.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. None asks the teacher about the rows it was trained on. A
        frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too, and
        ``queries`` that were given as rows are None.
    random_state : int, RandomState instance or None, default=None
        Draws the queries; teacher and student have their own.
    return_std : bool, default=False
        Whether rows count the less, the less sure the teacher is of them: with *s* the
        standard deviation that its ``predict(X, return_std=True)`` gives, by
        :math:`1 / (1 + s^2 / \\mathrm{median}(s^2))`, of several outputs with the mean
        of these ratios. Gaussian processes and Bayesian regressions have it.

    Attributes
    ----------
    student_ : regressor
        The fitted student; it predicts.
    students_ : list of regressor
        Those of all generations; ``student_`` is the last one.
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
    :math:`(1 - \\alpha) (y - z)^2 + \\alpha (t - z)^2`. A row whose y is NaN has no
    value and costs :math:`(t - z)^2`: the student learns the teacher's answer alone,
    and the teacher is fitted on the other rows.

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

    return_std: bool = parameter(False, "boolean")

    _kind = "regressor"

    def _read(self, X, y, sample_weight, known):
        several = get_tags(self).target_tags.multi_output or _n_outputs(y) > 1
        return Problem.of_values(
            X, y, sample_weight, multi_output=several, missing=True
        )

    def _check_lesson(self, students, problem, validation):
        if _n_outputs(problem.y) > 1:
            self._check_outputs(students, problem.y.shape)
        if self.return_std:
            self._check_std()
        return super()._check_lesson(students, problem, validation)

    def _check_outputs(self, students, shape):
        members = [("teacher", self.teacher), *(("student", of) for of in students)]
        for name, member in members:
            if not takes_several_outputs(member):
                raise ValueError(
                    f"y has the shape {shape}, and the {name} {member!r} takes one "
                    "output alone. Wrap a teacher in MultiOutputRegressor of "
                    "sklearn.multioutput, or the distilled model itself."
                )

    def _check_std(self):
        teacher = innermost(self.teacher, (FrozenEstimator, Pipeline))
        taken = inspect.signature(teacher.predict).parameters.values()
        can_say = any(
            of.name == "return_std" or of.kind is of.VAR_KEYWORD for of in taken
        )
        # Its predict takes any keyword and then fails on a pair.
        if not can_say or isinstance(teacher, TransformedTargetRegressor):
            raise TypeError(
                "return_std=True asks for a teacher with predict(X, return_std=True), "
                f"such as GaussianProcessRegressor; got {teacher!r}."
            )
        if self.n_generations > 1:
            raise ValueError(
                "return_std=True needs n_generations=1, as students do not say how "
                f"sure they are of their predictions; got {self.n_generations}."
            )

    def _weighed(self, lesson, teacher):
        if not self.return_std:
            return lesson
        _, std = teacher.predict(lesson["X"], return_std=True)
        variance = np.square(std).reshape(len(std), -1)
        usual = np.median(variance, axis=0)
        # Of an output whose median is zero no row is less sure than another.
        relative = np.divide(variance, usual, np.zeros(variance.shape), where=usual > 0)
        sure = 1 / (1 + relative.mean(axis=1))
        given = lesson["sample_weight"]
        return {**lesson, "sample_weight": sure if given is None else given * sure}


def _n_outputs(y):
    return np.shape(y)[1] if np.ndim(y) == 2 else 1
