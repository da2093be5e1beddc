"""A small classifier that learns from the outputs of a large one."""

from sklearn.base import ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.distillation._base import Distilled


class DistilledClassifier(ClassifierMixin, Distilled):
    """A small classifier that learns from the probabilities of a large one.

    The teacher's probabilities say more than labels do: which wrong classes are
    nearly right. A student that learns both comes closer to the teacher than one that
    learns the labels alone [1]_.

    Parameters
    ----------
    teacher : classifier with ``predict_proba``
        A network, a forest, a whole fusion. ``fit`` trains a clone, even of a fitted
        one; a teacher in :class:`~sklearn.frozen.FrozenEstimator` is used as it is,
        and must know exactly the classes of y.
    student : classifier with ``fit_soft``, default=None
        A neural estimator of this package, `KerasClassifier` with a model of your own
        included. None is a small network that suits the data:
        ``TabularClassifier(dense_units=(32, 32), n_members=8, n_bins=16,
        embedding_dim=4, random_state=0)`` for rows of columns, and
        ``CNNClassifier((16, 32), dense_units=(), random_state=0)`` for samples with
        axes, and rows that become images by the one ``input_shape`` that
        is set within the teacher; its filters are ``(8, 16, 32)`` from 16 pixels on
        each side, or as many steps, on. Pass the student to set its parameters or its
        seed.
    temperature : float or "auto", default="auto"
        Softmax temperature of teacher and student, in (0, inf). Any probabilities can
        be tempered: ``p ** (1 / T)``, normalised, equals ``softmax(logits / T)``. The
        soft term is scaled by ``temperature ** 2`` so that its gradient keeps its size
        [1]_. ``"auto"`` is 2, which brings out how the wrong classes compare, and 1
        where there is one wrong class alone: of two classes, and of several labels.
        Ignored if ``alpha=0``.
    alpha : float, default=0.5
        Weight of the soft targets, in [0, 1]; the labels weigh ``1 - alpha``.
    method : {"soft", "logits", "decoupled"}, default="soft"
        How student and teacher are compared: by tempered probabilities [1]_; by their
        logits, without a temperature [2]_; or by the label's probability and, weighted
        by ``beta``, those of the other classes among themselves [3]_, which needs
        three classes or more.
    beta : float, default=1.0
        Weight of the other classes in ``"decoupled"``, in (0, inf).
    queries : {"auto", "mixtures", "views", "resampled"}, int, array-like or None, \
            default="auto"
        Rows beyond those of X, which the teacher alone answers and the student learns
        from as well: ``"mixtures"`` of two images, series or volumes; shifted
        ``"views"`` of them [4]_; rows whose columns are ``"resampled"`` [5]_.
        ``"auto"`` resamples columns, mixes samples with axes, and makes none of texts,
        token ids, sparse rows and frames other than those of pandas. Nine a row are
        made, and fewer where these are more than 20,000; a number asks for so many.
        Together they weigh at most three times what the rows weigh. An array or a data
        frame of unlabelled rows such as those of X is taken as it is; each of them
        weighs what a row does on average. None for none. More than 256 MB are kept in a
        temporary file while the student is trained.
    n_generations : int, default=1
        How many students are trained, each taught by the one before, as born-again
        networks are [6]_; the last one predicts.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. A teacher that fits its training rows perfectly has nothing to
        tell about them but the labels. None asks the teacher about the rows it was
        trained on. A frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too, and
        ``queries`` that were given as rows are None.
    random_state : int, RandomState instance or None, default=None
        Draws the queries; teacher and student have their own.

    Attributes
    ----------
    student_ : classifier
        The fitted student; it predicts.
    students_ : list of classifier
        Those of all generations; ``student_`` is the last one.
    teacher_ : classifier
        The teacher, fitted on all rows; not in pickles unless ``keep_teacher``.
    fidelity_ : Bunch
        How the student compares with its soft targets on the training rows, which
        with ``cv`` are rows that the teacher's clones did not see: ``agreement``, the
        share of equal predictions; ``kl_divergence``, the mean of KL(teacher ||
        student) in nats at temperature 1; the accuracies ``teacher_score`` and
        ``student_score``; of one label a row also their expected calibration errors
        ``teacher_calibration_error`` and ``student_calibration_error`` [7]_, the scores
        where both disagree (``disputed``), and the same ``by_class``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_, feature_names_in_, n_iter_, history_, n_parameters_
        Those of the student, where it has them.

    See Also
    --------
    DistilledRegressor : The same for regression.
    make_parallel_fusion : A teacher that is worth distilling.

    Notes
    -----
    With logits *z* of the student and probabilities *p* of the teacher, a row costs

    .. math:: (1 - \\alpha) \\, \\mathrm{CE}(y, \\mathrm{softmax}(z)) + \\alpha T^2 \\,
        \\mathrm{KL}(p^{1/T} / \\textstyle\\sum p^{1/T} \\,\\|\\,
        \\mathrm{softmax}(z / T)).

    For a 0/1 indicator of several labels, each label is such a pair of classes with a
    sigmoid in place of the softmax, and the mean over the labels is taken.

    Rows without a label teach with :math:`\\alpha = 1`: the student learns the
    teacher's answer alone, and the teacher is fitted on the other rows. As in
    :mod:`sklearn.semi_supervised` they have the label -1, which stands for "none" where
    it cannot be a class: where y has at least two other labels or, with a frozen
    teacher, where the teacher does not know it. In a y of -1 and 1 it is a label. If
    -1 is one of three classes or more, name it otherwise: a warning says how many rows
    were read so. An indicator has no such rows. A frozen teacher needs no labels at
    all, and may know more classes than y has.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural
       Network", 2015. arXiv:1503.02531
    .. [2] T. Kim, J. Oh, N. Kim, S. Cho, S.-Y. Yun, "Comparing Kullback-Leibler
       Divergence and Mean Squared Error Loss in Knowledge Distillation", IJCAI 2021.
       arXiv:2105.08919
    .. [3] B. Zhao, Q. Cui, R. Song, Y. Qiu, J. Liang, "Decoupled Knowledge
       Distillation", CVPR 2022. arXiv:2203.08679
    .. [4] L. Beyer, X. Zhai, A. Royer, L. Markeeva, R. Anil, A. Kolesnikov, "Knowledge
       Distillation: A Good Teacher Is Patient and Consistent", CVPR 2022.
       arXiv:2106.05237
    .. [5] R. Fakoor, J. Mueller, N. Erickson, P. Chaudhari, A. J. Smola, "Fast,
       Accurate, and Simple Models for Tabular Data via Augmented Distillation",
       NeurIPS 2020. arXiv:2006.14284
    .. [6] T. Furlanello, Z. C. Lipton, M. Tschannen, L. Itti, A. Anandkumar,
       "Born-Again Neural Networks", ICML 2018. arXiv:1805.04770
    .. [7] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017. arXiv:1706.04599

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skopt_nn import CNNClassifier, DistilledClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> student = CNNClassifier(
    ...     filters=(), dense_units=(8,), learning_rate=0.01, epochs=30, random_state=0
    ... )
    >>> forest = RandomForestClassifier(30, random_state=0)
    >>> distilled = DistilledClassifier(forest, student, random_state=0).fit(X, y)
    >>> distilled.fidelity_.agreement > 0.9
    True
    """

    _kind = "classifier"

    def predict_proba(self, X):
        """Return the student's class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            The samples.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.student_.predict_proba(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = all(
            of is not None and of.multi_label
            for of in (get_tags(member).classifier_tags for member in self._members())
        )
        return tags

    def _read(self, X, y, sample_weight, known):
        problem = Problem.of_labels(X, y, sample_weight, multilabel=True)
        return problem.with_unlabelled(known)
