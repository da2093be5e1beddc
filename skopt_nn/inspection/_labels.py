"""Names beside points, none on top of another."""

import math
from itertools import product

# Where a name may stand, in points from its marker: near before far, right before left.
_DIRECTIONS = (
    (1, 0, "left", "center"),
    (-1, 0, "right", "center"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (0.8, 0.7, "left", "bottom"),
    (0.8, -0.7, "left", "top"),
    (-0.8, 0.7, "right", "bottom"),
    (-0.8, -0.7, "right", "top"),
)
_DISTANCES = (9, 18, 30, 44, 60, 80)
_LEADER_FROM = 30
_MARKER = 6


def label_points(ax, points, names):
    """Annotate each point, at the nearest place where nothing else stands.

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
    centres = ax.transData.transform(points)
    taken = [Bbox([centre - reach, centre + reach]) for centre in centres]
    taken += [text.get_window_extent() for text in ax.texts]
    labels = []
    # Points with the most neighbours have the fewest places left: they choose first.
    for index in sorted(range(len(names)), key=lambda i: -_n_near(centres, i)):
        label, box = _place(ax, points[index], names[index], taken)
        taken.append(box)
        labels.append(label)
    return labels


def _n_near(centres, index):
    distance = abs(centres - centres[index])
    return int(((distance[:, 0] < 120) & (distance[:, 1] < 40)).sum())


def _place(ax, point, name, taken):
    """The first free place; if there is none, the one that hides the least."""
    best, least = None, math.inf
    for distance, direction in product(_DISTANCES, _DIRECTIONS):
        label = _annotate(ax, point, name, distance, direction)
        box = label.get_window_extent().padded(1.5)
        hidden = _hidden(ax, box, taken)
        if hidden >= least:
            label.remove()
            continue
        if best:
            best[0].remove()
        best, least = (label, box), hidden
        if hidden == 0:
            break
    return best


def _annotate(ax, point, name, distance, direction):
    from matplotlib.patheffects import withStroke

    dx, dy, horizontal, vertical = direction
    leader = {"arrowstyle": "-", "color": "0.6", "lw": 0.6, "shrinkB": 5, "shrinkA": 0}
    return ax.annotate(
        name,
        point,
        xytext=(dx * distance, dy * distance),
        textcoords="offset points",
        ha=horizontal,
        va=vertical,
        fontsize="small",
        arrowprops=leader if distance >= _LEADER_FROM else None,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        zorder=4,
    )


def _hidden(ax, box, taken):
    """Area, in pixels, that a box shares with others or has outside of the axes."""
    inside = _overlap(box, ax.get_window_extent())
    outside = box.width * box.height - inside
    return round(outside + sum(_overlap(box, other) for other in taken))


def _overlap(a, b):
    both = a.intersection(a, b)
    return both.width * both.height if both else 0
