"""How close a student comes to its teacher, in numbers."""

import numpy as np
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.utils import Bunch


def classifier_fidelity(
    teacher, student, *, multilabel, y=None, labelled=None, sample_weight=None
):
    """Compare class probabilities of teacher and student, row by row.

    Parameters
    ----------
    teacher, student : ndarray of shape (n_rows, n_classes)
    multilabel : bool
        Whether each column is a label by itself.
    y : ndarray of the column of each row's class, or of its 0/1 labels, default=None
    labelled : ndarray of bool of shape (n_rows,), default=None
        Rows whose y counts.
    sample_weight : ndarray of shape (n_rows,), default=None

    Returns
    -------
    fidelity : Bunch
        ``agreement``, the share of rows with the same prediction;
        ``kl_divergence``, the mean of KL(teacher || student) in nats, of labels the
        sum; with ``y`` also the accuracies ``teacher_score`` and ``student_score``.
    """
    if multilabel:
        decide, kl = _labels_on, _divergence(teacher, student)
        kl = kl + _divergence(1 - teacher, 1 - student)
    else:
        decide, kl = _best_column, _divergence(teacher, student)
    taught, learned = decide(teacher), decide(student)

    def mean(values, rows=slice(None)):
        weights = None if sample_weight is None else sample_weight[rows]
        return float(np.average(values[rows], weights=weights))

    fidelity = Bunch(
        agreement=mean((taught == learned).all(axis=1)), kl_divergence=mean(kl)
    )
    if y is not None and _counts(labelled, sample_weight):
        rows = slice(None) if labelled is None else labelled
        actual = y.reshape(len(y), -1)
        fidelity.update(
            teacher_score=mean((taught == actual).all(axis=1), rows),
            student_score=mean((learned == actual).all(axis=1), rows),
        )
    return fidelity


def _best_column(proba):
    return proba.argmax(axis=1)[:, None]


def _labels_on(proba):
    return proba > 0.5


def _divergence(teacher, student):
    tiny = np.finfo(np.result_type(teacher, student, np.float32)).tiny
    ratio = np.log(np.maximum(teacher, tiny)) - np.log(np.maximum(student, tiny))
    return (teacher * ratio).sum(axis=1)


def _counts(labelled, sample_weight):
    """Whether any row with a label has a weight."""
    if labelled is None:
        return True
    return (labelled if sample_weight is None else sample_weight[labelled]).any()


def regressor_fidelity(teacher, student, *, y=None, labelled=None, sample_weight=None):
    """Compare predictions of teacher and student, row by row.

    Returns
    -------
    fidelity : Bunch
        ``agreement``, the coefficient of determination of the student's predictions
        as predictions of the teacher's; ``mean_squared_difference`` of the two; with
        ``y`` also the coefficients ``teacher_score`` and ``student_score``.
    """

    def r2(true, predicted, rows=slice(None)):
        if len(true[rows]) < 2:
            return float("nan")
        weights = None if sample_weight is None else sample_weight[rows]
        return float(r2_score(true[rows], predicted[rows], sample_weight=weights))

    fidelity = Bunch(
        agreement=r2(teacher, student),
        mean_squared_difference=float(
            mean_squared_error(teacher, student, sample_weight=sample_weight)
        ),
    )
    if y is not None and _counts(labelled, sample_weight):
        rows = slice(None) if labelled is None else labelled
        fidelity.update(
            teacher_score=r2(y, teacher, rows), student_score=r2(y, student, rows)
        )
    return fidelity
