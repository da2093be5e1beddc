"""A member that learns what the ones before it got wrong."""

from dataclasses import MISSING
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    TransformerMixin,
    is_classifier,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import FieldConstraints, HasMethods, fit_context
from skopt_nn._parameters import OneOf, Range, parameter, parameters
from skopt_nn.fusion._cross_fit import cross_fit, fit_task
from skopt_nn.fusion._members import (
    attribute_of,
    check_member,
    predict_scores,
    takes_several_outputs,
)
from skopt_nn.fusion._problem import Problem
from skopt_nn.fusion.serial._lesson import (
    check_learns_residuals,
    check_stages,
    left_by,
    starts_from_scores,
)
from skopt_nn.fusion.serial._stage_output import StageOutput


@parameters
class SerialStage(
    MetaEstimatorMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator,
    auto_wrap_output_keys=None,
):  # fmt: skip
    """One stage of a serial fusion: a member that learns what earlier ones got wrong.

    A transformer for a :class:`~sklearn.pipeline.Pipeline` whose last step is a
    :class:`WeightedSumClassifier` or :class:`WeightedSumRegressor`. It trains a clone
    of ``estimator`` and hands on the samples with the scores so far.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or regressor
        The member. Where its ``fit`` takes no ``sample_weight``, it is trained on
        rows drawn in proportion to the weights, boosting by resampling [2]_.
    cv : int, cross-validation generator, iterable or None, default=3
        The folds of ``fit_transform``: later stages see each training row with the
        scores of a clone that did not. A network that fits its training rows
        perfectly would leave them nothing to learn. None hands on in-sample scores.
        Integers mean folds without shuffling, stratified for classifiers.
    learning_rate : float, default=0.1
        How far this stage goes into the mistakes of the stages before it, in [0, 1].
        SAMME: the exponent on sample weights, from 0 (train on all rows alike) to 1.
        Logits and regression: the share of what was said so far that the stage starts
        from, from 0 (learn all anew) to 1 (learn what is left alone). The first stage
        has nothing before it, and ignores it.
    method : {"auto", "logits", "samme"}, default="auto"
        How classes are learned behind other stages: ``"logits"`` adds to what these
        say, which needs a member with ``fit_offset``, as networks of this package
        have; ``"samme"`` trains on sample weights. ``"auto"`` takes logits where the
        member can.
    n_jobs : int, default=None
        Number of folds trained at once.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of members that take no ``sample_weight``; not passed on to
        the member.

    Attributes
    ----------
    estimator_ : estimator
        The member, fitted on all rows; it serves ``transform``.
    classes_ : ndarray of shape (n_classes,)
        The labels; classifiers only.
    n_features_in_, feature_names_in_
        Those of ``estimator_``, where it has them.

    See Also
    --------
    make_serial_fusion : A pipeline of stages from members.
    WeightedSumClassifier : The end of such a pipeline, with SAMME's stage weights.

    Notes
    -----
    Classes follow SAMME [1]_. With :math:`e_m` the weighted error of stage *m* on its
    own training weights and *K* classes, its weight is
    :math:`a_m = \\max(0, \\log((1 - e_m) / e_m) + \\log(K - 1))`, and stage *m*
    trains on weights proportional to
    :math:`w_i \\exp(\\nu_m \\sum_{j<m} a_j [c_i \\ne T_j(x_i)])`, where *w* is the
    user's ``sample_weight`` and :math:`\\nu_m` the ``learning_rate``; their sum stays
    that of *w*. At :math:`\\nu = 1` the rows that one stage missed get
    :math:`(K - 1) / K` of all weight. The members of a serial fusion are strong: of
    ten digits they miss two in a hundred, and a network that gives nine tenths of its
    attention to those learns little else. Hence the low default.

    In logit space stage *m* starts from what the stages before say, as the base margin
    of boosting [3]_: with :math:`F_{m-1}` the logarithm of their probabilities, mixed
    with a thousandth of the uniform distribution, it minimises the loss of
    :math:`\\nu_m F_{m-1} + f_m`, and a line search on out-of-fold scores finds
    :math:`F_m = \\nu_m F_{m-1} + b_m f_m`, or leaves :math:`F_{m-1}` as it is, if the
    loss of that is smaller. Its lesson is ``fit_offset(X, y, scores, *, sample_weight,
    classes)``, scores being :math:`\\nu_m F_{m-1}`; what it then calls probabilities is
    :math:`\\mathrm{softmax}(f_m)`. A stage by SAMME behind it sees one member.

    In regression stage *m* fits :math:`r = y - \\nu_m F_{m-1}(x)` by :math:`s_m`. As in
    gradient boosting [3]_ a line search sets its weight, here on scores that are
    out-of-fold: :math:`F_m = \\nu_m F_{m-1} + b_m s_m` with
    :math:`b_m = \\max(0, \\sum_i w_i r_i s_m(x_i) / \\sum_i w_i s_m(x_i)^2)`, or
    :math:`F_{m-1}`, whichever has the smaller squared error.

    Boosting adds many weak members, each of which learns what is left alone. Members of
    a serial fusion are few and strong: behind one that is right and sure on nearly all
    rows, nearly none would be left to learn from. Hence the low default here, too.

    References
    ----------
    .. [1] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and
       Its Interface 2(3), 349-360, 2009. doi:10.4310/SII.2009.v2.n3.a8
    .. [2] Y. Freund, R. E. Schapire, "Experiments with a new boosting algorithm",
       International Conference on Machine Learning, 148-156, 1996.
    .. [3] J. H. Friedman, "Greedy function approximation: a gradient boosting
       machine", Annals of Statistics 29(5), 1189-1232, 2001.
       doi:10.1214/aos/1013203451

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skopt_nn import SerialStage
    >>> X, y = load_iris(return_X_y=True)
    >>> SerialStage(LogisticRegression(max_iter=1000)).fit_transform(X, y)
    StageOutput(n_samples=150, n_stages=1, n_scores=3)
    """

    estimator: Any = parameter(MISSING, HasMethods(["fit", "predict"]), kw_only=False)
    cv: Any = parameter(3, "cv_object")
    learning_rate: float = parameter(0.1, Range(Real, 0, 1, closed="both"))
    method: str = parameter("auto", OneOf(("auto", "logits", "samme")))
    n_jobs: int | None = parameter(None, [Integral, None])
    random_state: Any = parameter(None, "random_state")

    _parameter_constraints = FieldConstraints()

    n_features_in_ = attribute_of("estimator_", "n_features_in_")
    feature_names_in_ = attribute_of("estimator_", "feature_names_in_")

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the member on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or StageOutput
            The samples, or what the stage before handed on.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target; several outputs for regressors only.
        sample_weight : array-like of shape (n_samples,), default=None
            Multiplied into the boosting weights.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For an ``estimator`` that cannot be a member.
        ValueError
            For data that do not fit, or a member that does not fit the stages before.
        """
        self._fit(X, y, sample_weight, folded=False)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y, sample_weight=None):
        """Fit, and return the training rows with out-of-fold scores.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or StageOutput
            As for ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            As for ``fit``.
        sample_weight : array-like of shape (n_samples,), default=None
            As for ``fit``.

        Returns
        -------
        output : StageOutput
            Not equal to ``fit(X, y).transform(X)``, unless ``cv`` is None.
        """
        return self._fit(X, y, sample_weight, folded=True)

    def transform(self, X):
        """Return X with this stage's scores beside those of the stages before.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or StageOutput
            The samples, or what the stage before handed on.

        Returns
        -------
        output : StageOutput
        """
        check_is_fitted(self)
        X = indexable(X)[0]
        scores = predict_scores(self.estimator_, _samples(X), self._classes)
        return self._hand_on(X, scores)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the plain array that ``transform`` reads as.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, with those of earlier stages. None takes
            ``feature_names_in_``, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of str
            The names of X, then "stage0_<label>" and so on, stage by stage; in
            regression "stage0_y0", a name an output.
        """
        check_is_fitted(self)
        default = [f"x{k}" for k in range(self.n_features_in_)]
        known = list(getattr(self, "feature_names_in_", default))
        labels = getattr(self, "classes_", [f"y{k}" for k in range(self._n_scores)])
        stages = range(self._n_before + 1)
        scores = [f"stage{stage}_{label}" for stage in stages for label in labels]
        expected, own = known + scores[: -len(labels)], scores[-len(labels) :]
        names = expected if input_features is None else list(input_features)
        if len(names) != len(expected):
            raise ValueError(
                "input_features should have length equal to number of features "
                f"({len(expected)}), got {len(names)}"
            )
        if hasattr(self, "feature_names_in_") and names[: len(known)] != known:
            raise ValueError("input_features is not equal to feature_names_in_")
        return np.array(names + own, dtype=object)

    def set_output(self, *, transform=None):
        """Do nothing: a stage hands on frames as frames and arrays as arrays.

        Parameters
        ----------
        transform : object
            Ignored; for API consistency.

        Returns
        -------
        self : object
        """
        return self

    def __sklearn_tags__(self):
        tags, member = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = member.input_tags
        tags.target_tags = member.target_tags
        tags.target_tags.required = True
        tags.non_deterministic = member.non_deterministic
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _fit(self, X, y, sample_weight, *, folded):
        X = indexable(X)[0]
        problem = self._read(_samples(X), y, sample_weight)
        adds, lesson = self._adds(X), problem
        if isinstance(X, StageOutput):
            check_stages(X, problem)
            check_learns_residuals(self.estimator)
            lesson = left_by(X, problem, adds=adds, rate=self.learning_rate)
        folds = problem.folds(self.cv if folded else None)
        root = self._init_callback_context(
            max_subtasks=1 + len(folds), sequential_subtasks=False
        )
        with fit_task(root, self, X, problem.y):
            member, scores = cross_fit(
                self.estimator,
                lesson,
                folds,
                caller=self,
                context=root,
                random=_generator(self.random_state),
            )
            self.estimator_, self._classes = member, problem.classes
            self._is_added, self._rate = adds, self.learning_rate
            output = self._hand_on(X, scores)
            self._n_before = output.scores.shape[1] - 1
            self._n_scores = output.scores.shape[2]
        return output

    def _read(self, samples, y, sample_weight):
        kind = "classifier" if is_classifier(self.estimator) else "regressor"
        check_member(self.estimator, kind, "estimator of SerialStage")
        if kind == "classifier":
            return Problem.of_labels(samples, y, sample_weight)
        several = takes_several_outputs(self.estimator)
        return Problem.of_values(samples, y, sample_weight, multi_output=several)

    def _adds(self, X):
        """Whether this stage gives logits that are added to those before."""
        if not isinstance(X, StageOutput) or self.method == "samme":
            return False
        can = starts_from_scores(self.estimator)
        if self.method == "logits" and not can:
            raise TypeError(
                "method='logits' needs a classifier with fit_offset that is trained "
                f"here and watches its loss, got {self.estimator!r}. Take a network of "
                "skopt_nn with scoring='loss', or method='auto'."
            )
        return can

    def _hand_on(self, X, scores):
        # Files of version 0.1 have neither.
        is_added, rate = getattr(self, "_is_added", False), getattr(self, "_rate", 1.0)
        if is_added:
            scores = np.log(np.maximum(scores, np.finfo(np.float64).tiny))
        return StageOutput.sequenced_after(X, scores, self._classes, rate, is_added)

    @property
    def classes_(self):
        if getattr(self, "_classes", None) is None:
            raise AttributeError(f"{type(self).__name__} has no attribute 'classes_'")
        return self._classes


def _samples(X):
    return X.X if isinstance(X, StageOutput) else X


def _generator(random_state):
    """Return a source of numbers that is never the global one."""
    if random_state is None:
        return np.random.default_rng()
    return check_random_state(random_state)
