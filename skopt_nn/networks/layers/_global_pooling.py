"""One value a channel."""

from skopt_nn._backend import keras

ops = keras.ops

POOLINGS = ("average", "max")


@keras.saving.register_keras_serializable(package="skopt_nn")
class GlobalPooling(keras.layers.Layer):
    """Mean or maximum of each channel over all spatial axes, however many.

    Parameters
    ----------
    kind : {"average", "max"}
    **kwargs
        Keyword arguments of `keras.layers.Layer`, such as `name`.
    """

    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, inputs):
        axes = list(range(1, len(inputs.shape) - 1))
        reduce = ops.mean if self.kind == "average" else ops.max
        return reduce(inputs, axis=axes)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}
