"""A student and its teacher in detail."""

import numpy as np
from sklearn.base import is_regressor

from skopt_nn._probabilities import reliability
from skopt_nn.inspection._layout import make_room_for_names
from skopt_nn.inspection._optional import optional

# Inches of a label.
_ROW = 0.2
_COLOURS = {"teacher": "#CC79A7", "student": "#D55E00"}


class FidelityDisplay:
    """How a distilled model and its teacher compare.

    Of classifiers: how sure both are against how often they are right, and for each
    label how often they are right and agree. Of regressors: the student's predictions
    against the teacher's.

    Parameters
    ----------
    fidelity : Bunch
        What ``fidelity(X, y)`` of a distilled model returned.
    curves : dict of str to pair of ndarray
        For "teacher" and "student" the confidence and accuracy of each bin; of
        regressors for "student" the predictions of the teacher and the student.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Two panels for classifiers, one for regressors.
    figure_ : matplotlib Figure
        The figure of ``axes_``.

    See Also
    --------
    StudentPathDisplay : Students of several sizes.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017. arXiv:1706.04599

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import CNNClassifier, DistilledClassifier, FidelityDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> student = CNNClassifier((), dense_units=(8,), epochs=5, random_state=0)
    >>> model = DistilledClassifier(GaussianNB(), student, random_state=0).fit(X, y)
    >>> display = FidelityDisplay.from_estimator(model, X, y)
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['Confidence', 'Share of rows']
    """

    def __init__(self, fidelity, curves):
        self.fidelity = fidelity
        self.curves = curves

    @classmethod
    def from_estimator(cls, distilled, X, y, sample_weight=None, *, ax=None):
        """Compare and draw.

        Parameters
        ----------
        distilled : DistilledClassifier or DistilledRegressor
            Fitted, with its teacher.
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples, which neither should have seen.
        y : array-like of shape (n_samples,)
            Their labels or values; rows with the label -1, as unlabelled ones have for
            ``fit``, are in no curve.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        ax : sequence of matplotlib Axes, default=None
            Axes to draw on, one or two; None makes a figure.

        Returns
        -------
        display : FidelityDisplay

        Raises
        ------
        ValueError
            For several labels or values a row, and for labels of no row.
        """
        y = np.asarray(y)
        if y.ndim > 1:
            raise ValueError(
                f"FidelityDisplay draws one label or value a row, got y of shape "
                f"{y.shape}. distilled.fidelity(X, y) has the numbers."
            )
        fidelity = distilled.fidelity(X, y, sample_weight)
        models = {"teacher": distilled.teacher_, "student": distilled}
        if is_regressor(distilled):
            curves = {"student": tuple(of.predict(X) for of in models.values())}
        else:
            judged = _judged(fidelity, y)
            weight = None if sample_weight is None else np.asarray(sample_weight)
            weight = None if weight is None else weight[judged]
            curves = {}
            for name, model in models.items():
                proba = np.asarray(model.predict_proba(X))[judged]
                right = np.asarray(model.classes_)[proba.argmax(axis=1)] == y[judged]
                curves[name] = reliability(right, proba.max(axis=1), weight)[:2]
        return cls(fidelity, curves).plot(ax)

    def plot(self, ax=None):
        """Draw the panels.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, default=None
            Axes to draw on, one or two; None makes a figure.

        Returns
        -------
        display : FidelityDisplay
            Itself.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        draw = [self._draw_confidence, self._draw_classes]
        if "by_class" not in self.fidelity:
            draw = [self._draw_values]
        is_own = ax is None
        if is_own:
            n_labels = len(self.fidelity.get("by_class", ()))
            size = (4.6 * len(draw), max(4.2, 1.2 + _ROW * n_labels))
            _, ax = pyplot.subplots(1, len(draw), figsize=size, layout="constrained")
        self.axes_ = np.atleast_1d(ax)
        self.figure_ = self.axes_[0].figure
        for function, axes in zip(draw, self.axes_):
            function(axes)
            axes.spines[["top", "right"]].set_visible(False)
        if is_own:
            make_room_for_names(self.axes_)
        return self

    def _draw_confidence(self, ax):
        ax.plot([0, 1], [0, 1], color="0.8", linewidth=1, zorder=1)
        for name, (sure, right) in self.curves.items():
            error = self.fidelity[f"{name}_calibration_error"]
            label = f"{name}, error {error:.3f}"
            ax.plot(sure, right, "o-", color=_COLOURS[name], label=label)
        ax.set(xlabel="Confidence", ylabel="Share of right predictions")
        ax.legend(frameon=False, loc="upper left")

    def _draw_classes(self, ax):
        by_class = self.fidelity.by_class
        rows = np.arange(len(by_class))
        for name, marker in (("teacher", "D"), ("student", "*")):
            scores = [of[f"{name}_score"] for of in by_class.values()]
            size = 90 if marker == "*" else 35
            ax.scatter(
                scores, rows, s=size, c=_COLOURS[name], marker=marker, label=name
            )
        agreed = [of["agreement"] for of in by_class.values()]
        ax.scatter(agreed, rows, s=60, c="0.4", marker="|", label="agreement")
        ax.set_yticks(rows, [str(label) for label in by_class])
        ax.invert_yaxis()
        ax.set(xlabel="Share of rows", ylabel="Label")
        ax.locator_params(axis="x", nbins=5)
        ax.grid(color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)

    def _draw_values(self, ax):
        teacher, student = self.curves["student"]
        ends = [min(teacher.min(), student.min()), max(teacher.max(), student.max())]
        ax.plot(ends, ends, color="0.8", linewidth=1, zorder=1)
        label = f"agreement R² {self.fidelity.agreement:.3f}"
        ax.scatter(teacher, student, s=12, c=_COLOURS["student"], label=label)
        ax.set(xlabel="Teacher", ylabel="Student")
        ax.legend(frameon=False, loc="upper left")


def _judged(fidelity, y):
    """The rows whose label judges both, as ``fidelity`` found them."""
    if "by_class" not in fidelity:
        raise ValueError(
            "y must have rows with a label to judge teacher and student by, got none "
            f"among {len(y)} rows. distilled.fidelity(X) compares them without labels."
        )
    return np.flatnonzero(np.isin(y, list(fidelity.by_class)))
