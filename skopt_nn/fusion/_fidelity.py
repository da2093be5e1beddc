"""How close a student comes to its teacher, in numbers."""

import numpy as np
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.utils import Bunch


def classifier_fidelity(teacher, student, classes, y=None, sample_weight=None):
    """Compare class probabilities of teacher and student, row by row.

    Returns
    -------
    fidelity : Bunch
        ``agreement``, the share of rows with the same predicted class;
        ``kl_divergence``, the mean of KL(teacher || student) in nats; with ``y`` also
        the accuracies ``teacher_score`` and ``student_score``.
    """
    tiny = np.finfo(np.result_type(teacher, student, np.float32)).tiny
    ratio = np.log(np.maximum(teacher, tiny)) - np.log(np.maximum(student, tiny))
    taught, learned = classes[teacher.argmax(axis=1)], classes[student.argmax(axis=1)]

    def mean(values):
        return float(np.average(values, weights=sample_weight))

    fidelity = Bunch(
        agreement=mean(taught == learned),
        kl_divergence=mean((teacher * ratio).sum(axis=1)),
    )
    if y is not None:
        fidelity.update(
            teacher_score=mean(taught == y), student_score=mean(learned == y)
        )
    return fidelity


def regressor_fidelity(teacher, student, y=None, sample_weight=None):
    """Compare predictions of teacher and student, row by row.

    Returns
    -------
    fidelity : Bunch
        ``agreement``, the coefficient of determination of the student's predictions
        as predictions of the teacher's; ``mean_squared_difference`` of the two; with
        ``y`` also the coefficients ``teacher_score`` and ``student_score``.
    """

    def r2(true, predicted):
        if len(true) < 2:
            return float("nan")
        return float(r2_score(true, predicted, sample_weight=sample_weight))

    fidelity = Bunch(
        agreement=r2(teacher, student),
        mean_squared_difference=float(
            mean_squared_error(teacher, student, sample_weight=sample_weight)
        ),
    )
    if y is not None:
        fidelity.update(teacher_score=r2(y, teacher), student_score=r2(y, student))
    return fidelity
