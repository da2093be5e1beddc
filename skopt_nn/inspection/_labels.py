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
    ax.figure.draw_without_rendering()
    taken = _markers(ax, points)
    taken += [text.get_window_extent() for text in ax.texts]
    labels = [_annotate(ax, name, point) for name, point in zip(names, points)]
    for label in labels:
        free = (place for place in _PLACES if _is_free(_moved(label, place), ax, taken))
        taken.append(_moved(label, next(free, _PLACES[0])))
    return labels


def label_lines(ax, heights, names, points, color):
    """Annotate horizontal lines at their left, or as near as nothing else stands.

    Parameters
    ----------
    ax : matplotlib Axes
        As of `label_points`.
    heights : sequence of float
        Of the lines, in data coordinates.
    names : sequence of str
    points : sequence of (float, float)
        What no name should hide.
    color : object

    Returns
    -------
    list of matplotlib Annotation
    """
    ax.figure.draw_without_rendering()
    taken, left = _markers(ax, points), ("axes fraction", "data")
    how = {"xycoords": left, "color": color, "ha": "left", "va": "bottom"}
    labels = [
        _annotate(ax, name, (0.01, height), **how)
        for name, height in zip(names, heights)
    ]
    for label in labels:
        free = _free_places_of_line(label, ax, taken)
        taken.append(_at(label, next(free, (0, 2))))
    return labels


def _free_places_of_line(label, ax, taken):
    """Above the line, below it, and farther; to the right of what stands there."""
    unit = 72 / ax.figure.dpi
    tall = label.get_window_extent().height * unit
    n_levels = int(ax.get_window_extent().height * unit / tall)
    for level, side in product(range(n_levels), (1, -1)):
        x, y = 0.0, side * (2 + level * tall) - (side < 0) * tall
        box = _at(label, (x, y))
        while beyond := [of.x1 for of in taken if of.overlaps(box)]:
            x += (max(beyond) - box.x0) * unit + 1
            box = _at(label, (x, y))
        if _is_free(box, ax, taken):
            yield x, y


def _at(label, place):
    label.set_position(place)
    return label.get_window_extent().padded(1.5)


def _markers(ax, points):
    from matplotlib.transforms import Bbox

    reach = _MARKER * ax.figure.dpi / 72
    points = ax.transData.transform(points) if len(points) else []
    return [Bbox([at - reach, at + reach]) for at in points]


def _annotate(ax, name, point, **how):
    from matplotlib.patheffects import withStroke

    return ax.annotate(
        name,
        point,
        xytext=_PLACES[0],
        textcoords="offset points",
        fontsize="small",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        zorder=4,
        **how,
    )


def _moved(label, place):
    """The area that a name takes at a place, to which it is moved."""
    x, y = np.sign(place)
    label.set(ha=_SIDES[x][0], va=_SIDES[y][1])
    return _at(label, place)


def _is_free(box, ax, taken):
    within = box.intersection(box, ax.get_window_extent())
    is_inside = within is not None and np.array_equal(within, box)
    return is_inside and not box.count_overlaps(taken)
