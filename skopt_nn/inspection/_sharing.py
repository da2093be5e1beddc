"""What shared weights cost and save, beside the network that shares nothing."""

from collections.abc import Mapping

import numpy as np
from sklearn.base import clone, is_regressor

from skopt_nn.inspection._compare import compare, split
from skopt_nn.inspection._front import draw_front
from skopt_nn.inspection._labels import label_points
from skopt_nn.inspection._layout import make_room_for_names
from skopt_nn.inspection._optional import optional

TWIN = "unshared"
_BITS_OF_A_PARAMETER = 32
# Inches of a place.
_ROW = 0.2
# Okabe and Ito's, as of ModelComparisonDisplay, lighter.
_COLOURS = (
    np.array([[86, 180, 233], [230, 159, 0], [0, 158, 115], [204, 121, 167]]) / 255
)


class SharingDisplay:
    """Score against compression, and which places of a network share what.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a setting, and one named "unshared": the columns of :func:`compare`;
        ``compression_ratio``, parameters of the unshared network for each one that is
        stored; ``bits``, those stored for each parameter of the unshared network.
    places : pandas.DataFrame
        A row a place of the network and a column a setting: the name of the weights
        that the place uses, which is its own where it shares them with no other.
    score_name : str, default="Score"
        Name of the vertical axis.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Two panels: the curve, and the map of places.
    figure_ : matplotlib Figure
        The figure of ``axes_``.
    front_ : matplotlib Line2D
        A line through the settings that no other one beats.
    labels_ : list of matplotlib Annotation
        The names beside the points.

    See Also
    --------
    SharedWeightClassifier : The kinds of sharing.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skopt_nn import SharedWeightClassifier, SharingDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SharedWeightClassifier((), dense_units=(8, 8, 8), epochs=5,
    ...                                random_state=0)
    >>> settings = {"tied": {"sharing": "tied"}}
    >>> display = SharingDisplay.from_settings(model, X, y, settings)
    >>> display.places.loc["dense_3"].to_dict()
    {'tied': 'shared_1', 'unshared': 'dense_3'}
    """

    def __init__(self, table, places, *, score_name="Score"):
        self.table = table
        self.places = places
        self.score_name = score_name

    @classmethod
    def from_settings(
        cls, estimator, X, y, settings, *, test_size=0.25, random_state=0, ax=None
    ):
        """Fit one network with several settings, and draw what came out.

        Parameters
        ----------
        estimator : SharedWeightClassifier or SharedWeightRegressor
            Not changed; clones of it are fitted.
        X, y : array-like
            Samples and their target; a part of the rows judges all settings.
        settings : dict of str to dict
            Parameters of the estimator for each name, such as
            ``{"16 values": {"sharing": "clustered", "n_clusters": 16}}``. The network
            that shares nothing is added as "unshared".
        test_size, random_state : object
            As of :func:`compare`.
        ax : sequence of matplotlib Axes, default=None
            Two axes to draw on; None makes a figure.

        Returns
        -------
        display : SharingDisplay

        Raises
        ------
        ValueError
            For settings of the name "unshared", for no settings, for those of another
            network, and for a network without layers that may share.
        """
        pandas = optional("pandas", cls.__name__)
        _check(estimator, X, y, settings)
        X, X_test, y, y_test = split(estimator, X, y, test_size, random_state)
        models = {
            name: clone(estimator).set_params(**parameters).fit(X, y)
            for name, parameters in {**settings, TWIN: {"sharing": None}}.items()
        }
        table = compare(models, X_test, y_test).drop(columns="fit_seconds")
        ratios = np.array([model.compression_ratio_ for model in models.values()])
        table["compression_ratio"] = ratios
        table["bits"] = _BITS_OF_A_PARAMETER / ratios
        places, rows = _places(models)
        places = pandas.DataFrame(places, index=rows)
        name = "R²" if is_regressor(estimator) else "Accuracy"
        return cls(table, places, score_name=name).plot(ax)

    def plot(self, ax=None):
        """Draw the panels.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Two axes to draw on; None makes a figure.

        Returns
        -------
        display : SharingDisplay
            Itself.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        is_own = ax is None
        if is_own:
            n_places, n_settings = self.places.shape
            size = (7 + 1.1 * n_settings, max(4.6, 1.6 + _ROW * n_places))
            _, ax = pyplot.subplots(1, 2, figsize=size, layout="constrained")
        self.axes_ = np.asarray(ax)
        self.figure_ = self.axes_[0].figure
        self._draw_places(self.axes_[1])
        if is_own:
            make_room_for_names(self.axes_[1:])
        self._draw_curve(self.axes_[0])
        return self

    def _draw_curve(self, ax):
        from matplotlib.ticker import LogLocator, NullFormatter

        ratio, score = self.table["compression_ratio"], self.table["score"]
        self.front_ = draw_front(ax, ratio, score, larger=True)
        style = {"edgecolors": "white", "linewidths": 0.7, "zorder": 3}
        ax.scatter(ratio, score, s=65, c="#009E73", marker="s", **style)
        ax.set(xscale="log", xlabel="Compression", ylabel=self.score_name)
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.margins(0.15)
        ax.grid(color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        points = np.column_stack([ratio, score]).astype(float)
        self.labels_ = label_points(ax, points, list(map(str, self.table.index)))

    def _draw_places(self, ax):
        """Weights that serve several places have a colour; the others are white."""
        names, shape = self.places.to_numpy(), self.places.shape
        colours = np.ones((*shape, 3))
        for column, used in enumerate(names.T):
            shared = [name for name in dict.fromkeys(used) if np.sum(used == name) > 1]
            for i, name in enumerate(shared):
                colours[used == name, column] = _COLOURS[i % len(_COLOURS)]
        ax.imshow(colours, aspect="auto")
        ax.set_yticks(range(shape[0]), self.places.index)
        ax.set_xticks(range(shape[1]), self.places.columns, rotation=45, ha="right")
        ax.set_xticks(np.arange(shape[1] + 1) - 0.5, minor=True)
        ax.set_yticks(np.arange(shape[0] + 1) - 0.5, minor=True)
        ax.grid(which="minor", color="0.8", linewidth=0.8)
        ax.tick_params(which="minor", length=0)
        ax.set_title("Places of one colour share weights", fontsize="medium")


def _check(estimator, X, y, settings):
    """Raise, before anything is trained, for what cannot be compared."""
    is_nested = isinstance(settings, Mapping) and all(
        isinstance(parameters, Mapping) for parameters in settings.values()
    )
    if not is_nested or not settings or TWIN in settings:
        raise ValueError(
            "settings must be a dict of at least one name and a dict of parameters, "
            f"such as {{'tied': {{'sharing': 'tied'}}}}, and none of the name "
            f"{TWIN!r}, which is added; got {settings!r}."
        )
    unshared = _unshared(estimator, X)
    if not _named_places(unshared):
        sizes = f"filters={estimator.filters!r} and dense_units="
        raise ValueError(
            "estimator must have layers that may share weights, got "
            f"{sizes}{estimator.dense_units!r}, a network of its logits alone. Give "
            "it two dense layers of one width or more, such as dense_units=(64, 64)."
        )
    for name, parameters in settings.items():
        if _unshared(estimator, X, parameters) != unshared:
            raise ValueError(
                "settings must say how one network shares its weights, got "
                f"{parameters} for {name!r}, which make another network. Set such "
                "parameters on the estimator, and draw a figure for each network."
            )
        try:
            clone(estimator).set_params(**parameters).check_fit(X, y)
        except (TypeError, ValueError) as err:
            raise type(err)(f"settings[{name!r}]: {err}") from err


def _unshared(estimator, X, parameters=()):
    """Summary of the network that shares nothing, before it is trained."""
    model = clone(estimator).set_params(**{**dict(parameters), "sharing": None})
    shape = np.shape(X)[1:]
    return model.summary(
        model.input_shape or (shape if len(shape) > 1 else (*shape, 1))
    )


def _named_places(summary):
    """The layers that may share: of an unshared network all with a kernel, but one."""
    return [layer.name for layer in summary.layers[:-1] if layer.n_multiply_adds]


def _places(models):
    """For each model the name of the weights of each place, and the places."""
    places = _named_places(models[TWIN].summary())
    names = {}
    for name, model in models.items():
        shared = {
            place: weights
            for weights, of in model.shared_weights_.items()
            for place in of
        }
        names[name] = [shared.get(place, place) for place in places]
    return names, places
