"""The convolutional network."""

from skopt_nn._backend import keras
from skopt_nn.networks import _blocks


def build_cnn(
    input_shape: tuple[int, ...],
    n_outputs: int,
    *,
    filters: tuple[int, ...],
    kernel_size: int,
    pool_size: int,
    dense_units: tuple[int, ...],
    activation: str,
    normalization: str | None,
    dropout: float,
    table: bool,
    seed: int,
) -> keras.Model:
    """Stages of convolution and pooling, then dense layers, ending in logits.

    Parameters
    ----------
    input_shape : tuple of int
        One sample with its channels: 1, 2 or 3 spatial axes, then channels. Without
        filters any shape will do.
    n_outputs : int
        Number of logits.
    table : bool
        Whether the columns have units of their own (see ``entrance``).
    seed : int
        Seed of kernels and dropout masks.
    """
    rows, x = _blocks.entrance(input_shape, table)
    for i, n_filters in enumerate(filters, start=1):
        x = _blocks.convolution_stage(
            x,
            n_filters,
            kernel_size=kernel_size,
            pool_size=_blocks.pooling_width(x, pool_size, table),
            activation=activation,
            normalization=normalization,
            name=f"conv_{i}",
        )
    x = keras.layers.Flatten(name="flatten")(x)
    for i, units in enumerate(dense_units, start=1):
        name = f"dense_{i}"
        x = _blocks.dense(units, normalization, name)(x)
        x = _blocks.normalize(x, normalization, name)
        x = _blocks.activate(x, activation, name)
        x = _blocks.dropout(x, dropout, seed + i, name)
    model = keras.Model(rows, _blocks.logits(x, n_outputs), name="cnn")
    return _blocks.initialize(model, seed)
