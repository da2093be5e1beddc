"""Figures in the style of scikit-learn's Displays."""

import numpy as np
from sklearn.base import is_regressor

from skopt_nn.inspection._compare import compare
from skopt_nn.inspection._front import draw_front
from skopt_nn.inspection._labels import label_lines, label_points
from skopt_nn.inspection._models import kind_of, named_estimators
from skopt_nn.inspection._optional import optional

# Okabe and Ito's colours, told apart with any colour vision, and a shape each.
_STYLES = {
    "network": ("#0072B2", "o"),
    "shared weights": ("#009E73", "s"),
    "distilled": ("#D55E00", "*"),
    "fusion": ("#CC79A7", "D"),
    "other": ("#555555", "X"),
}


class ModelComparisonDisplay:
    """Score against number of parameters, a point a model.

    Up and to the left is better: more right with less. A line joins the models that no
    other one beats in both. A model without a network has
    no number of parameters and is drawn as a line at the height of its score.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`compare` returned: an index of names, and at least the columns
        ``score`` and ``parameters``.
    kinds : dict of str to str, default=None
        For the names in the table one of "network", "shared weights", "distilled",
        "fusion" or "other", which colour and marker tell apart. Names that are
        missing are "network".
    score_name : str, default="Score"
        Name of the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    points_ : dict of str to matplotlib PathCollection
        The points of each kind.
    front_ : matplotlib Line2D
        The line of the Pareto front.
    labels_ : list of matplotlib Annotation
        The names beside the points.

    See Also
    --------
    compare : The table.

    References
    ----------
    .. [1] M. Okabe, K. Ito, "Color Universal Design: How to make figures and
       presentations that are friendly to colorblind people", 2008.
       https://jfly.uni-koeln.de/color/

    Examples
    --------
    >>> import pandas as pd
    >>> from skopt_nn import ModelComparisonDisplay
    >>> table = pd.DataFrame(
    ...     {"score": [0.99, 0.98], "parameters": [70_000, 5_000]},
    ...     index=["teacher", "student"],
    ... )
    >>> kinds = {"teacher": "fusion", "student": "distilled"}
    >>> display = ModelComparisonDisplay.from_table(table, kinds=kinds)
    >>> sorted(display.points_)
    ['distilled', 'fusion']
    """

    def __init__(self, table, *, kinds=None, score_name="Score"):
        self.table = table
        self.kinds = kinds
        self.score_name = score_name

    @classmethod
    def from_estimators(
        cls, estimators, X, y, *, test_size=0.25, random_state=0, ax=None
    ):
        """Compare models and draw what came out.

        Parameters
        ----------
        estimators, X, y, test_size, random_state : object
            As of :func:`compare`.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ModelComparisonDisplay
            Its ``table`` holds the numbers.
        """
        models = named_estimators(estimators)
        table = compare(models, X, y, test_size=test_size, random_state=random_state)
        kinds = {name: kind_of(model) for name, model in models.items()}
        score_name = "R²" if is_regressor(next(iter(models.values()))) else "Accuracy"
        return cls(table, kinds=kinds, score_name=score_name).plot(ax=ax)

    @classmethod
    def from_table(cls, table, *, kinds=None, score_name="Score", ax=None):
        """Draw a table that :func:`compare` returned.

        Parameters
        ----------
        table, kinds, score_name : object
            As of the class.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ModelComparisonDisplay
        """
        return cls(table, kinds=kinds, score_name=score_name).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure. Names are placed for the size that
            the figure has now.

        Returns
        -------
        display : ModelComparisonDisplay
            Itself.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        kinds = self._kinds()
        if ax is None:
            _, ax = pyplot.subplots(figsize=(8, 5), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        has_point = self.table["parameters"].notna().to_numpy()
        placed, baselines = self.table[has_point], self.table[~has_point]
        self._draw_frame(placed)
        self.front_ = draw_front(ax, placed["parameters"], placed["score"])
        self.points_ = self._draw_points(placed, kinds)
        if len(self.points_) > 1:
            _legend_above(ax, len(self.points_))
        points = placed[["parameters", "score"]].to_numpy(dtype=float)
        self._draw_baselines(baselines, points)
        names = [str(name) for name in placed.index]
        self.labels_ = label_points(ax, points, names) if names else []
        return self

    def _kinds(self):
        """The kind of each row, checked."""
        given = dict(self.kinds or {})
        for name, kind in given.items():
            if kind not in _STYLES:
                raise ValueError(
                    f"kinds must have values among {list(_STYLES)}, got {kind!r} for "
                    f"{name!r}."
                )
        missing = {"score", "parameters"} - set(self.table.columns)
        if missing or not len(self.table):
            raise ValueError(
                "table must have rows and the columns 'score' and 'parameters', as "
                f"compare returns it; got {len(self.table)} rows and the columns "
                f"{list(self.table.columns)}."
            )
        return {name: given.get(name, "network") for name in self.table.index}

    def _draw_frame(self, placed):
        ax, scores = self.ax_, self.table["score"].to_numpy(dtype=float)
        ax.set(xlabel="Trained parameters", ylabel=self.score_name)
        room = 0.12 * max(np.ptp(scores), 0.005)
        ax.set_ylim(scores.min() - 1.5 * room, scores.max() + room)
        if len(placed):
            low, high = placed["parameters"].min(), placed["parameters"].max()
            spread = max(high / low, 10.0) ** 0.1
            ax.set_xscale("log")
            ax.set_xlim(low / spread, high * spread**1.8)
            _count_in_words(ax.xaxis, many=high / low > 300)
        else:
            ax.set_xticks([])
        ax.grid(color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_points(self, placed, kinds):
        points = {}
        for kind, (colour, marker) in _STYLES.items():
            rows = placed[[kinds[name] == kind for name in placed.index]]
            if len(rows):
                points[kind] = self.ax_.scatter(
                    rows["parameters"],
                    rows["score"],
                    s=170 if marker == "*" else 65,
                    c=colour,
                    marker=marker,
                    edgecolors="white",
                    linewidths=0.7,
                    label=kind,
                    zorder=3,
                )
        return points

    def _draw_baselines(self, baselines, points):
        colour, _ = _STYLES["other"]
        for score in baselines["score"]:
            self.ax_.axhline(score, color=colour, linewidth=1, linestyle=":", zorder=1)
        names = [f"{name} (no network)" for name in baselines.index]
        label_lines(self.ax_, baselines["score"], names, points, color=colour)


def _legend_above(ax, n_columns):
    spaces = {"borderaxespad": 0.3, "handletextpad": 0.2, "columnspacing": 1.5}
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": n_columns}
    ax.legend(**place, **spaces, frameon=False)


def _count_in_words(axis, many):
    """Ticks such as 500, 20k and 1M instead of powers."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1,) if many else (1, 2, 5)))
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_minor_formatter(NullFormatter())
