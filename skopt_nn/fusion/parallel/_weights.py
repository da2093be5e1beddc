"""Weights of members, learned from what they say about rows that they did not see.

Both ways read one number a row and a member, of which a mixture has the weighted sum:
the probability of the true class, or the error of a prediction.
"""

import numpy as np
from scipy.optimize import minimize, nnls

N_ROUNDS = 25
# Losses closer than this, in units of log-loss or of the best member's squared error,
# are a tie, and weights below it are none.
TIE, NEGLIGIBLE = 1e-12, 1e-6
_LEAST = np.finfo(np.float64).eps


def true_class_probabilities(scores, codes):
    """Return the probability that each member gives to the class of each row.

    Parameters
    ----------
    scores : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities.
    codes : ndarray of shape (n_samples,)
        Which column is true.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_members)
        At least the machine epsilon, so that a logarithm is finite.
    """
    proba = np.asarray(scores)[:, np.arange(len(codes)), codes].T
    return np.maximum(proba.astype(np.float64), _LEAST)


def log_loss(proba):
    """Return the loss of each probability of a true class."""
    return -np.log(proba)


def squared_error(error):
    """Return the loss of each error."""
    return error**2


def greedy_weights(said, row_weight, loss):
    """Select members one by one, with replacement, each time the one that helps most.

    Parameters
    ----------
    said : ndarray of shape (n_samples, n_members)
        Probabilities of the true class, or errors.
    row_weight : ndarray of shape (n_samples,)
        Not negative, and not all zero.
    loss : callable
        :func:`log_loss` or :func:`squared_error`.

    Returns
    -------
    weights : ndarray of shape (n_members,)
        The share of each member in the best prefix of the path; their sum is one.
    path : ndarray of shape (n_rounds,)
        The mean loss, negative, behind each round.
    """
    share = row_weight / row_weight.sum()
    counts = np.zeros((N_ROUNDS + 1, said.shape[1]))
    total, path = np.zeros(len(said)), np.empty(N_ROUNDS)
    unit = 1.0 if loss is log_loss else (share @ loss(said)).min()
    for n in range(N_ROUNDS):
        losses = share @ loss((total[:, np.newaxis] + said) / (n + 1))
        tied = losses <= losses.min() + TIE * max(losses.min(), unit)
        chosen = np.argmax(np.where(tied, counts[n], -1))
        counts[n + 1] = counts[n]
        counts[n + 1, chosen] += 1
        total += said[:, chosen]
        path[n] = -losses[chosen]
    best = np.argmax(path)
    return counts[best + 1] / (best + 1), path


def convex_weights(said, row_weight, loss):
    """Return the weights of least mean loss, not negative and of the sum one.

    The problem is convex, so that no other weights are better.

    Parameters
    ----------
    said, row_weight, loss
        As for :func:`greedy_weights`.

    Returns
    -------
    weights : ndarray of shape (n_members,)
    path : None
    """
    share = row_weight / row_weight.sum()
    if loss is log_loss:
        found = _on_simplex(*_mixture_loss(said, share), said.shape[1])
    else:
        found = _of_least_squares(said, share)
    weights = np.where(found > NEGLIGIBLE * found.sum(), found, 0)
    return weights / weights.sum(), None


LEARNED = {"convex": convex_weights, "greedy": greedy_weights}


def _mixture_loss(proba, share):
    def value(weights):
        return share @ log_loss(np.maximum(proba @ weights, _LEAST))

    def gradient(weights):
        return -(share / np.maximum(proba @ weights, _LEAST)) @ proba

    return value, gradient


def _of_least_squares(error, share):
    """Return the best weights but for their sum.

    With ``v = s * w``, and ``w`` of the sum one, ``|error @ v|^2 + (sum(v) - 1)^2`` is
    least where ``|error @ w|^2`` is, whatever ``s``.
    """
    error = np.sqrt(share)[:, np.newaxis] * error
    sizes = np.linalg.norm(error, axis=0)
    if not sizes.all():
        return (sizes == 0).astype(np.float64)
    rows = np.vstack([error / sizes.min(), np.ones(len(sizes))])
    return nnls(rows, np.append(np.zeros(len(error)), 1.0))[0]


def _on_simplex(value, gradient, n_members):
    start = np.full(n_members, 1 / n_members)
    sum_is_one = {
        "type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(n_members)
    }  # fmt: skip
    found = minimize(
        value, start, jac=gradient, method="SLSQP", bounds=[(0, 1)] * n_members,
        constraints=sum_is_one, options={"ftol": 1e-14, "maxiter": 1000},
    )  # fmt: skip
    return found.x
