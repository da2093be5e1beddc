"""Members told apart by a factor of each value."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ONES, ZEROS, Role

ops = keras.ops


class RandomSigns:
    """Draws a sign for each member and section: the values of one keep their ratios.

    Parameters
    ----------
    sections : tuple of int
        Widths of the values that belong together, such as one column's embedding.
    """

    def __init__(self, sections: tuple[int, ...]):
        self.sections = sections

    def __call__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        signs = rng.choice([-1.0, 1.0], (shape[0], len(self.sections)))
        return np.repeat(signs, self.sections, axis=1)


@keras.saving.register_keras_serializable(package="skopt_nn")
class MemberScale(keras.layers.Layer):
    """Multiplies what each member of an ensemble gets by a vector of its own.

    Rows of shape ``(width,)``, common to all members, or ``(n_members, width)`` become
    ``(n_members, width)``. Beside a dense layer that all members share, such a vector
    makes a rank-one change of its kernel.

    Parameters
    ----------
    n_members : int
    sections : tuple of int, default=None
        Widths of the parts that start from one random sign for each member. If None,
        all factors start from one.
    use_bias : bool, default=False
        Whether each member adds a vector of its own, too.
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    References
    ----------
    Y. Wen, D. Tran, J. Ba. "BatchEnsemble: an Alternative Approach to Efficient
    Ensemble and Lifelong Learning". ICLR 2020. arXiv:2002.06715.
    """

    def __init__(self, n_members, sections=None, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        self.n_members = n_members
        self.sections = None if sections is None else tuple(sections)
        self.use_bias = use_bias

    def build(self, input_shape):
        shape = (self.n_members, input_shape[-1])
        self.scale = self.add_weight(name="scale", shape=shape, initializer=ONES)
        if self.sections is not None:
            self.scale.role = Role(decays=False, draw=RandomSigns(self.sections))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=shape, initializer=ZEROS)
        self.built = True

    def call(self, inputs):
        if len(inputs.shape) == 2:
            inputs = ops.expand_dims(inputs, 1)
        outputs = inputs * self.scale
        return outputs if self.bias is None else outputs + self.bias

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n_members, input_shape[-1])

    def get_config(self):
        own = {
            "n_members": self.n_members,
            "sections": self.sections,
            "use_bias": self.use_bias,
        }
        return {**super().get_config(), **own}
