"""What a training looked like, epoch by epoch."""

import numpy as np

from skopt_nn.inspection._layout import make_room
from skopt_nn.inspection._models import named_parts, unfrozen
from skopt_nn.inspection._optional import optional


class HistoryDisplay:
    """Loss, scores and learning rate by epoch, a panel each.

    Parameters
    ----------
    histories : dict of str to dict of str to list of float
        For the name of each model its ``history_``.
    best_epochs : dict of str to int, default=None
        For the names of models that were stopped early, the epoch that was kept,
        counted from 1.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        A panel for the losses and, where there are any, for scores and learning rate.
    figure_ : matplotlib Figure
        The figure of ``axes_``.
    lines_ : dict of str to list of matplotlib Line2D
        The lines of each model.

    See Also
    --------
    ModelComparisonDisplay : Score against number of parameters.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skopt_nn import CNNClassifier, HistoryDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> cnn = CNNClassifier((8,), input_shape=(8, 8, 1), epochs=3, random_state=0)
    >>> display = HistoryDisplay.from_estimator(cnn.fit(X[:200], y[:200]))
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['loss', 'learning rate']
    """

    def __init__(self, histories, *, best_epochs=None):
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, *estimators, ax=None):
        """Draw the training of fitted estimators, or of the members of a fusion.

        Parameters
        ----------
        *estimators : estimator
            Fitted estimators with a ``history_``; of others the fitted members are
            looked at: of fusions, also serial ones, and bags, the steps of a
            pipeline, and what a search found. Names of members come behind that of
            their model where there are several models.
        ax : sequence of matplotlib Axes, default=None
            Panels to draw on; new ones if None.

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        ValueError
            If no estimator has a history.
        """
        found = dict(_with_history(estimators))
        if not found:
            raise ValueError(
                "HistoryDisplay needs fitted estimators with a history_, or fusions of "
                f"them, got {', '.join(type(e).__name__ for e in estimators)}."
            )
        histories = {name: e.history_ for name, e in found.items()}
        best = {
            name: e.best_epoch_
            for name, e in found.items()
            if hasattr(e, "best_epoch_")
        }
        return cls(histories, best_epochs=best).plot(ax)

    def plot(self, ax=None):
        """Draw the panels.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            As many as there are panels; new ones if None.

        Returns
        -------
        HistoryDisplay
            This display.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        logged = {name for history in self.histories.values() for name in history}
        panels = {name: of for name, of in _PANELS.items() if logged & set(of)}
        is_own = ax is None
        if is_own:
            size = (4.2 * len(panels), 3.4)
            _, ax = pyplot.subplots(1, len(panels), figsize=size, layout="constrained")
        self.axes_ = np.atleast_1d(ax)
        self.figure_ = self.axes_[0].figure
        self.lines_ = {name: [] for name in self.histories}
        for axes, (title, logs) in zip(self.axes_, panels.items()):
            for name, color in zip(self.histories, _colors(len(self.histories))):
                self.lines_[name] += self._draw(axes, name, logs, color)
            axes.set(xlabel="epoch", ylabel=title)
            axes.spines[["top", "right"]].set_visible(False)
        self._draw_legend(is_own)
        return self

    def _draw_legend(self, is_own):
        """A row a model, beside the panels of a figure of our own."""
        from matplotlib.lines import Line2D

        colors = _colors(len(self.histories))
        rows = [
            Line2D([], [], color=color, label=name)
            for name, color in zip(self.histories, colors)
        ]
        lines = [line for of in self.lines_.values() for line in of]
        if any(line.get_linestyle() == "--" for line in lines):
            rows.append(Line2D([], [], color="0.4", linestyle="--", label="held out"))
        if len(rows) == 1:
            return
        if not is_own or len(self.histories) == 1:
            self.axes_[0].legend(handles=rows, frameon=False)
            return
        columns = -(-len(rows) // _MOST_ROWS)
        place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "ncols": columns}
        legend = self.axes_[-1].legend(handles=rows, frameon=False, **place)
        taken = legend.get_window_extent().size / self.figure_.dpi
        height = self.figure_.get_figheight()
        make_room(self.figure_, taken[0], taken[1] + _BELOW - height)

    def _draw(self, axes, name, logs, color):
        history, lines = self.histories[name], []
        for log, style in logs.items():
            if log in history:
                label = name if style == "-" else f"{name}, held out"
                epochs = np.arange(1, len(history[log]) + 1)
                lines += axes.plot(
                    epochs, history[log], style, color=color, label=label
                )
        best = (self.best_epochs or {}).get(name)
        if best is not None and lines:
            axes.axvline(best, color=color, linestyle=":", linewidth=1)
        return lines


# Of a legend in one column, and inches that a panel leaves to its axis below.
_MOST_ROWS, _BELOW = 16, 0.8


def _colors(n_models):
    """A colour for each model: matplotlib's own while there are enough of them."""
    if n_models <= 10:
        return [f"C{i}" for i in range(n_models)]
    from matplotlib import colormaps

    return list(colormaps["turbo"](np.linspace(0.03, 0.97, n_models)))


# Panel -> logs and their lines.
_PANELS = {
    "loss": {"loss": "-", "val_loss": "--"},
    "score": {"val_score": "--"},
    "learning rate": {"learning_rate": "-"},
}


def _with_history(estimators):
    """Name and estimator of each fitted network; of several models, by theirs too."""
    kinds = [type(unfrozen(estimator)).__name__ for estimator in estimators]
    for i, (kind, estimator) in enumerate(zip(kinds, estimators), start=1):
        outer = kind if kinds.count(kind) == 1 else f"{kind} {i}"
        for names, network in _networks(estimator):
            named = [outer, *names] if len(estimators) > 1 or not names else names
            yield ": ".join(named), network


def _networks(estimator):
    """Names that lead to each network within, and the network."""
    estimator = unfrozen(estimator)
    if hasattr(estimator, "history_"):
        yield [], estimator
        return
    for name, part in named_parts(estimator):
        for names, network in _networks(part):
            yield ([name, *names] if name else names), network
