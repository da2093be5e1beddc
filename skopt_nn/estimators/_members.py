"""Members of one network: what each predicts, and which of them are kept."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skopt_nn import networks
from skopt_nn._fitting import bare_copy
from skopt_nn.estimators import _validation
from skopt_nn.estimators._offset import on_offsets
from skopt_nn.training.objectives import of_members

# Of fewer rows none are held out.
_LEAST_ROWS = 20


class MembersMixin:
    """Members learn side by side; what is predicted is the mean of their predictions.

    It is to be left of what gives y its meaning.
    """

    # -- training -----------------------------------------------------------------

    def _objective(self, target):
        objective = super()._objective(target)
        return replace(objective, loss=of_members(objective.loss))

    def _needs_held_out(self):
        return super()._needs_held_out() or self._prunes

    @property
    def _prunes(self):
        return self.max_members is not None and self.max_members < self.n_members

    def _hold_out(self, examples):
        if len(examples) < _LEAST_ROWS:  # none to spare
            return examples, None
        return super()._hold_out(examples)

    def _strata(self, target):
        labels = super()._strata(target)
        return _validation.on_both_sides(labels, self.validation_fraction)

    def _run_epochs(self, examples, held_out, hooks):
        super()._run_epochs(examples, held_out, hooks)
        if not self._prunes or held_out is None:
            return
        rows = held_out.rows.take(np.arange(len(held_out)))
        logits = on_offsets(self._outputs.logits(rows), held_out.objective)
        predictions = self._decoded_members(logits)
        kept = chosen_members(
            predictions.swapaxes(0, 1),
            lambda mean: self._risk(mean, held_out),
            self.max_members,
        )
        self._keep_members(kept)
        self._optimizer_state = self._optimizer_name = None

    def _keep_members(self, kept):
        self._recipe, model = networks.with_members(self._recipe, self.model_, kept)
        self._set_model(model)

    def _describe_network(self):
        super()._describe_network()
        members = [f"member_{i}" for i in range(1, self._recipe.n_members + 1)]
        self.shared_weights_ = {
            name: list(members) for name in self._recipe.shared_by_members()
        }
        unshared = self._recipe.n_unshared_parameters()
        self.compression_ratio_ = unshared / self.n_parameters_

    # -- predictions --------------------------------------------------------------

    def _decoded_members(self, logits):
        n_rows, n_members, n_outputs = logits.shape
        decoded = super()._decode(logits.reshape(-1, n_outputs))
        return decoded.reshape(n_rows, n_members, *decoded.shape[1:])

    def _decode(self, logits):
        return self._decoded_members(logits).mean(axis=1)

    def predict_members(self, X):
        """What each member predicts by itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_members, ...), float64
            Of a classifier the probabilities of each class, of a regressor the values.
            Their mean over the members is ``predict_proba(X)``, or ``predict(X)``.
        """
        return self._decoded_members(self._outputs_of("logits", X))

    @property
    def members_(self):
        """Members as estimators of their own, made when they are asked for."""
        check_is_fitted(self, "model_")
        return Members(self)

    def transform(self, X):
        """Features of the last hidden layer, the mean over the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float32
            A row a sample.
        """
        return self._outputs_of("features", X).mean(axis=1)

    @property
    def _n_features_out(self):
        return int(self.model_.get_layer("logits").kernel.shape[1])


class Members(Sequence):
    """The members of a fitted estimator, each an estimator with a network of its own.

    Parameters
    ----------
    estimator : estimator
    """

    def __init__(self, estimator):
        self._estimator = estimator

    def __len__(self):
        return self._estimator._recipe.n_members

    def __getitem__(self, i):
        place = range(len(self))[i]
        if isinstance(place, range):
            return [self[j] for j in place]
        member = bare_copy(self._estimator)
        member._keep_members([place])
        member._describe_network()
        return member

    def __repr__(self):
        return f"<{len(self)} members of {self._estimator!r}>"


def chosen_members(predictions, risk, most):
    """Indices of members whose mean predicts best, chosen greedily.

    The best one comes first, then whichever makes the mean better most, until none does
    or there are enough.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, n_rows, ...)
    risk : function
        What is to be small, of a mean of predictions.
    most : int

    References
    ----------
    R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes. "Ensemble Selection from
    Libraries of Models". ICML 2004. doi:10.1145/1015330.1015432.
    """
    kept, total, least = [], 0.0, np.inf
    left = set(range(len(predictions)))
    while left and len(kept) < most:
        risks = {
            i: risk((total + predictions[i]) / (len(kept) + 1)) for i in sorted(left)
        }
        best = min(risks, key=risks.get)
        if risks[best] >= least:
            break
        least, total = risks[best], total + predictions[best]
        kept.append(best)
        left.remove(best)
    return sorted(kept)
