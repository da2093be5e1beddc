"""What the members of a fusion are to each other."""

from copy import copy

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_random_state

from skopt_nn._compat import num_samples, safe_indexing
from skopt_nn.inspection._layout import make_room_for_names
from skopt_nn.inspection._models import unfrozen
from skopt_nn.inspection._optional import optional

# Inches of a member, enough for its number.
_CELL = 0.42
_COLOUR = "#CC79A7"


class FusionDisplay:
    """The members of a fitted fusion: weights, alike errors, what each one adds.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a member. ``weight``: its weight in the sum or, of a vote or cascade, its
        share in the mean, NaN where there is none; ``exits``: share of the rows that
        leave a cascade behind it, NaN elsewhere; ``score``: its accuracy or R² alone;
        ``adds``: what the fusion loses of its score if the outputs of this member are
        those of other rows [1]_.
    correlation : pandas.DataFrame
        Correlation of the members' errors, a row and a column a member; NaN for one
        that makes no error. Members whose errors are not alike gain most together.
    score : float
        Of the fusion.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Three panels: weights or exits, correlation, what each member adds.
    figure_ : matplotlib Figure
        The figure of ``axes_``.

    See Also
    --------
    compare : The members as models of their own.

    References
    ----------
    .. [1] L. Breiman, "Random Forests", Machine Learning 45(1), 5-32, 2001.
       doi:10.1023/A:1010933404324 (importance by permutation)

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import FusionDisplay, make_parallel_fusion
    >>> X, y = load_iris(return_X_y=True)
    >>> members = GaussianNB(), LogisticRegression(max_iter=1000)
    >>> fusion = make_parallel_fusion(*members, weights="convex").fit(X[::2], y[::2])
    >>> display = FusionDisplay.from_estimator(fusion, X[1::2], y[1::2])
    >>> list(display.table.columns)
    ['weight', 'exits', 'score', 'adds']
    """

    def __init__(self, table, correlation, score):
        self.table = table
        self.correlation = correlation
        self.score = score

    @classmethod
    def from_estimator(cls, fusion, X, y, *, random_state=0, ax=None):
        """Ask the members, and draw what they say.

        Parameters
        ----------
        fusion : classifier or regressor
            Fitted: what a maker of fusions gives, or scikit-learn's voting or stacking.
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Rows that no member should have seen.
        y : array-like of shape (n_samples,)
            Their labels or values.
        random_state : int, RandomState instance or None, default=0
            Draws the rows that outputs are taken from.
        ax : sequence of matplotlib Axes, default=None
            Three axes to draw on; None makes a figure.

        Returns
        -------
        display : FusionDisplay

        Raises
        ------
        TypeError
            For a model that is no fusion.
        ValueError
            For several labels or values a row.
        """
        pandas = optional("pandas", cls.__name__)
        fusion, y = unfrozen(fusion), np.asarray(y)
        if y.ndim > 1:
            raise ValueError(
                f"{cls.__name__} draws one label or value a row, got y of shape "
                f"{y.shape}."
            )
        members, random = _members(fusion), check_random_state(random_state)
        score = r2_score if is_regressor(fusion) else accuracy_score
        whole, wrong, rows = score(y, fusion.predict(X)), [], []
        for i, (member, weight, exits) in enumerate(
            zip(members.values(), _weights(fusion), _exits(fusion))
        ):
            said = _said(fusion, member, X)
            wrong.append(said - y if is_regressor(fusion) else said != y)
            other = _with_member(fusion, i, _Shuffled(member, random))
            adds = whole - score(y, other.predict(X))
            rows.append((weight, exits, score(y, said), adds))
        columns = ["weight", "exits", "score", "adds"]
        names = pandas.Index(list(members), name="member")
        table = pandas.DataFrame(rows, index=names, columns=columns, dtype=float)
        found = pandas.DataFrame(np.transpose(wrong).astype(float), columns=names)
        return cls(table, found.corr(), whole).plot(ax)

    def plot(self, ax=None):
        """Draw the panels.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Three axes to draw on; None makes a figure.

        Returns
        -------
        display : FusionDisplay
            Itself.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        is_own = ax is None
        if is_own:
            side = _CELL * max(len(self.table), 3)
            widths = 4, max(4, 1 + side), 4
            how = {"layout": "constrained", "width_ratios": widths}
            _, ax = pyplot.subplots(1, 3, figsize=(sum(widths), 1.8 + side), **how)
        self.axes_ = np.asarray(ax)
        self.figure_ = self.axes_[0].figure
        is_cascade = self.table["exits"].notna().any()
        if is_cascade:
            self._draw_bars(self.axes_[0], "exits", "Share of rows that leave")
        else:
            self._draw_bars(self.axes_[0], "weight", "Weight")
        self._draw_correlation(self.axes_[1])
        self._draw_bars(self.axes_[2], "adds", "Score lost without its outputs")
        if is_own:
            make_room_for_names(self.axes_)
        return self

    def _draw_bars(self, ax, column, label):
        rows, values = np.arange(len(self.table)), self.table[column]
        ax.barh(rows, values.fillna(0), color=_COLOUR, height=0.6)
        for row, value in enumerate(values):
            text = "-" if np.isnan(value) else f"{value:.3f}"
            ax.annotate(
                text,
                (max(0 if np.isnan(value) else value, 0), row),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
            )
        ax.axvline(0, color="0.6", linewidth=0.8)
        ax.set_yticks(rows, map(str, self.table.index))
        ax.invert_yaxis()
        ax.margins(x=0.2)
        ax.set_xlabel(label)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_correlation(self, ax):
        names, values = list(self.correlation), self.correlation.to_numpy()
        ax.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1)
        for at, value in np.ndenumerate(values):
            shown = "-" if np.isnan(value) else f"{value:.2f}"
            colour = "white" if abs(value) > 0.6 else "black"
            style = {"ha": "center", "va": "center", "fontsize": "small"}
            ax.text(*at[::-1], shown, color=colour, **style)
        places = np.arange(len(names))
        ax.set_yticks(places, map(str, names))
        ax.set_xticks(places, map(str, names), rotation=45, ha="right")
        ax.set_xlabel("Correlation of errors")


_OUTPUTS = ("predict", "predict_proba", "decision_function", "transform")


class _Shuffled:
    """A member that answers each row as it would another one."""

    def __init__(self, member, random):
        self._member, self._random, self._orders = member, random, {}

    def __getattr__(self, name):
        found = getattr(self._member, name)
        if name not in _OUTPUTS:
            return found

        def shuffled(X, *args, **kwargs):
            return safe_indexing(found(X, *args, **kwargs), self._order(num_samples(X)))

        return shuffled

    def _order(self, n_rows):
        # Of all that it is asked about a row, the answers are those of one other row.
        if n_rows not in self._orders:
            self._orders[n_rows] = self._random.permutation(n_rows)
        return self._orders[n_rows]


def _members(fusion):
    if hasattr(fusion, "estimators_") and hasattr(fusion, "estimators"):
        names = [name for name, member in fusion.estimators if member != "drop"]
        return dict(zip(names, fusion.estimators_))
    stages = dict(getattr(fusion, "steps", [])[:-1])
    if stages and all(hasattr(stage, "estimator_") for stage in stages.values()):
        return {name: stage.estimator_ for name, stage in stages.items()}
    raise TypeError(
        "FusionDisplay needs a fitted fusion: a parallel, serial or stacked one, or a "
        f"cascade; got {fusion!r}."
    )


def _with_member(fusion, i, member):
    """The fusion with another member in place of one; it is not changed itself."""
    other = copy(fusion)
    if hasattr(fusion, "estimators_"):
        other.estimators_ = [*fusion.estimators_]
        other.estimators_[i] = member
    else:
        name, stage = fusion.steps[i]
        stage = copy(stage)
        stage.estimator_ = member
        other.steps = [*fusion.steps]
        other.steps[i] = name, stage
    return other


def _said(fusion, member, X):
    """Labels or values; members of scikit-learn's fusions may know codes alone."""
    said = np.asarray(member.predict(X))
    if is_regressor(fusion):
        return said
    if np.array_equal(member.classes_, fusion.classes_):
        return said
    return fusion.classes_[said]


def _weights(fusion):
    n_members = len(_members(fusion))
    if hasattr(fusion, "steps"):
        return fusion.steps[-1][1].stage_weights_
    if hasattr(fusion, "final_estimator_"):
        final, unknown = fusion.final_estimator_, np.full(n_members, np.nan)
        # A combiner that is a fusion has weights of members of its own.
        is_fusion = hasattr(final, "estimators_")
        return unknown if is_fusion else getattr(final, "weights_", unknown)
    learned = getattr(fusion, "weights_", None)
    given = getattr(fusion, "weights", None)
    if learned is None and given is not None:
        kept = [member != "drop" for _, member in fusion.estimators]
        learned = np.asarray(given, dtype=float)[kept]
    learned = np.ones(n_members) if learned is None else learned
    return learned / np.sum(learned)


def _exits(fusion):
    counts = getattr(fusion, "exit_counts_", None)
    if counts is None:
        return np.full(len(_members(fusion)), np.nan)
    return counts / counts.sum()
