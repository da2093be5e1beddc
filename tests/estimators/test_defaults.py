"""What "auto" comes to, by the kind of sample."""

import numpy as np
import pytest

from skopt_nn import CNNClassifier, CNNRegressor


def recipe_of(shape, filters="auto", n_rows=12, **params):
    net = CNNClassifier(filters, epochs=1, random_state=0, **params)
    X = np.random.default_rng(0).normal(size=(n_rows, *shape))
    return net.fit(X, np.arange(n_rows) % 2).model_.architecture.recipe


@pytest.mark.parametrize(
    ("shape", "filters", "head"),
    [
        ((28, 28, 1), (2, 2), "flatten"),
        ((40, 64, 1), (8, 16, 32), "flatten"),
        ((40, 64, 1), (8, 16, 67), "average"),
        ((130, 130, 1), (2, 33), "average"),
        ((600, 1), (2, 2), "average"),
    ],
    ids=str,
)
def test_few_and_narrow_convolutions_of_an_image_are_not_averaged(shape, filters, head):
    assert recipe_of(shape, filters).head == head


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((28, 28, 1), {"kernel_size": 3, "pool_size": 2, "head": "flatten"}),
        ((40, 64, 1), {"kernel_size": 3, "pool_size": 2, "head": "flatten"}),
        ((64, 2), {"kernel_size": 9, "pool_size": 2, "head": "flatten"}),
        ((600, 1), {"kernel_size": 9, "pool_size": 3, "head": "average"}),
        ((20, 3), {"kernel_size": 3, "pool_size": 2, "head": "flatten"}),
        ((8, 8, 8, 1), {"kernel_size": 3, "pool_size": 2, "head": "flatten"}),
    ],
    ids=str,
)
def test_stages_follow_the_shape_of_a_sample(shape, expected):
    recipe = recipe_of(shape, (2, 2, 2))
    assert {name: getattr(recipe, name) for name in expected} == expected


def test_rows_without_a_shape_are_columns():
    recipe = recipe_of((100,), (2, 2, 2))
    assert (recipe.kernel_size, recipe.head) == (3, "flatten")


def test_values_that_are_given_stay():
    recipe = recipe_of((64, 1), (2, 2), kernel_size=(5, 3), pool_size=1, head="max")
    assert (recipe.kernel_size, recipe.pool_size, recipe.head) == ((5, 3), 1, "max")


def test_without_stages_it_is_a_perceptron():
    recipe = recipe_of((10,), ())
    assert (recipe.dense_units, recipe.normalization) == ((128,), None)


@pytest.mark.parametrize(("side", "changes"), [(16, True), (15, False)])
def test_large_images_are_shifted(side, changes):
    nets = [
        CNNClassifier((2,), epochs=1, augmentation=how, random_state=0)
        for how in ("auto", None)
    ]
    X = np.random.default_rng(0).normal(size=(30, side, side, 1))
    first, second = (n.fit(X, np.arange(30) % 2).predict_proba(X) for n in nets)
    assert (first != second).any() == changes


@pytest.mark.parametrize("far", [1e8, -1e8])
def test_columns_far_from_zero_are_told_apart(far):
    rng = np.random.default_rng(0)
    near = rng.normal(size=(300, 3))
    y = near[:, 0] > 0
    params = {"filters": (), "dense_units": (8,), "epochs": 30, "random_state": 0}
    net = CNNClassifier(**params).fit(far + near, y)
    assert net.score(far + near, y) > 0.9
    assert (
        CNNRegressor(**params).fit(far + near, near[:, 1]).score(far + near, near[:, 1])
        > 0.8
    )


def test_a_constant_column_far_from_zero_does_no_harm():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.full(200, 1e8), rng.normal(size=200)])
    params = {"filters": (), "dense_units": (8,), "epochs": 30, "random_state": 0}
    assert CNNClassifier(**params).fit(X, X[:, 1] > 0).score(X, X[:, 1] > 0) > 0.9
