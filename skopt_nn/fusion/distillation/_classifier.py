"""A small classifier that learns from the outputs of a large one."""

from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.distillation._base import STUDENT, Distilled


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
        A neural estimator of this package. None is a small network,
        ``CNNClassifier((16, 32), dense_units=(), epochs=60, random_state=0)``, with the
        ``input_shape`` that is set within the teacher, where there is just one. Pass
        the student to set its parameters or its seed.
    temperature : float, default=4.0
        Softmax temperature of teacher and student, in (0, inf). Any probabilities can
        be tempered: ``p ** (1 / T)``, normalised, equals ``softmax(logits / T)``. The
        soft term is scaled by ``temperature ** 2`` so that its gradient keeps its size
        [1]_. Ignored if ``alpha=0``.
    alpha : float, default=0.5
        Weight of the soft targets, in [0, 1]; the labels weigh ``1 - alpha``.
    method : {"soft"}, default="soft"
        What the student learns; soft targets for now.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. A teacher that fits its training rows perfectly has nothing to
        tell about them but the labels. None asks the teacher about the rows it was
        trained on. A frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too.

    Attributes
    ----------
    student_ : classifier
        The fitted student; it predicts.
    teacher_ : classifier
        The teacher, fitted on all rows; not in pickles unless ``keep_teacher``.
    fidelity_ : Bunch
        How the student compares with its soft targets on the training rows, which
        with ``cv`` are rows that the teacher's clones did not see: ``agreement``, the
        share of equal predictions; ``kl_divergence``, the mean of KL(teacher ||
        student) in nats at temperature 1; the accuracies ``teacher_score`` and
        ``student_score``.
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
    -1 is one of three classes or more, name it otherwise. An indicator has no such
    rows. A frozen teacher needs no labels at all, and may know more classes than y has.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural
       Network", 2015. arXiv:1503.02531

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
    >>> distilled = DistilledClassifier(forest, student, temperature=2.0).fit(X, y)
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
            member.classifier_tags is not None and member.classifier_tags.multi_label
            for member in self._member_tags()
        )
        return tags

    def _default_student(self, input_shape):
        from skopt_nn.estimators import CNNClassifier

        return CNNClassifier(**STUDENT, input_shape=input_shape)

    def _read(self, X, y, sample_weight, known):
        problem = Problem.of_labels(X, y, sample_weight, multilabel=True)
        return problem.with_unlabelled(known)
