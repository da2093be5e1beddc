"""Figures as large as what is written on them."""

# Inches that a panel leaves to names of the usual length.
_USUAL = 0.6


def make_room(figure, width=0.0, height=0.0):
    """Add so many inches to a figure, none if that is less than zero."""
    room = max(width, 0.0), max(height, 0.0)
    figure.set_size_inches(figure.get_size_inches() + room)


def make_room_for_names(axes):
    """Add what long names of ticks take beside and below the panels of a figure.

    Parameters
    ----------
    axes : sequence of matplotlib Axes
        All panels of the figure, side by side, their ticks set.
    """
    figure = axes[0].figure
    beside, below = [0.0], [0.0]
    for ax in axes:
        names = [name.get_window_extent().width for name in ax.get_yticklabels()]
        beside.append(max(max(names, default=0) / figure.dpi - _USUAL, 0.0))
        names = [name.get_window_extent().height for name in ax.get_xticklabels()]
        below.append(max(names, default=0) / figure.dpi - _USUAL)
    make_room(figure, sum(beside), max(below))
