from dataclasses import replace

import pytest

from skopt_nn import CNNClassifier, SharedWeightClassifier, networks
from skopt_nn.networks.sharing import SHARINGS
from tests.doubles import CNN, SHARED


def test_multiplications_and_parameters_are_counted():
    summary = networks.summary(CNN.build())
    counts = {layer.name: layer[2:] for layer in summary.layers}
    assert counts["conv_1"] == (3 * 3 * 4 + 4, 8 * 8 * 3 * 3 * 4)
    assert counts["dense_1"] == (64 * 8 + 8, 64 * 8)
    assert counts["logits"] == (8 * 3 + 3, 8 * 3)
    assert summary.n_parameters == networks.n_parameters(CNN.build())
    assert summary.n_multiply_adds == 8 * 8 * 36 + 64 * 8 + 8 * 3


def test_a_shared_layer_is_stored_once_and_multiplied_often():
    tied = SHARINGS["tied"]()
    alone = replace(SHARED, groups={slot: slot for slot in SHARED.slots()})
    shared = replace(SHARED, groups=tied.groups(SHARED.slots()))
    once, often = (networks.summary(recipe.build()) for recipe in (shared, alone))
    assert once.n_multiply_adds == often.n_multiply_adds
    assert once.n_parameters < often.n_parameters


def test_a_summary_needs_a_shape_before_fit():
    summary = CNNClassifier((4,)).summary((8, 8, 1), n_outputs=10)
    assert summary.layers[-1].shape == (10,)
    with pytest.raises(ValueError, match="summary needs the shape of one sample"):
        SharedWeightClassifier().summary()


def test_a_fitted_network_is_summed_up(digits, tiny):
    net = CNNClassifier(**tiny).fit(*digits)
    lines = str(net.summary()).splitlines()
    assert lines[0].split() == ["layer", "output", "parameters", "multiply-adds"]
    assert lines[-1].split()[1] == f"{net.n_parameters_:,}"
