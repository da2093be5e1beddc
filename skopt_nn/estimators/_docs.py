"""Paragraphs that the docstrings of all neural estimators share."""

import textwrap

NETWORK = """\
input_shape : tuple of int, default=None
    Shape of one sample with its channels, such as ``(28, 28, 1)`` for an image,
    ``(100, 3)`` for a series or ``(8, 8, 8, 1)`` for a volume. If None it is that of
    X: samples of 2, 3 or 4 axes end with their channels; rows are a series of one
    channel whose columns have units of their own.
filters : tuple of int, default={filters}
    Output channels of the convolution of each stage. ``()`` is a network without
    convolutions, a multilayer perceptron.
kernel_size : int, default=3
    Width of the convolutions' windows along each axis, in pixels.
pool_size : int, default=2
    Factor by which the max pooling behind each stage shrinks each axis; 1 for none.
    It must leave at least one pixel, except in rows without ``input_shape``, which
    are pooled as long as they last.
dense_units : tuple of int, default={dense_units}
    Units of the dense layers between the last stage and the output.
activation : str, default="relu"
    Name of the activation function, one of ``skopt_nn.networks.ACTIVATIONS``.
normalization : {{"batch", "layer"}}, default=None
    Normalization between each layer and its activation.
dropout : float, default=0.0
    Fraction of the values behind each dense layer set to zero in training, in [0, 1).\
"""

TRAINING = """\
optimizer : str, default="adam"
    Name of a Keras optimizer, one of ``skopt_nn.training.OPTIMIZERS``.
learning_rate : float, default=1e-3
    Step size of the optimizer, in (0, inf).
weight_decay : float, default=0.0
    Decoupled weight decay of the kernels, in [0, inf): each step multiplies them by
    ``1 - learning_rate * weight_decay`` [1]_.
epochs : int, default={epochs}
    Passes over the training rows; the most of them with ``early_stopping``.
batch_size : int, default=32
    Rows of each gradient step; None for all rows at once.
early_stopping : bool, default=False
    Whether to hold out ``validation_fraction`` of the rows, stop once their loss has
    not improved for ``n_iter_no_change`` epochs, and restore the best epoch.
validation_fraction : float, default=0.1
    Part of the rows held out, in (0, 1). Ignored unless ``early_stopping``.
n_iter_no_change : int, default=10
    Epochs without improvement before stopping. Ignored unless ``early_stopping``.\
"""

CLASSES = """\
class_weight : dict or "balanced", default=None
    Weight of each class, by label; "balanced" for weights inversely proportional to
    the classes' frequencies. It multiplies ``sample_weight``.
label_smoothing : float, default=0.0
    Part of each label that is spread evenly over all classes, in [0, 1] [2]_.\
"""

RUN = """\
callbacks : list of keras.callbacks.Callback, default=None
    Keras callbacks with hooks of epochs; each fit uses copies of them.
warm_start : bool, default=False
    Whether fit goes on from the last fit, with its weights and optimizer state.
    Parameters of training and dropout may change in between, those of the network
    may not.
random_state : int, RandomState instance or None, default=None
    Seeds initial weights, order of rows, dropout and the held-out part. With an int
    a fit repeats to the bit, if it has as many threads. None draws from the operating
    system; the global state of numpy is never touched.
verbose : int, default=0
    Whether to print a line an epoch.\
"""

ATTRIBUTES = """\
n_features_in_ : int
    Number of values of one sample.
feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, if X had them.
n_iter_ : int
    Epochs run.
history_ : dict of str to list of float
    ``"loss"`` of each epoch and, with ``early_stopping``, ``"val_loss"``.
best_score_ : float
    Score of the restored epoch on the held-out rows. Only with ``early_stopping``.
model_ : keras.Model
    The network, from flat rows to logits.
n_parameters_ : int
    Number of trained parameters; what is shared counts once.\
"""

REFERENCES = """\
.. [1] I. Loshchilov, F. Hutter. "Decoupled Weight Decay Regularization". ICLR 2019.
   arXiv:1711.05101.\
"""

SMOOTHING_REFERENCE = """\
.. [2] C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. "Rethinking the
   Inception Architecture for Computer Vision". CVPR 2016. arXiv:1512.00567.\
"""

_SHARED = {
    "network": NETWORK,
    "training": TRAINING,
    "classes": CLASSES,
    "run": RUN,
    "attributes": ATTRIBUTES,
    "references": REFERENCES,
    "smoothing_reference": SMOOTHING_REFERENCE,
}


def fill_docstring(**defaults):
    """Replace ``%(name)s`` in a class' docstring by the shared paragraph."""

    def fill(cls):
        paragraphs = {
            name: textwrap.indent(text.format(**defaults), "    ").strip()
            for name, text in _SHARED.items()
        }
        if cls.__doc__:  # there is none under python -OO
            cls.__doc__ %= paragraphs
        return cls

    return fill
