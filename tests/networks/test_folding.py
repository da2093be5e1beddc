from dataclasses import replace

import numpy as np
import pytest

from skopt_nn import networks, training
from tests.doubles import CNN, draw


def trained_statistics(model):
    """Moving means, variances and shifts as if the model had been trained."""
    rng = np.random.default_rng(0)
    values = networks.get_values(model)
    changed = [
        v + rng.uniform(0.1, 1, v.shape).astype(v.dtype)
        if v.ndim == 1 and v.dtype.kind == "f"
        else v
        for v in values
    ]
    return networks.set_values(model, changed)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("block", networks.BLOCKS)
def test_a_folded_network_computes_the_same_without_normalization(block, activation):
    recipe = replace(
        CNN, filters=(4, 6), normalization="batch", block=block, depth=2, head="average"
    )
    model = trained_statistics(replace(recipe, activation=activation).build())
    folded = networks.folded(model)
    assert not [x for x in folded.layers if x.name.endswith("_normalization")]
    X = draw((5, 64))
    np.testing.assert_allclose(
        training.Predictor(folded)(X),
        training.Predictor(model)(X),
        rtol=2e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "changes",
    [{"normalization": None}, {"normalization": "layer"}, {"pools_first": False}],
    ids=str,
)
def test_what_is_not_exact_is_not_folded(changes):
    model = replace(CNN, **{"normalization": "batch", **changes}).build()
    assert networks.folded(model) is model
