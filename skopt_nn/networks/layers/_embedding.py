"""Vectors in place of token ids."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.networks.layers._initial import ZEROS, Role
from skopt_nn.networks.layers._pooling import positive_integer

ops = keras.ops

PADDING, UNKNOWN = 0, 1


def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Vectors as Kim (2014) draws them; that of padding is zero."""
    vectors = rng.uniform(-0.25, 0.25, shape)
    vectors[PADDING] = 0
    return vectors


EMBEDDING = Role(decays=True, draw=uniform)


@keras.saving.register_keras_serializable(package="skopt_nn")
class Embedding(keras.layers.Layer):
    """A learned vector for each token id; that of padding, id 0, stays zero.

    A convolution sees beyond the end of a text what it sees beyond the end of a row:
    zeros, as in the network of Kim [1]_.

    Parameters
    ----------
    vocabulary_size : int
        Number of ids, from 0 on. Larger ones get the vector of unknown tokens, id 1.
    embedding_dim : int
        Length of a vector.
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.

    References
    ----------
    .. [1] Y. Kim. "Convolutional Neural Networks for Sentence Classification". EMNLP
       2014. arXiv:1408.5882.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn.networks.layers import Embedding
    >>> layer = Embedding(vocabulary_size=100, embedding_dim=8)
    >>> tuple(layer(np.array([[7, 1, 0], [99, 2, 5]])).shape)
    (2, 3, 8)
    """

    def __init__(self, vocabulary_size, embedding_dim, **kwargs):
        # Floats of half precision, to which a policy may cast, hold no large ids.
        super().__init__(**{"autocast": False, **kwargs})
        self.vocabulary_size = positive_integer("vocabulary_size", vocabulary_size)
        self.embedding_dim = positive_integer("embedding_dim", embedding_dim)

    def build(self, input_shape):
        self.vectors = self.add_weight(
            name="vectors",
            shape=(self.vocabulary_size, self.embedding_dim),
            initializer=ZEROS,
        )
        self.vectors.role = EMBEDDING
        self.built = True

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.embedding_dim)

    def call(self, inputs):
        ids = ops.cast(inputs, "int32")
        ids = ops.where(ids < self.vocabulary_size, ids, UNKNOWN)
        vectors = ops.take(ops.convert_to_tensor(self.vectors), ids, axis=0)
        is_token = ops.cast(ids != PADDING, vectors.dtype)
        return vectors * ops.expand_dims(is_token, -1)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
        }
