"""Rows of one's own, and views of rows; nothing of them is copied but batches."""

import numpy as np
import pytest

from skopt_nn import training
from skopt_nn.training.objectives import Objective, cross_entropy
from tests.doubles import assert_equal_values

N_ROWS = 150


class Generated:
    """Rows that come into being when a batch of them is asked for."""

    def __init__(self, dtype="float32"):
        self.dtype = dtype
        self.asked = []

    def __len__(self):
        return N_ROWS

    def take(self, indices):
        self.asked.append(np.array(indices))
        pixels = (np.asarray(indices)[:, None] * 7 + np.arange(64)) % 17
        return pixels.astype(self.dtype)


def examples(rows):
    labels = (np.arange(len(rows)) % 10).astype(np.int32)
    objective = Objective(cross_entropy, (labels,), {"label_smoothing": 0.0})
    weights = np.float32(0.5 + 0.5 * (np.arange(len(rows)) % 2))
    return training.Examples(rows, objective, weights)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_rows_generated_on_the_fly_train_like_an_array_of_them(build, train, dtype):
    generated = examples(Generated(dtype))
    array = examples(training.ArrayRows(Generated(dtype).take(np.arange(N_ROWS))))
    one, other = build(dropout=0.3), build(dropout=0.3)
    for model, given in ((one, generated), (other, array)):
        held_out = given.view(np.arange(100, N_ROWS))
        train(model, given.view(np.arange(100)), epochs=2, validation=held_out)
    assert_equal_values(one, other)


def test_rows_are_asked_for_a_stack_of_batches_at_a_time(build, train):
    rows = Generated()
    train(build(), examples(rows), batch_size=4, epochs=2)
    assert max(map(len, rows.asked)) <= 16 * 4
    for epoch in np.array_split(rows.asked, 2):
        assert set(np.concatenate(epoch)) == set(range(N_ROWS))


def test_rows_outside_of_a_view_are_never_asked_for(build, train):
    rows = Generated()
    train(build(), examples(rows).view(np.arange(20, 70)))
    assert set(np.concatenate(rows.asked)) == set(range(20, 70))


def test_a_view_of_a_view_is_a_view_of_the_rows():
    X = np.arange(20, dtype=np.float32)[:, None]
    whole = examples(training.ArrayRows(X))
    view = whole.view(np.arange(10, 20)).view(np.array([3, 0]))
    assert len(view) == len(view.rows) == 2
    np.testing.assert_array_equal(view.rows.take(np.arange(2)), X[[13, 10]])
    np.testing.assert_array_equal(view.objective.targets[0], [3, 0])
    np.testing.assert_array_equal(view.weights, whole.weights[[13, 10]])


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
def test_what_programs_convert_reaches_them_as_it_is(dtype):
    rows = training.ArrayRows(np.ones((3, 2), dtype))
    assert rows.take(np.array([0, 2])).dtype == dtype


@pytest.mark.parametrize("dtype", ["float64", "int8", "int64", "bool", "uint16"])
def test_other_numbers_become_float32_when_a_batch_is_cut(dtype):
    rows = training.ArrayRows(np.ones((3, 2), dtype))
    assert rows.X.dtype == dtype
    assert rows.take(np.array([0, 2])).dtype == np.float32


def test_a_batch_is_no_view_of_the_array():
    X = np.zeros((3, 2), np.float32)
    training.ArrayRows(X).take(np.arange(3))[:] = 1
    assert not X.any()


def test_rows_that_fill_a_batch_up_weigh_nothing():
    whole = examples(training.ArrayRows(np.ones((5, 2), np.float32)))
    batch = whole.take(np.array([4, 1, 0, 0]), n_real=2)
    np.testing.assert_array_equal(batch.weights, [0.5, 1.0, 0, 0])
    assert whole.weights.all()
