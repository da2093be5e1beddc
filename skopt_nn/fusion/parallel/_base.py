"""Weights: what both sums with learned weights share."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from skopt_nn._parameters import OneOf, parameter, parameters
from skopt_nn.fusion._fit_members import scores_of
from skopt_nn.fusion.parallel._weights import LEARNED


@parameters
class Weighted:
    """Left of the base; the leaves know labels from numbers."""

    weights: Any = parameter("greedy", [OneOf(LEARNED), "array-like", None])

    @property
    def _learns(self):
        return isinstance(self.weights, str)

    def _learn(self, fitted, scores, problem):
        if not self._learns:
            given = self._given_weights(len(fitted))
            return {"weights_": given / given.sum()}
        said, loss = self._said(scores, problem)
        weights, path = LEARNED[self.weights](said, problem.weights, loss)
        learned = {"weights_": weights, "selection_path_": path}
        return {name: value for name, value in learned.items() if value is not None}

    def _sum(self, X):
        """Return the weighted sum of what members of some weight say."""
        check_is_fitted(self)
        pairs = zip(self.weights_, self.estimators_)
        return sum(weight * scores_of(member, X) for weight, member in pairs if weight)
