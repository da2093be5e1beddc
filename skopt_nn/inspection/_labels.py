"""Names beside points, none on top of another."""

from itertools import product

import numpy as np

_SIDES = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
# Where a name may stand, in points from its marker: near before far, right before left.
# All are so near that no line has to lead to the marker.
_PLACES = [n * np.array(side) for n, side in product((9, 15, 21, 27, 33), _DIRECTIONS)]
_MARKER = 6


def label_points(ax, points, names):
    """Annotate each point, at the nearest place where nothing else stands.

    Where everything is taken the name stands to the right, over what is there.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits and the size of its figure must be final.
    points : sequence of (float, float)
        In data coordinates.
    names : sequence of str

    Returns
    -------
    list of matplotlib Annotation
    """
    from matplotlib.transforms import Bbox

    ax.figure.draw_without_rendering()
    reach = _MARKER * ax.figure.dpi / 72
    taken = [Bbox([at - reach, at + reach]) for at in ax.transData.transform(points)]
    taken += [text.get_window_extent() for text in ax.texts]
    labels = [_annotate(ax, name, point) for name, point in zip(names, points)]
    for label in labels:
        free = (place for place in _PLACES if _is_free(_moved(label, place), ax, taken))
        taken.append(_moved(label, next(free, _PLACES[0])))
    return labels


def _annotate(ax, name, point):
    from matplotlib.patheffects import withStroke

    return ax.annotate(
        name,
        point,
        xytext=_PLACES[0],
        textcoords="offset points",
        fontsize="small",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        zorder=4,
    )


def _moved(label, place):
    """The area that a name takes at a place, to which it is moved."""
    x, y = np.sign(place)
    label.set(position=place, ha=_SIDES[x][0], va=_SIDES[y][1])
    return label.get_window_extent().padded(1.5)


def _is_free(box, ax, taken):
    within = box.intersection(box, ax.get_window_extent())
    is_inside = within is not None and np.array_equal(within, box)
    return is_inside and not box.count_overlaps(taken)
