"""Members trained one after another, each on what the ones before it got wrong."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
    TransformerMixin,
    _fit_context,
    is_classifier,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import (
    check_consistent_length,
    check_random_state,
    get_tags,
    indexable,
)
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skopt_nn.fusion._checks import (
    check_folds,
    check_labels,
    check_member,
    check_targets,
    check_weights,
)
from skopt_nn.fusion._members import attribute_of, cross_fit, predict_scores
from skopt_nn.fusion._rows import rows_that_count
from skopt_nn.fusion._stage_output import StageOutput
from skopt_nn.fusion._stage_weights import boosted_weights, line_search, samme


def _indexable(X):
    """Return X as something whose rows can be taken; frames and images stay."""
    return X if isinstance(X, StageOutput) else indexable(X)[0]


def _generator(random_state):
    """Return a source of numbers that is never the global one."""
    if random_state is None:
        return np.random.default_rng()
    return check_random_state(random_state)


def _listed(classes):
    return None if classes is None else classes.tolist()


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
    learning_rate : float, default=None
        How far this stage goes into the mistakes of the stages before it, in [0, 1].
        Classes: the exponent on SAMME's sample weights, from 0 (train on all rows
        alike) to 1 (SAMME). Regression: the share of the best step that is taken.
        None is 0.1 for classes and 1 for regression. The first stage has nothing
        before it, and ignores it.
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

    In regression stage *m* fits the residual :math:`r = y - \\sum_{j<m} b_j s_j(x)`
    by :math:`s_m`. As in gradient boosting [3]_ a line search sets its weight, here on
    scores that are out-of-fold:
    :math:`b_m = \\nu_m \\max(0, \\sum_i w_i r_i s_m(x_i) / \\sum_i w_i s_m(x_i)^2)`,
    :math:`b_1 = 1`. A stage that learnt noise gets little.

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

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cv": ["cv_object", None],
        "learning_rate": [Interval(Real, 0, 1, closed="both"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        cv=3,
        learning_rate=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.cv = cv
        self.learning_rate = learning_rate
        self.n_jobs = n_jobs
        self.random_state = random_state

    n_features_in_ = attribute_of("estimator_", "n_features_in_")
    feature_names_in_ = attribute_of("estimator_", "feature_names_in_")

    @_fit_context(prefer_skip_nested_validation=False)
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
        """
        self._fit(X, y, sample_weight, folded=False)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y, sample_weight=None):
        """Fit, and return the training rows with out-of-fold scores.

        Parameters
        ----------
        X, y, sample_weight
            As for ``fit``.

        Returns
        -------
        output : StageOutput
            Not equal to ``fit(X, y).transform(X)``, unless ``cv`` is None.
        """
        return self._fit(X, y, sample_weight, folded=self.cv is not None)

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
        X = _indexable(X)
        samples = X.X if isinstance(X, StageOutput) else X
        return self._hand_on(X, predict_scores(self.estimator_, samples, self._classes))

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
        *before, own = [
            [f"stage{stage}_{label}" for label in labels]
            for stage in range(self._n_before + 1)
        ]
        expected = [*known, *(name for names in before for name in names)]
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
        X = _indexable(X)
        samples = X.X if isinstance(X, StageOutput) else X
        y, weight, classes = self._check_data(X, y, sample_weight)
        folds = []
        if folded:
            rows = rows_that_count(y, weight)
            kind = {"classifier": classes is not None}
            folds = check_folds(self.cv, samples, y, rows, **kind)
        root = self._init_callback_context(
            max_subtasks=1 + len(folds), sequential_subtasks=False
        ).call_on_fit_task_begin(estimator=self, X=X, y=y)
        target, weight = self._lesson(X, y, weight, classes)
        member, scores = cross_fit(
            self.estimator,
            samples,
            target,
            weight,
            rows_that_count(target, weight),
            folds=folds,
            classes=classes,
            context=root,
            caller=self,
            random=_generator(self.random_state),
            n_jobs=self.n_jobs,
        )
        self.estimator_, self._classes = member, classes
        self._n_before = X.scores.shape[1] if isinstance(X, StageOutput) else 0
        self._n_scores = scores.shape[1]
        root.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self._hand_on(X, scores)

    def _check_data(self, X, y, sample_weight):
        kind = "classifier" if is_classifier(self.estimator) else "regressor"
        check_member(self.estimator, kind, "estimator of SerialStage")
        if y is None:
            raise ValueError(
                "SerialStage requires y to be passed, but the target y is None."
            )
        if kind == "classifier":
            y = check_labels(y)
        else:
            y = check_targets(y, get_tags(self.estimator).target_tags.multi_output)
        check_consistent_length(X, y)
        weight = check_weights(sample_weight, y)
        rows = rows_that_count(y, weight)
        classes = np.unique(y[rows]) if kind == "classifier" else None
        if isinstance(X, StageOutput) and not np.array_equal(X.classes, classes):
            raise ValueError(
                f"This stage holds a {kind} of the classes {_listed(classes)}, the "
                f"stages before were fitted to {_listed(X.classes)}. All members of a "
                "serial fusion are classifiers of the same classes, or all regressors."
            )
        return y, weight, classes

    def _lesson(self, X, y, weight, classes):
        """Return the target and the weights that this stage's member trains on."""
        if not isinstance(X, StageOutput):
            return y, weight
        rows, lesson = rows_that_count(y, weight), np.zeros(len(y))
        counted = np.ones(len(y)) if weight is None else weight[rows]
        if classes is None:
            steps = line_search(X.scores[rows], y[rows], counted, X.learning_rates)
            return y - (X.scores.mT @ steps).reshape(y.shape), weight
        _, exponent = samme(X.scores[rows], y[rows], classes, counted, X.learning_rates)
        lesson[rows] = boosted_weights(counted, self._rate * exponent)
        return y, lesson

    def _hand_on(self, X, scores):
        return StageOutput.after(X, scores, self._classes, self._rate)

    @property
    def classes_(self):
        if getattr(self, "_classes", None) is None:
            raise AttributeError(f"{type(self).__name__} has no attribute 'classes_'")
        return self._classes

    @property
    def _rate(self):
        if self.learning_rate is None:
            return 0.1 if is_classifier(self.estimator) else 1.0
        return self.learning_rate
