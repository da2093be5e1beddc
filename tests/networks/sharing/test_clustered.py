"""Weights of a few values, recomputed in numpy and by scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans

from skopt_nn import networks
from skopt_nn.networks.sharing import Clustered
from skopt_nn.networks.sharing._clustered import codebook, projected
from tests.doubles import SHARED, build, draw, to_numpy


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 16])
def test_a_codebook_is_that_of_k_means(n_clusters):
    values = draw((40, 9))
    start = np.linspace(values.min(), values.max(), n_clusters)[:, None]
    k_means = KMeans(n_clusters, init=start, n_init=1, tol=0)
    centers = k_means.fit(values.reshape(-1, 1)).cluster_centers_
    np.testing.assert_allclose(
        codebook(values, n_clusters), np.sort(centers.ravel()), rtol=1e-4
    )


def test_each_value_becomes_the_nearest_of_its_codebook():
    values = draw((5, 7, 3))
    means = codebook(values, 4)
    nearest = np.abs(values[..., None] - means).argmin(axis=-1)
    np.testing.assert_array_equal(projected(values, 4), means[nearest])


def test_projecting_again_changes_nothing():
    once = projected(draw((30, 30)), 5)
    np.testing.assert_allclose(projected(once, 5), once, rtol=1e-6)


def test_equal_values_are_one_cluster():
    np.testing.assert_array_equal(projected(np.ones((4, 4), "f4"), 3), np.ones((4, 4)))


def test_kernels_are_projected_and_nothing_else():
    model = build(SHARED)
    before = networks.get_values(model)
    Clustered(3).project(model, 1.0)
    for value, old in zip(networks.get_values(model), before):
        if value.ndim > 1:
            np.testing.assert_array_equal(value, projected(old, 3))
        else:
            np.testing.assert_array_equal(value, old)


def test_a_part_of_the_way_is_a_mixture():
    model = build(SHARED)
    kernel = to_numpy(model.get_layer("logits").kernel)
    Clustered(3).project(model, 0.25)
    expected = 0.75 * kernel + 0.25 * projected(kernel, 3)
    found = to_numpy(model.get_layer("logits").kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_more_clusters_than_weights_are_refused():
    recipe = replace(SHARED, filters=(), dense_units=(4,), input_shape=(5, 1))
    assert Clustered(11).check(recipe) is None
    with pytest.raises(ValueError, match=r"n_clusters=12 must be less .* 'logits' has"):
        Clustered(12).check(recipe)


# -- packed ---------------------------------------------------------------------


@pytest.mark.parametrize("n_values", [1, 2, 3, 16, 17, 256])
def test_packed_arrays_come_back_to_the_bit(n_values):
    rng = np.random.default_rng(0)
    values = rng.normal(size=n_values).astype("f4")
    arrays = [values[rng.integers(n_values, size=(37, 11))], draw((8,)), draw((3, 99))]
    packed = networks.packed(arrays, n_values)
    assert [type(part) for part in packed[1:]] == [np.ndarray, np.ndarray]
    for found, array in zip(networks.unpacked(packed), arrays):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype


def test_an_index_takes_the_bits_that_it_needs():
    (part,) = networks.packed([projected(draw((80, 10)), 16)], 16)
    assert len(part["indices"]) == 800 * 4 / 8
    assert networks.n_stored(800, 16) == 16 + 800 * 4 / 32
    assert networks.n_stored(33, 2) == 2 + 2


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"shape": (10**6, 10**6)}, "200 bytes of indices"),
        ({"shape": (-10, -80)}, "200 bytes of indices"),
        ({"codebook": np.ones(2, "f4")}, "200 bytes of indices"),
        ({"codebook": np.ones(3, "f4")}, "beyond its codebook"),
    ],
)
def test_forged_packings_are_refused_before_anything_is_allocated(change, match):
    (part,) = networks.packed([projected(draw((80, 10)), 4)], 4)
    with pytest.raises(ValueError, match=match):
        networks.unpacked([part | change])
