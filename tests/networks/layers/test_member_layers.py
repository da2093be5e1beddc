"""Layers of members, and of columns, against numpy."""

import numpy as np
import pytest

from skopt_nn._backend import keras, on_device
from skopt_nn.networks.layers import (
    CategoryEmbedding,
    MemberDense,
    MemberScale,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    draw_weights,
)
from tests.doubles import draw, to_numpy


def built(layer, shape, seed=0):
    """A layer whose weights are drawn as those of a network are."""
    rows = keras.Input(shape)
    draw_weights(keras.Model(rows, layer(rows)), seed)
    return layer


def filled(layer, seed=0):
    """The same, with nothing left at zero."""
    for i, weight in enumerate(layer.trainable_variables):
        weight.assign(on_device(draw(tuple(weight.shape), seed=seed + i)))
    return layer


def test_each_member_multiplies_what_all_are_given():
    layer = filled(built(MemberScale(3, use_bias=True), (5,)))
    x, (scale, bias) = draw((4, 5)), layer.get_weights()
    np.testing.assert_allclose(
        to_numpy(layer(x)), x[:, None] * scale + bias, rtol=1e-5, atol=1e-6
    )


def test_each_member_multiplies_its_own():
    layer = filled(built(MemberScale(3), (3, 5)))
    x, (scale,) = draw((4, 3, 5)), layer.get_weights()
    np.testing.assert_allclose(to_numpy(layer(x)), x * scale, rtol=1e-5)


def test_factors_of_a_section_start_from_one_sign():
    (scale,) = built(MemberScale(50, sections=(1, 4, 2)), (7,)).get_weights()
    assert set(np.unique(scale)) == {-1.0, 1.0}
    for start, stop in [(0, 1), (1, 5), (5, 7)]:
        assert (scale[:, start:stop] == scale[:, start, None]).all()
    assert len(np.unique(scale, axis=0)) == 8


def test_factors_without_sections_start_from_one():
    (scale,) = built(MemberScale(2), (7,)).get_weights()
    assert (scale == 1).all()


def test_dense_layers_of_members_know_nothing_of_each_other():
    layer = filled(built(MemberDense(2), (3, 5)))
    x, (kernel, bias) = draw((4, 3, 5)), layer.get_weights()
    for i in range(3):
        np.testing.assert_allclose(
            to_numpy(layer(x))[:, i],
            x[:, i] @ kernel[i] + bias[i],
            rtol=1e-4,
            atol=1e-5,
        )


def test_kernels_of_members_are_drawn_as_those_of_single_layers():
    kernel, _ = built(MemberDense(40), (3, 60)).get_weights()
    limit = np.sqrt(6 / (60 + 40))
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)


# -- columns --------------------------------------------------------------------

EDGES = np.array([[0.0, 1.0, 3.0], [-1.0, 0.0, 0.5]], np.float32)


@pytest.fixture
def piecewise():
    layer = built(PiecewiseLinearEmbedding(2, 4), (2,))
    layer.low.assign(on_device(EDGES[:, :-1]))
    layer.width.assign(on_device(np.diff(EDGES)))
    return layer


def test_an_embedding_starts_as_a_straight_line(piecewise):
    slope, bias, *_ = piecewise.get_weights()
    x = draw((6, 2))
    np.testing.assert_allclose(
        to_numpy(piecewise(x)), x[..., None] * slope + bias, rtol=1e-5, atol=1e-6
    )


def test_an_embedding_bends_at_the_edges_of_its_bins(piecewise):
    slope, bias, bends, *_ = filled(piecewise).get_weights()
    x = np.array([[-2, -1], [0.25, -0.25], [1, 0], [2, 0.3], [9, 7]], np.float32)
    expected = x[..., None] * slope + bias
    for column in range(2):
        heights = np.vstack([np.zeros(4), bends[column].cumsum(axis=0)])
        for unit in range(4):
            expected[:, column, unit] += np.interp(
                x[:, column], EDGES[column], heights[:, unit]
            )
    np.testing.assert_allclose(to_numpy(piecewise(x)), expected, rtol=1e-4, atol=1e-5)


def test_bins_are_values_that_nobody_trains(piecewise):
    assert [v.name for v in piecewise.non_trainable_variables] == ["low", "width"]


def test_waves_of_a_column_are_sines_and_cosines_of_its_frequencies():
    layer = filled(built(PeriodicEmbedding(3, 4), (2,)))
    frequencies, kernel, bias = layer.get_weights()
    x = draw((5, 2))
    angles = 2 * np.pi * x[..., None] * frequencies
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    expected = np.maximum(waves @ kernel + bias, 0)
    np.testing.assert_allclose(to_numpy(layer(x)), expected, rtol=1e-3, atol=1e-4)


def test_a_category_is_a_vector_of_its_column():
    layer = filled(built(CategoryEmbedding((2, 3), 4), (2,)))
    (vectors,) = layer.get_weights()
    codes = np.array([[0, 0], [1, 2], [0, 1]], np.float32)
    np.testing.assert_array_equal(
        to_numpy(layer(codes)), vectors[[[0, 2], [1, 4], [0, 3]]]
    )


def test_what_is_missing_or_unknown_starts_from_nothing():
    (vectors,) = built(CategoryEmbedding((2, 3), 4), (2,)).get_weights()
    np.testing.assert_array_equal(
        ~vectors.any(axis=1), [True, False, True, False, False]
    )


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (MemberScale(3, (2, 3), True), (5,)),
        (MemberDense(2), (3, 5)),
        (PiecewiseLinearEmbedding(2, 4), (5,)),
        (PeriodicEmbedding(2, 4), (5,)),
        (CategoryEmbedding((2, 2), 4), (2,)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_layer_is_made_again_from_its_configuration(layer, shape):
    again = type(layer).from_config(layer.get_config())
    assert again.compute_output_shape((None, *shape)) == (
        built(layer, shape).compute_output_shape((None, *shape))
    )
    assert again.get_config() == layer.get_config()
