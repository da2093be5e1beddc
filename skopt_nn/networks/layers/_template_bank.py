"""Kernels of one shape, of which layers take mixtures."""

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import MIXTURE, TEMPLATES, ZEROS


class TemplateBank(keras.layers.Layer):
    """A source of kernels: ``sum_j mixture_j templates_j``, a mixture for each layer.

    Templates decay and mixtures do not: their product would be pulled at twice.

    Parameters
    ----------
    n_templates : int

    References
    ----------
    P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
    Sharing". ICLR 2019. arXiv:1902.09701.
    """

    def __init__(self, n_templates, **kwargs):
        super().__init__(**kwargs)
        self.n_templates = n_templates

    def build(self, shape):
        self.templates = self.add_weight(
            name="templates", shape=(self.n_templates, *shape), initializer=ZEROS
        )
        self.templates.role = TEMPLATES
        self.built = True

    def prepare(self, layer: keras.Layer, shape: tuple[int, ...]) -> None:
        """Give a layer, whose kernel is of this shape, its mixture."""
        if not self.built:
            self.build(shape)
        layer.mixture = layer.add_weight(
            name="mixture", shape=(self.n_templates,), initializer=ZEROS
        )
        layer.mixture.role = MIXTURE

    def kernel(self, layer: keras.Layer):
        """The kernel of a layer."""
        return keras.ops.tensordot(layer.mixture, self.templates, axes=1)
