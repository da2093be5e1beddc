"""Ways to teach are registered by name, from anywhere."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.naive_bayes import GaussianNB

from skopt_nn import DistilledClassifier
from skopt_nn.fusion.distillation import METHODS
from tests.doubles import Pupil

# Queries have tests of their own.
DistilledClassifier = partial(DistilledClassifier, queries=None)


def from_a_query(problem, teacher, outputs, *, temperature, alpha, beta):
    """The teacher's own answers, on the rows and on their mean."""
    mean = problem.X.mean(axis=0, keepdims=True)
    return {
        "X": np.concatenate([problem.X, mean]),
        "y": np.append(problem.answers(outputs), teacher.predict(mean)),
        "soft_targets": np.concatenate([outputs, teacher.predict_proba(mean)]),
        "temperature": 2 * temperature,
        "alpha": alpha,
    }


@pytest.fixture
def registered():
    METHODS["query"] = from_a_query
    yield
    del METHODS["query"]


def test_a_method_from_outside_says_what_the_student_is_given(iris, registered):
    X, y = iris
    model = DistilledClassifier(GaussianNB(), Pupil(), method="query", alpha=0.2)
    lesson = model.fit(X, y).student_.lesson_
    teacher = GaussianNB().fit(X, y)
    rows = np.concatenate([X, X.mean(axis=0, keepdims=True)])
    assert_array_equal(lesson["X"], rows)
    assert_array_equal(lesson["y"], teacher.predict(rows))
    assert_array_equal(lesson["soft_targets"], teacher.predict_proba(rows))
    assert (lesson["temperature"], lesson["alpha"]) == (4.0, 0.2)


def test_a_method_that_is_not_registered_is_refused_with_those_that_are(iris):
    names = "{'(soft|logits|decoupled)', '(?!\\1)(soft|logits|decoupled)', '[a-z]+'}"
    with pytest.raises(ValueError, match=rf"'method' .* must be a str among {names}"):
        DistilledClassifier(GaussianNB(), Pupil(), method="query").fit(*iris)
