"""Sections that the docstrings of all neural estimators share."""

ATTRIBUTES = """\
n_features_in_ : int
        Number of values of one sample.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if X had them.
    n_iter_ : int
        Epochs run.
    history_ : dict of str to list of float
        ``"loss"`` and ``"learning_rate"`` at the end of each epoch; with rows that are
        held out or given to validate on, ``"val_loss"`` and, unless
        ``scoring="loss"``, ``"val_score"``.
    best_score_ : float
        Score of the fitted network on the rows held out or given to validate on: by
        ``scoring``, or accuracy or R^2 if that is the loss. Only with such rows.
    best_epoch_ : int
        The epoch whose weights were kept, counted from 1. Only with ``early_stopping``.
    model_ : keras.Model
        The network, from flat rows to logits.
    n_parameters_ : int
        Number of trained parameters; what is shared counts once."""
REFERENCES = """\
.. [1] I. Loshchilov, F. Hutter. "Decoupled Weight Decay Regularization". ICLR 2019.
       arXiv:1711.05101.
    .. [6] L. N. Smith, N. Topin. "Super-Convergence: Very Fast Training of Neural
       Networks Using Large Learning Rates". 2018. arXiv:1708.07120."""
SMOOTHING_REFERENCE = """\
.. [2] C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna. "Rethinking the
       Inception Architecture for Computer Vision". CVPR 2016. arXiv:1512.00567."""

BLOCK_REFERENCES = """\
.. [3] K. He, X. Zhang, S. Ren, J. Sun. "Deep Residual Learning for Image Recognition".
       CVPR 2016. arXiv:1512.03385.
    .. [4] A. G. Howard, M. Zhu, B. Chen, D. Kalenichenko, W. Wang, T. Weyand, M.
       Andreetto, H. Adam. "MobileNets: Efficient Convolutional Neural Networks for
       Mobile Vision Applications". 2017. arXiv:1704.04861.
    .. [5] H. Ismail Fawaz, B. Lucas, G. Forestier, C. Pelletier, D. F. Schmidt, J.
       Weber, G. I. Webb, L. Idoumghar, P.-A. Muller, F. Petitjean. "InceptionTime:
       Finding AlexNet for Time Series Classification". Data Mining and Knowledge
       Discovery 34, 2020, 1936-1962. arXiv:1909.04939."""

SHARING_REFERENCES = """\
.. [3] D. Eigen, J. Rolfe, R. Fergus, Y. LeCun. "Understanding Deep Architectures
       using a Recursive Convolutional Network". ICLR Workshop 2014. arXiv:1312.1847.
    .. [4] Z. Lan, M. Chen, S. Goodman, K. Gimpel, P. Sharma, R. Soricut. "ALBERT: A
       Lite BERT for Self-supervised Learning of Language Representations". ICLR 2020.
       arXiv:1909.11942.
    .. [5] P. Savarese, M. Maire. "Learning Implicitly Recurrent CNNs Through Parameter
       Sharing". ICLR 2019. arXiv:1902.09701.
    .. [7] S. Han, H. Mao, W. J. Dally. "Deep Compression: Compressing Deep Neural
       Networks with Pruning, Trained Quantization and Huffman Coding". ICLR 2016.
       arXiv:1510.00149.
    .. [8] W. Chen, J. T. Wilson, S. Tyree, K. Q. Weinberger, Y. Chen. "Compressing
       Neural Networks with the Hashing Trick". ICML 2015, PMLR 37, 2285-2294.
       arXiv:1504.04788.
    .. [9] A. Desai, K. Zhou, A. Shrivastava. "Hardware-Aware Compression with Random
       Operation Access Specific Tile (ROAST) Hashing". ICML 2023, PMLR 202, 7732-7749.
       arXiv:2207.10702.
    .. [10] M. Courbariaux, Y. Bengio, J.-P. David. "BinaryConnect: Training Deep Neural
       Networks with binary weights during propagations". NeurIPS 2015.
       arXiv:1511.00363."""

TABLE_REFERENCES = """\
.. [3] Y. Gorishniy, A. Kotelnikov, A. Babenko. "TabM: Advancing Tabular Deep Learning
       with Parameter-Efficient Ensembling". ICLR 2025. arXiv:2410.24210.
    .. [4] Y. Gorishniy, I. Rubachev, A. Babenko. "On Embeddings for Numerical Features
       in Tabular Deep Learning". NeurIPS 2022. arXiv:2203.05556.
    .. [5] R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes. "Ensemble Selection from
       Libraries of Models". ICML 2004. doi:10.1145/1015330.1015432."""


def documented(cls: type) -> type:
    """Class decorator: the shared sections, in place of their names."""
    sections = {
        "attributes": ATTRIBUTES,
        "references": REFERENCES,
        "smoothing_reference": SMOOTHING_REFERENCE,
        "block_references": BLOCK_REFERENCES,
        "sharing_references": SHARING_REFERENCES,
        "table_references": TABLE_REFERENCES,
    }
    if cls.__doc__:  # there is none under -OO
        for name, text in sections.items():
            cls.__doc__ = cls.__doc__.replace(f"%({name})s", text)
    return cls
