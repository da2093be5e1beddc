"""When the members of a cascade are sure enough, found on rows they did not see."""

from itertools import product

import numpy as np

N_TRIED = 1024
SLACK = 1e-9


def exits_at(confidence, thresholds):
    """Return the member at which each row leaves; the last one lets all of them go.

    Parameters
    ----------
    confidence : ndarray of shape (n_samples, n_members)
        Largest probability of the mean of the members so far.
    thresholds : array-like of shape (n_members - 1,)
        What it must reach.

    Returns
    -------
    exits : ndarray of int of shape (n_samples,)
    """
    leaves = np.ones(confidence.shape, dtype=bool)
    leaves[:, :-1] = confidence[:, :-1] >= thresholds
    return leaves.argmax(axis=1)


class Walk:
    """Rows that walk through a cascade: score and expected time of any thresholds.

    Parameters
    ----------
    confidence : ndarray of shape (n_samples, n_members)
        Largest probability of the mean of the members so far.
    is_right : ndarray of bool of shape (n_samples, n_members)
        Whether this mean is right.
    costs : ndarray of shape (n_members,)
        Time of each member.
    row_weight : ndarray of shape (n_samples,)
        Not negative, and not all zero.
    """

    def __init__(self, confidence, is_right, costs, row_weight):
        self.confidence = confidence
        self.share = row_weight / row_weight.sum()
        self.right = is_right * self.share[:, np.newaxis]
        self.time = np.cumsum(costs) * self.share[:, np.newaxis]

    def measure(self, thresholds):
        """Return score and expected time."""
        at = np.arange(len(self.share)), exits_at(self.confidence, thresholds)
        return self.right[at].sum(), self.time[at].sum()

    def cheapest(self, member, thresholds, least):
        """Return the thresholds with that of one member moved to the least time.

        Each confidence of the rows that come to the member is tried, and infinity.
        """
        free = [*thresholds[:member], np.inf, *thresholds[member + 1 :]]
        rows, exits = np.arange(len(self.share)), exits_at(self.confidence, free)
        here = rows[exits > member]
        here = here[np.argsort(-self.confidence[here, member], kind="stable")]
        values, later = self.confidence[here, member], (here, exits[here])
        gained = np.cumsum(self.right[here, member] - self.right[later])
        saved = np.cumsum(self.time[later] - self.time[here, member])
        is_last = np.append(values[:-1] != values[1:], True)[: len(values)]
        scores = self.right[rows, exits].sum() + np.append(0, gained)
        allowed = np.append(True, is_last) & (scores >= least - SLACK)
        if not allowed.any():
            return thresholds
        # What is saved is rounded, so that sums in another order change nothing.
        saved = np.round(np.append(0, saved) / self.time.sum(), 12)
        best = np.argmax(np.where(allowed, saved, -np.inf))
        free[member] = np.append(np.inf, values)[best]
        return free


def least_time(walk, least):
    """Return the thresholds of least expected time whose score is at least ``least``.

    A grid of quantiles of the confidences says where to start; from there, and from
    thresholds that no row reaches, one threshold after the other goes to its best
    value until none moves. With two members no thresholds are better; with more there
    may be some.

    Parameters
    ----------
    walk : Walk
    least : float
        A score that the last member alone reaches.

    Returns
    -------
    thresholds : ndarray of shape (n_members - 1,)
        Infinite where no row may leave.
    """
    n_exits = walk.confidence.shape[1] - 1
    starts = [(np.inf,) * n_exits, _best_of_grid(walk, least)]
    orders = [range(n_exits), range(n_exits - 1, -1, -1)]
    found = [_descend(walk, *how, least) for how in product(starts, orders)]
    return np.array(min(found, key=lambda thresholds: walk.measure(thresholds)[1]))


def _best_of_grid(walk, least):
    n_exits = walk.confidence.shape[1] - 1
    quantiles = np.linspace(0, 1, int(N_TRIED ** (1 / n_exits)) - 1)
    values = np.quantile(walk.confidence[:, :-1], quantiles, axis=0, method="lower").T
    tried = [np.append(np.unique(of), np.inf) for of in values]
    best, time = (np.inf,) * n_exits, np.inf
    for thresholds in product(*tried) if n_exits > 1 else [best]:
        score, own = walk.measure(thresholds)
        if score >= least - SLACK and own < time:
            best, time = thresholds, own
    return best


def _descend(walk, thresholds, order, least):
    while True:
        before = list(thresholds)
        for member in order:
            thresholds = walk.cheapest(member, thresholds, least)
        if list(thresholds) == before:
            return thresholds
