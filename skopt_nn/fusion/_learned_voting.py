"""Members side by side, and what is learned from rows that they did not see."""

from dataclasses import MISSING, replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch, indexable
from sklearn.utils.multiclass import type_of_target

from skopt_nn._compat import FieldConstraints, fit_context
from skopt_nn._parameters import OneOf, parameter, parameters
from skopt_nn._validation_rows import check_validation
from skopt_nn.fusion._fit_members import (
    ask,
    fit_members,
    folds_for,
    routed_params,
    rows_tested,
)
from skopt_nn.fusion._members import check_member, check_sum_weights
from skopt_nn.fusion._problem import Problem, check_weights

_SEVERAL = ("multilabel-indicator", "multiclass-multioutput")


@parameters
class LearnedVoting:
    """To the left of scikit-learn's own, which holds the members.

    A leaf has ``_read(X, y, sample_weight, labels)``, which gives a problem and labels,
    and ``_learn(fitted, scores, problem)``, which gives fitted attributes.
    """

    estimators: list = parameter(MISSING, list, kw_only=False)
    cv: Any = parameter(5, ["cv_object", OneOf(("prefit",))])
    n_jobs: int | None = parameter(None, [Integral, None])

    _parameter_constraints = FieldConstraints()
    _learns = True

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None,
        **params,
    ):  # fmt: skip
        """Fit the members on all rows, and learn from what they say about others.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The samples, given to the members as they are.
        y : array-like of shape (n_samples,)
            The target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the members and the fusion. A member whose
            ``fit`` takes none is fitted on rows resampled by them.
        X_val, y_val : array-like, default=None
            Rows to learn from, in place of folds of X; no member sees them.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weights of these rows.
        **params : dict
            Metadata that members request; needs metadata routing, with which
            ``sample_weight``, too, goes to the members that request it.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For a member of another kind or without ``predict_proba``, and for metadata
            that nobody takes.
        ValueError
            For data or parameters that do not fit, and for members that do not know
            the classes of y. A member that fails is named; its error is the cause.
        """
        self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), params)
        return self

    def get_metadata_routing(self):
        """Return how ``fit`` routes metadata: to members and, on request, to itself.

        Returns
        -------
        routing : MetadataRouter
        """
        return super().get_metadata_routing().add_self_request(self)

    def _fit(self, X, y, sample_weight, validation, params):
        members = self._checked_members()
        shared, params = routed_params(self, members, sample_weight, params)
        problem, labels = self._read(indexable(X)[0], y, shared)
        held_out = self._held_out(labels, *validation)
        in_folds = self._learns and held_out is None
        folds = folds_for(self, members, problem) if in_folds else []
        fitted, scores = fit_members(
            members, problem, folds, fusion=self, labels=labels, params=params
        )
        if in_folds:
            weight = check_weights(sample_weight, problem.y)
            held_out = replace(problem, sample_weight=weight).take(rows_tested(folds))
        elif self._learns:
            named = zip([name for name, _ in members], fitted)
            scores = np.stack(ask(named, held_out.X, type(self).__name__))
        if self._learns:
            self._check_scores([name for name, _ in members], scores)
        self._keep(fitted, labels, self._learn(fitted, scores, held_out))

    def _check_scores(self, names, scores):
        """Raise for a member whose outputs no weight can be learned on."""
        for name, said in zip(names, scores):
            n_bad = len(said) - np.isfinite(said).all(axis=1).sum()
            if n_bad:
                raise ValueError(
                    f"The member {name!r} of {type(self).__name__} must give finite "
                    f"numbers, and gives NaN or infinity for {n_bad} of {len(said)} "
                    "rows that it did not see. Train it otherwise, or leave it out."
                )

    def _checked_members(self):
        are_given = not (self.weights is None or isinstance(self.weights, str))
        if are_given:
            check_sum_weights(self.weights, len(self.estimators), "estimators")
        names, members = self._validate_estimators()
        members = [pair for pair in zip(names, members) if pair[1] != "drop"]
        if are_given:
            left = self._weights_not_none
            check_sum_weights(left, len(left), "estimators that are not dropped")
        for name, member in members:
            check_member(member, self._kind, name)
        return members

    def _given_weights(self, n_members):
        """Return one number a member that is not dropped: as given, or ones."""
        given = self._weights_not_none
        return np.ones(n_members) if given is None else np.asarray(given, float)

    def _held_out(self, labels, X, y, sample_weight):
        """Return the rows given to learn from, or None."""
        check_validation((X, y, sample_weight))
        if X is None:
            return None
        return self._read(indexable(X)[0], y, sample_weight, labels)[0]

    def _keep(self, fitted, labels, learned):
        names = [name for name in vars(self) if name.endswith("_") and name[0] != "_"]
        for name in names:
            delattr(self, name)
        vars(self).update(learned, estimators_=fitted)
        rest = iter(fitted)
        self.named_estimators_ = Bunch(
            **{n: "drop" if e == "drop" else next(rest) for n, e in self.estimators}
        )
        for member in fitted:
            if hasattr(member, "feature_names_in_"):
                self.feature_names_in_ = member.feature_names_in_
        if labels is not None:
            self.le_, self.classes_ = LabelEncoder().fit(labels), labels


class LearnedSoftVoting(LearnedVoting):
    """Of classifiers, by their probabilities."""

    voting = "soft"
    _kind = "classifier"

    def _read(self, X, y, sample_weight, labels=None):
        """Return the problem with codes in place of labels, and the labels."""
        if type_of_target(y, input_name="y") in _SEVERAL:
            raise ValueError(
                f"{type(self).__name__} takes one label a row, got y of shape "
                f"{np.shape(y)}. Fit a fusion a label, by "
                "sklearn.multioutput.MultiOutputClassifier."
            )
        problem = Problem.of_labels(X, y, sample_weight)
        known = problem.classes if labels is None else labels
        unknown = np.setdiff1d(problem.classes, known)
        if len(unknown):
            raise ValueError(
                f"y_val has the classes {unknown.tolist()}, which y does not have."
            )
        codes = np.searchsorted(known, problem.y).clip(max=len(known) - 1)
        return replace(problem, y=codes, classes=np.arange(len(known))), known
