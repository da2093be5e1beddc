import numpy as np
import pytest
from scipy.ndimage import correlate

from skopt_nn.networks.layers import DepthwiseConvolution, GlobalPooling
from tests.doubles import draw, to_numpy


@pytest.mark.parametrize("side", [1, 2, 3, 5])
@pytest.mark.parametrize("spatial", [(9,), (6, 7), (4, 5, 3)], ids=str)
def test_each_channel_is_correlated_with_a_kernel_of_its_own(spatial, side):
    x = draw((2, *spatial, 3))
    layer = DepthwiseConvolution(side)
    layer.build(x.shape)
    kernel, bias = draw(tuple(layer.kernel.shape), 1), draw((3,), 2)
    layer.kernel.assign(kernel)
    layer.bias.assign(bias)
    # An even kernel looks further ahead than back.
    origin = -1 if side % 2 == 0 else 0
    expected = [
        [
            correlate(row[..., c], kernel[..., 0, c], mode="constant", origin=origin)
            for c in range(3)
        ]
        for row in x
    ]
    expected = np.moveaxis(np.array(expected), 1, -1) + bias
    np.testing.assert_allclose(to_numpy(layer(x)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "reduce"), [("average", np.mean), ("max", np.max)])
@pytest.mark.parametrize("spatial", [(9,), (4, 5), (2, 3, 4)], ids=str)
def test_global_pooling_leaves_a_value_a_channel(spatial, kind, reduce):
    x = draw((2, *spatial, 3))
    axes = tuple(range(1, x.ndim - 1))
    np.testing.assert_allclose(
        to_numpy(GlobalPooling(kind)(x)), reduce(x, axis=axes), rtol=1e-5, atol=1e-6
    )
