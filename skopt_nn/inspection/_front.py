"""Models that no other one beats: the Pareto front of score and size."""

import numpy as np


def is_on_front(scores, sizes):
    """Whether no other model is at least as good and as small, and better in one."""
    scores, sizes = np.asarray(scores), np.asarray(sizes)
    as_good = (scores[:, None] >= scores) & (sizes[:, None] <= sizes)
    better = (scores[:, None] > scores) | (sizes[:, None] < sizes)
    return ~(as_good & better).any(axis=0)


def draw_front(ax, x, scores, *, larger=False):
    """A line through the models of the front, behind all points.

    Parameters
    ----------
    ax : matplotlib Axes
    x, scores : array-like of shape (n_models,)
        Sizes, or whatever else should be small, and scores.
    larger : bool, default=False
        Whether x should be large.

    Returns
    -------
    matplotlib Line2D
    """
    x, scores = np.asarray(x, dtype=float), np.asarray(scores, dtype=float)
    front = np.flatnonzero(is_on_front(scores, -x if larger else x))
    front = front[np.argsort(x[front])]
    (line,) = ax.plot(x[front], scores[front], color="0.75", zorder=1, label="_front")
    return line
