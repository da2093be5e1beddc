"""Networks for prediction: kernels are formed once, and normalized by themselves."""

from dataclasses import replace

import numpy as np

from skopt_nn._backend import keras, on_device
from skopt_nn.networks._cnn import CNNRecipe
from skopt_nn.networks._shared import SharedRecipe

_SUFFIX = "_normalization"


def folded(model: keras.Model) -> keras.Model:
    """The same function of its inputs with fewer layers, or the model as it is.

    Batch normalization without a scale multiplies each channel by a positive number,
    which commutes with the pooling between it and its kernel: up to rounding the
    outputs are equal. Kernels that are mixtures of templates, or drawn from fewer
    weights, are formed here and no more.

    References
    ----------
    B. Jacob, S. Kligys, B. Chen, M. Zhu, M. Tang, A. Howard, H. Adam, D. Kalenichenko.
    "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference". CVPR 2018. arXiv:1712.05877 (section 3.2).
    """
    recipe = model.architecture.recipe
    if isinstance(recipe, SharedRecipe) and recipe.has_sources:
        return _formed(model, recipe)
    if not isinstance(recipe, CNNRecipe) or not recipe.folds:
        return model
    plain = replace(recipe, normalization=None).model()
    values = {layer.name: _values(layer) for layer in model.layers}
    for name in [name for name in values if name.endswith(_SUFFIX)]:
        _fold(values, name.removesuffix(_SUFFIX), model.get_layer(name))
    for layer in plain.layers:
        for variable, value in zip(layer.variables, values[layer.name]):
            variable.assign(on_device(np.asarray(value, dtype=variable.dtype)))
    return plain


def _formed(model, recipe):
    plain = recipe.without_sources().model()
    for layer in plain.layers:
        source = model.get_layer(layer.name)
        values = {variable.name: variable for variable in source.variables}
        for variable in layer.variables:
            value = values.get(variable.name)
            value = source.kernel if value is None else value.value
            variable.assign(on_device(np.array(keras.ops.convert_to_numpy(value))))
    return plain


def _values(layer):
    return [keras.ops.convert_to_numpy(v.value) for v in layer.variables]


def _fold(values, slot, layer):
    """Into the kernel of a slot, or into those side by side before it."""
    shift, mean, variance = (v.astype(np.float64) for v in _values(layer))
    scale = 1 / np.sqrt(variance + layer.epsilon)
    shift = shift - mean * scale
    kernels = [slot] if slot in values else []
    kernels = kernels or [name for name in values if name.startswith(f"{slot}_width_")]
    start = 0
    for name in kernels:
        (kernel,) = values[name]
        part = slice(start, start + kernel.shape[-1])
        values[name] = [kernel * scale[part], shift[part]]
        start = part.stop
