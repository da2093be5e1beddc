"""Stacks whose combiner sees the features of the members in place of X."""

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor

from skopt_nn._compat import OwnPassthrough


class _FeatureStack(OwnPassthrough):
    """To the left of scikit-learn's own, which would pass X on."""

    def fit(self, X, y, **fit_params):
        """Fit the members, and the final estimator to what they say and see.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The samples, given to the members as they are.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target.
        **fit_params : dict
            As for scikit-learn's class.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            For a member without ``transform``.
        """
        for name, member in self.estimators if self.passthrough else ():
            check_has_features(name, member)
        return super().fit(X, y, **fit_params)

    def get_feature_names_out(self, input_features=None):
        """Name the columns that the final estimator sees.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, of which none is passed on.

        Returns
        -------
        names : ndarray of str
            Of the predictions, then of the features, member by member.
        """
        names = super().get_feature_names_out(input_features)
        if not self.passthrough:
            return names
        features = [
            f"{name}__{feature}"
            for name, member in self.named_estimators_.items()
            if member != "drop"
            for feature in member.get_feature_names_out()
        ]
        return np.array([*names[: len(names) - self.n_features_in_], *features], object)

    def _beside(self, X):
        features = [np.asarray(member.transform(X)) for member in self.estimators_]
        return np.hstack(features)


class FeatureStackingClassifier(_FeatureStack, StackingClassifier):
    """A stack of classifiers that passes their features on, not X.

    With ``passthrough=True`` a :class:`~sklearn.ensemble.StackingClassifier` shows its
    final estimator the samples beside the predictions, which must then be rows of
    numbers. Here it is the members' ``transform``, so that samples may be images.

    Parameters
    ----------
    estimators, final_estimator, cv, stack_method, n_jobs, passthrough, verbose
        As of :class:`~sklearn.ensemble.StackingClassifier`.

    See Also
    --------
    make_stacked_fusion : Makes one by ``passthrough="features"``.

    Notes
    -----
    Predictions come from clones that did not see the row, features from the member
    that is fitted on all rows: hidden units of two networks are not in one order. The
    training rows look better in features than they are, and a final estimator with a
    penalty is advised.
    """


class FeatureStackingRegressor(_FeatureStack, StackingRegressor):
    """A stack of regressors that passes their features on, not X.

    Parameters
    ----------
    estimators, final_estimator, cv, n_jobs, passthrough, verbose
        As of :class:`~sklearn.ensemble.StackingRegressor`.

    See Also
    --------
    FeatureStackingClassifier : The same for classes, and what is to be known.
    """


def check_has_features(name, member):
    if member != "drop" and not hasattr(member, "transform"):
        raise TypeError(
            f"{name} must have transform, which {member!r} does not: "
            'passthrough="features" passes the features of the members on. Take '
            "networks, or False."
        )
