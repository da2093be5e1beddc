"""What a fitted network can be asked for."""

from functools import cached_property

from skopt_nn import networks, training


class Outputs:
    """Logits and last hidden features; each reader is made when first used."""

    def __init__(self, model):
        self._model = model

    @cached_property
    def _folded(self):
        return networks.folded(self._model)

    @cached_property
    def logits(self):
        return training.Predictor(self._folded)

    @cached_property
    def features(self):
        return training.Predictor(networks.hidden_features(self._folded))
