"""A small student that learns from the outputs of a large teacher."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._checks import check_labels, check_targets
from skopt_nn.fusion._distilled_base import _Distilled
from skopt_nn.fusion._fidelity import classifier_fidelity, regressor_fidelity
from skopt_nn.fusion._labels import known_classes, labelled_rows, valued_rows
from skopt_nn.fusion._rows import rows_that_count

# Small, and trained for long: a student needs time for its lesson.
_STUDENT = {"filters": (16, 32), "dense_units": (), "epochs": 60}


class DistilledClassifier(ClassifierMixin, _Distilled):
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

        return CNNClassifier(**_STUDENT, input_shape=input_shape, random_state=0)

    def _check_y(self, y):
        return check_labels(y, multilabel=True)

    def _labelled(self, y, classes):
        return labelled_rows(y, classes)

    def _read_labels(self, y, weight):
        """Return which rows have a label, and all classes."""
        known = known_classes(self.teacher) if self._is_frozen else None
        labelled = labelled_rows(y, known)
        self._need_labels(y, weight, labelled)
        if y.ndim == 2:
            classes = np.arange(y.shape[1])
        else:
            rows = rows_that_count(y, weight)
            classes = np.unique(y[rows][labelled[rows]])
        if not self._is_frozen:
            return labelled, classes
        unknown = np.setdiff1d(classes, known)
        if len(unknown) or (y.ndim == 2 and len(known) != len(classes)):
            self._refuse_classes(known, classes)
        return labelled, np.sort(known)

    def _check_taught(self, teacher, classes):
        """Raise if the fitted teacher knows other classes than those it was taught."""
        known = known_classes(teacher)
        if not np.array_equal(np.sort(known), classes):
            self._refuse_classes(known, classes)

    @staticmethod
    def _refuse_classes(known, classes):
        raise ValueError(
            f"teacher knows the classes {known.tolist()}, y has {classes.tolist()}: "
            "soft targets need those of y. A FrozenEstimator keeps its classes; pass "
            "the estimator itself to have a clone fitted to y."
        )

    def _filled(self, y, labelled, soft_targets, classes):
        """Return y with the teacher's predictions where it has no label."""
        if labelled.all():
            return y
        return np.where(labelled, y, classes[soft_targets.argmax(axis=1)])

    def _keep_classes(self, y, classes):
        self.classes_, self._multilabel = classes, y.ndim == 2

    def _compare(self, soft_targets, X, y=None, labelled=None, sample_weight=None):
        if y is not None and not self._multilabel:
            column = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
            y = np.where(self.classes_[column] == y, column, -1)
        return classifier_fidelity(
            soft_targets,
            np.asarray(self.student_.predict_proba(X)),
            multilabel=self._multilabel,
            y=y,
            labelled=labelled,
            sample_weight=sample_weight,
        )


class DistilledRegressor(RegressorMixin, _Distilled):
    """A small regressor that learns from the predictions of a large one.

    The teacher's predictions are free of most of the noise in y.

    Parameters
    ----------
    teacher : regressor
        ``fit`` trains a clone, even of a fitted one; a teacher in
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is.
    student : regressor with ``fit_soft``, default=None
        A neural estimator of this package. None is a small network,
        ``CNNRegressor((16, 32), dense_units=(), epochs=60, random_state=0)``, with the
        ``input_shape`` that is set within the teacher, where there is just one. Pass
        the student to set its parameters or its seed.
    temperature : float, default=4.0
        Passed to the student; predictions have no temperature. In (0, inf).
    alpha : float, default=0.5
        Weight of the teacher's predictions, in [0, 1]; y weighs ``1 - alpha``.
    method : {"soft"}, default="soft"
        What the student learns; soft targets for now.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds for out-of-fold soft targets, given by clones of the teacher that did
        not see the row. None asks the teacher about the rows it was trained on. A
        frozen teacher is asked as it is, whatever ``cv``.
    n_jobs : int, default=None
        Number of folds trained at once.
    keep_teacher : bool, default=False
        Whether pickles and copies hold the fitted teacher. Without, they hold the
        student; ``teacher`` is then an unfitted clone, within FrozenEstimator too.

    Attributes
    ----------
    student_ : regressor
        The fitted student; it predicts.
    teacher_ : regressor
        The teacher, fitted on all rows; not in pickles unless ``keep_teacher``.
    fidelity_ : Bunch
        How the student compares with its soft targets on the training rows, which
        with ``cv`` are rows that the teacher's clones did not see: ``agreement``, the
        R² of the student's predictions as predictions of the teacher's;
        ``mean_squared_difference``; the R² of both, ``teacher_score`` and
        ``student_score``.
    n_features_in_, feature_names_in_, n_iter_, history_, n_parameters_
        Those of the student, where it has them.

    See Also
    --------
    DistilledClassifier : The same for classes.

    Notes
    -----
    With *t* the teacher's prediction, a row costs
    :math:`(1 - \\alpha) (y - z)^2 + \\alpha (t - z)^2`. A row whose y is NaN has no
    value and costs :math:`(t - z)^2`: the student learns the teacher's answer alone,
    and the teacher is fitted on the other rows.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural
       Network", 2015. arXiv:1503.02531

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from skopt_nn import CNNRegressor, DistilledRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> student = CNNRegressor(filters=(), dense_units=(8,), epochs=30, random_state=0)
    >>> forest = RandomForestRegressor(30, random_state=0)
    >>> distilled = DistilledRegressor(forest, student, cv=3).fit(X, y)
    >>> sorted(distilled.fidelity_)
    ['agreement', 'mean_squared_difference', 'student_score', 'teacher_score']
    """

    _kind = "regressor"

    def _default_student(self, input_shape):
        from skopt_nn.estimators import CNNRegressor

        return CNNRegressor(**_STUDENT, input_shape=input_shape, random_state=0)

    def _check_y(self, y):
        several = get_tags(self).target_tags.multi_output
        return check_targets(y, several, allow_nan=True)

    def _labelled(self, y, classes):
        return valued_rows(y)

    def _read_labels(self, y, weight):
        labelled = valued_rows(y)
        self._need_labels(y, weight, labelled)
        return labelled, None

    def _filled(self, y, labelled, soft_targets, classes):
        mask = labelled.reshape(-1, *[1] * (y.ndim - 1))
        return y if labelled.all() else np.where(mask, y, soft_targets)

    def _keep_classes(self, y, classes):
        """A regression has none."""

    def _compare(self, soft_targets, X, y=None, labelled=None, sample_weight=None):
        prediction = np.asarray(self.student_.predict(X))
        return regressor_fidelity(
            soft_targets.reshape(prediction.shape),
            prediction,
            y=y,
            labelled=labelled,
            sample_weight=sample_weight,
        )
