"""How close a student comes to its teacher, in numbers."""

import numpy as np
from scipy.special import rel_entr
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score
from sklearn.utils import Bunch

from skopt_nn._probabilities import expected_calibration_error


def fidelity(problem, taught, learned):
    """Compare what teacher and student say, row by row.

    Parameters
    ----------
    problem : Problem
        Its weights weigh the rows; its labels, where there are any, judge both.
    taught, learned : ndarray of shape (n_samples, n_classes) or (n_samples, n_outputs)
        Class probabilities or values of teacher and student.

    Returns
    -------
    fidelity : Bunch
        ``agreement``, the share of rows with the same prediction, or the coefficient
        of determination of the student's values as predictions of the teacher's;
        ``kl_divergence``, the mean of KL(teacher || student) in nats, of several labels
        the sum, or ``mean_squared_difference``; with labels also ``teacher_score`` and
        ``student_score``, accuracies or coefficients of determination. With one label
        a row also ``teacher_calibration_error`` and ``student_calibration_error``; the
        scores of both where they disagree, ``disputed``, empty if they never do; and,
        ``by_class``, the agreement and the scores of the rows of each label.
    """
    score = _r2 if problem.classes is None else accuracy_score
    teacher, student = problem.answers(taught), problem.answers(learned)
    weight = problem.sample_weight
    measured = Bunch(agreement=score(teacher, student, sample_weight=weight))
    if problem.classes is None:
        difference = mean_squared_error(teacher, student, sample_weight=weight)
        measured.mean_squared_difference = difference
    else:
        divergence = _divergence(taught, learned, problem.multilabel)
        measured.kl_divergence = float(np.average(divergence, weights=weight))
    rows = problem.taught
    if len(rows):
        y, weight = problem.y[rows], None if weight is None else weight[rows]
        measured.teacher_score = score(y, teacher[rows], sample_weight=weight)
        measured.student_score = score(y, student[rows], sample_weight=weight)
        if problem.classes is not None and not problem.multilabel:
            said = teacher[rows], student[rows]
            measured.update(
                _calibration(y, said, (taught[rows], learned[rows]), weight)
            )
            measured.disputed = _scores(y, *said, weight, said[0] != said[1])
            measured.by_class = {
                label: _agreement(y, *said, weight, y == label)
                for label in np.unique(y).tolist()
            }
    return measured


def _calibration(y, said, probabilities, weight):
    return {
        f"{who}_calibration_error": expected_calibration_error(
            labels == y, proba.max(axis=1), weight
        )
        for who, labels, proba in zip(("teacher", "student"), said, probabilities)
    }


def _scores(y, teacher, student, weight, rows):
    """Accuracies of both on these rows; none without rows."""
    if not rows.any():
        return {}
    weight = None if weight is None else weight[rows]
    return {
        f"{who}_score": accuracy_score(y[rows], said[rows], sample_weight=weight)
        for who, said in (("teacher", teacher), ("student", student))
    }


def _agreement(y, teacher, student, weight, rows):
    of_rows = None if weight is None else weight[rows]
    agreement = accuracy_score(teacher[rows], student[rows], sample_weight=of_rows)
    return {"agreement": agreement, **_scores(y, teacher, student, weight, rows)}


def _r2(true, predicted, *, sample_weight):
    if len(true) < 2:
        return float("nan")
    return r2_score(true, predicted, sample_weight=sample_weight)


def _divergence(teacher, student, multilabel):
    tiny = np.finfo(np.result_type(teacher, student, np.float32)).tiny
    divergence = rel_entr(teacher, np.maximum(student, tiny))
    if multilabel:
        divergence += rel_entr(1 - teacher, np.maximum(1 - student, tiny))
    return divergence.sum(axis=1)
