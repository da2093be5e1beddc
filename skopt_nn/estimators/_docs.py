"""Sections that the docstrings of all neural estimators share."""

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
        Number of trained parameters; what is shared counts once."""
REFERENCES = """\
.. [1] I. Loshchilov, F. Hutter. "Decoupled Weight Decay Regularization". ICLR 2019.
       arXiv:1711.05101."""
SMOOTHING_REFERENCE = """\
.. [2] C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. "Rethinking the
       Inception Architecture for Computer Vision". CVPR 2016. arXiv:1512.00567."""


def documented(cls: type) -> type:
    """Class decorator: the shared sections, in place of their names."""
    sections = {
        "attributes": ATTRIBUTES,
        "references": REFERENCES,
        "smoothing_reference": SMOOTHING_REFERENCE,
    }
    if cls.__doc__:  # there is none under -OO
        for name, text in sections.items():
            cls.__doc__ = cls.__doc__.replace(f"%({name})s", text)
    return cls
