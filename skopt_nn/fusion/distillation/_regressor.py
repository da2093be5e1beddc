"""A small regressor that learns from the outputs of a large one."""

from sklearn.base import RegressorMixin
from sklearn.utils import get_tags

from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.distillation._base import STUDENT, Distilled


class DistilledRegressor(RegressorMixin, Distilled):
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

    _kind = "regressor"

    def _default_student(self, input_shape):
        from skopt_nn.estimators import CNNRegressor

        return CNNRegressor(**STUDENT, input_shape=input_shape)

    def _read(self, X, y, sample_weight, known):
        several = get_tags(self).target_tags.multi_output
        return Problem.of_values(
            X, y, sample_weight, multi_output=several, missing=True
        )
