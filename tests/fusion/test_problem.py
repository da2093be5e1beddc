"""What is read once: weights, labels, classes, folds."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.model_selection import KFold, LeaveOneOut, PredefinedSplit

from skopt_nn.fusion._problem import Problem

pytestmark = pytest.mark.filterwarnings("ignore:.* are read as unlabelled")

X = np.arange(12.0).reshape(6, 2)
y = np.array([2, 0, -1, 2, -1, 0])
weight = np.array([1.0, 0.0, 2.0, 0.5, 0.0, 1.0])


def test_rows_that_count_and_rows_that_teach():
    problem = Problem.of_labels(X, y, weight).with_unlabelled()
    assert_array_equal(problem.counted, [0, 2, 3, 5])
    assert_array_equal(problem.taught, [0, 3, 5])
    assert_array_equal(problem.classes, [0, 2])


def test_classes_are_those_of_rows_with_a_weight():
    problem = Problem.of_labels(X, [0, 1, 0, 2, 2, 0], [1, 0, 1, 1, 1, 1])
    assert_array_equal(problem.classes, [0, 2])


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, csr_array, list])
def test_rows_are_taken_from_all_parts_alike(kind):
    problem = Problem.of_labels(kind(X), y, weight).with_unlabelled().take([2, 3])
    assert type(problem.X) is type(kind(X))
    rows = problem.X.toarray() if kind is csr_array else np.asarray(problem.X)
    assert_array_equal(rows, X[2:4])
    assert_array_equal(problem.y, [-1, 2])
    assert_array_equal(problem.sample_weight, [2.0, 0.5])
    assert_array_equal(problem.labelled, [False, True])
    assert_array_equal(problem.classes, [0, 2])


def test_all_rows_are_taken_without_a_copy():
    problem = Problem.of_values(X, y)
    assert problem.take(np.arange(6)) is problem


def test_scores_answer_and_fill_what_has_no_label():
    problem = Problem.of_labels(X, y).with_unlabelled()
    answers = problem.answers(np.tile([0.3, 0.7], (6, 1)))
    assert_array_equal(answers, [2] * 6)
    assert_array_equal(problem.filled(answers), [2, 0, 2, 2, 2, 0])
    values = Problem.of_values(X, np.where(y < 0, np.nan, y), missing=True)
    assert_array_equal(values.filled(np.arange(6)), [2, 0, 2, 2, 4, 0])


def test_folds_test_each_row_that_teaches_once():
    problem = Problem.of_labels(X, y, weight).with_unlabelled()
    tested = [test.tolist() for _, test in problem.folds(KFold(3))]
    assert tested == [[0], [3], [5]]
    given = [([0, 1, 2], [3, 4, 5]), ([3, 4, 5], [0, 1, 2])]
    given = [[np.array(part) for part in fold] for fold in given]
    assert [test.tolist() for _, test in problem.folds(given)] == [[3, 5], [0]]
    assert problem.folds(None) == []


def test_more_folds_than_rows_are_refused():
    with pytest.raises(ValueError, match="cv=7 folds need at least 7 rows, got n_samp"):
        Problem.of_values(X, y).folds(KFold(7))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (-weight, "Negative values in data passed to `sample_weight`"),
        (0 * weight, "at least one non-zero"),
        (weight[:3], r"sample_weight.shape == \(3,\), expected \(6,\)"),
        (weight[:, None], "must be 1D array or scalar"),
        (np.full(6, np.nan), "sample_weight contains NaN"),
    ],
)
def test_weights_that_cannot_weigh(bad, text):
    with pytest.raises(ValueError, match=text):
        Problem.of_values(X, y, bad)


def test_a_missing_target_is_named():
    for read in (Problem.of_labels, Problem.of_values):
        with pytest.raises(ValueError, match="requires y to be passed"):
            read(X, None)


THIRDS = np.arange(9) % 3


@pytest.mark.parametrize(
    "cv",
    [
        PredefinedSplit(THIRDS),
        [(np.flatnonzero(i != THIRDS).tolist(), [i, i + 3, i + 6]) for i in range(3)],
        [(i != THIRDS, i == THIRDS) for i in range(3)],
    ],
    ids=["PredefinedSplit", "lists", "masks"],
)
def test_folds_that_are_given_leave_out_rows_that_do_not_count(cv):
    weights = np.ones(9)
    weights[[4, 2, 5, 8]] = 0  # all of the last fold
    problem = Problem.of_values(np.zeros((9, 1)), np.arange(9.0), weights)
    folds = problem.folds(cv)
    assert [test.tolist() for _, test in folds] == [[0, 3, 6], [1, 7]]
    assert [train.tolist() for train, _ in folds] == [[1, 7], [0, 3, 6]]


def test_one_row_is_left_out_of_those_that_count():
    weights = np.array([1.0, 0, 1, 1])
    problem = Problem.of_values(np.zeros((4, 1)), np.arange(4.0), weights)
    tested = [test.tolist() for _, test in problem.folds(LeaveOneOut())]
    assert tested == [[0], [2], [3]]


@pytest.mark.parametrize("mark", [-1, None, np.nan])
def test_words_have_no_mark_for_what_is_unlabelled(mark):
    labels = np.array(["no", "yes", mark], dtype=object)
    with pytest.raises(
        ValueError, match="LabelEncoder first, or give such rows as que"
    ):
        Problem.of_labels(np.zeros((3, 1)), labels)
