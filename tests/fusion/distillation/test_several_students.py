"""Students that are taught together learn what no order of them changes."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from skopt_nn import CNNClassifier, DistilledClassifier, TabularClassifier
from tests.doubles import Pupil, Untouchable

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 16)), np.arange(60) % 2


class Reader(Pupil):
    """A student that reads rows as samples of a shape, or as ids."""

    def __init__(self, size=1, input_shape=None, vocabulary_size=None):
        self.size = size
        self.input_shape = input_shape
        self.vocabulary_size = vocabulary_size


def lessons(students, **params):
    """The rows that each student learned from in each generation, by its size."""
    model = DistilledClassifier(GaussianNB(), random_state=0, **params)
    models = model.fit_students(X, Y, students)
    return {
        (of.student.size, i): student.lesson_["X"]
        for of in models
        for i, student in enumerate(of.students_)
    }


@pytest.mark.parametrize("n_generations", [1, 2])
def test_students_learn_the_same_in_any_order(n_generations):
    students = [Reader(1), Reader(2, (4, 4, 1)), Reader(3, (16, 1)), Reader(4, (8, 2))]
    one, *others = (
        lessons(list(order), n_generations=n_generations)
        for order in permutations(students)
    )
    for other in others:
        for key, rows in one.items():
            np.testing.assert_array_equal(other[key], rows)


def test_rows_are_made_as_the_student_with_most_axes_reads_them():
    alone = lessons([Reader(2, (4, 4, 1))], queries="views")
    both = lessons([Reader(1), Reader(2, (4, 4, 1))], queries="views")
    np.testing.assert_array_equal(both[2, 0], alone[2, 0])
    np.testing.assert_array_equal(both[1, 0], alone[2, 0])


def test_no_rows_are_made_where_one_student_reads_ids():
    for order in permutations([Reader(1), Reader(2, vocabulary_size=9)]):
        for rows in lessons(list(order)).values():
            assert len(rows) == len(X)


def test_generations_of_a_student_are_those_that_it_has_alone():
    both = lessons([Reader(1), Reader(2)], n_generations=3)
    alone = lessons([Reader(2)], n_generations=3)
    for key, rows in alone.items():
        np.testing.assert_array_equal(both[key], rows)


def test_networks_are_the_same_in_any_order(digits):
    X, y = (of[:150] for of in digits)
    table = TabularClassifier(dense_units=(8,), n_members=2, epochs=1, random_state=0)
    cnn = CNNClassifier((4,), input_shape=(8, 8, 1), epochs=1, random_state=0)
    model = DistilledClassifier(GaussianNB(), random_state=0)
    (one, _), (_, other) = (
        model.fit_students(X, y, order) for order in ([cnn, table], [table, cnn])
    )
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize(
    ("students", "error"),
    [([], ValueError), (Pupil(), TypeError), ({"a": Pupil()}, TypeError)],
    ids=["none", "no list", "a dict"],
)
def test_students_are_a_list_of_at_least_one(students, error):
    model = DistilledClassifier(Untouchable())
    with pytest.raises(error, match="students must be a list of at least one student"):
        model.fit_students(X, Y, students)
