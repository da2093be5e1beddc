"""Models that no other one beats: the Pareto front of score and size."""

import numpy as np


def is_on_front(scores, sizes):
    """Whether no other model is at least as good and as small, and better in one."""
    scores, sizes = np.asarray(scores), np.asarray(sizes)
    as_good = (scores[:, None] >= scores) & (sizes[:, None] <= sizes)
    better = (scores[:, None] > scores) | (sizes[:, None] < sizes)
    return ~(as_good & better).any(axis=0)


def draw_front(ax, sizes, scores):
    """A line through the models of the front, behind all points."""
    sizes, scores = np.asarray(sizes, dtype=float), np.asarray(scores, dtype=float)
    front = np.flatnonzero(is_on_front(scores, sizes))
    front = front[np.argsort(sizes[front])]
    (line,) = ax.plot(
        sizes[front], scores[front], color="0.75", zorder=1, label="_front"
    )
    return line
