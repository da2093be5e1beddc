"""Students of one teacher side by side."""

import numpy as np
from sklearn.base import is_regressor

from skopt_nn._compat import safe_indexing
from skopt_nn.inspection._compare import compare, split
from skopt_nn.inspection._front import draw_front, is_on_front
from skopt_nn.inspection._labels import label_points
from skopt_nn.inspection._models import named_estimators
from skopt_nn.inspection._optional import optional

_TEACHER = "teacher"


def student_path(distilled, X, y, students, *, test_size=0.25, random_state=0):
    """Teach several students by one teacher, and put them into one table.

    The teacher is fitted and asked once; all students learn from the same answers.

    Parameters
    ----------
    distilled : DistilledClassifier or DistilledRegressor
        It stays as it is; its ``student`` is not looked at.
    X, y : array-like
        Samples and their target; a part of the rows judges all models. Rows without
        a target, as of ``fit``, are all learned from, and judge none.
    students : dict of str to estimator, list of (str, estimator) or of estimators
        Estimators with ``fit_soft``. A list of estimators is named by their classes.
    test_size, random_state : object
        As of :func:`compare`.

    Returns
    -------
    table : pandas.DataFrame
        A row for each student and, last, the ``"teacher"``: the columns of
        :func:`compare`, of each by itself, and of ``fidelity``, and ``pareto``: whether
        no other model of the table is better without being larger, or smaller without
        being worse.

    See Also
    --------
    StudentPathDisplay : The same as a figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skopt_nn import CNNClassifier, DistilledClassifier, student_path
    >>> students = {n: CNNClassifier((), dense_units=(n,), epochs=9) for n in (4, 16)}
    >>> model = DistilledClassifier(GaussianNB())
    >>> table = student_path(model, *load_iris(return_X_y=True), students)
    >>> table["parameters"].to_dict()
    {4: 35.0, 16: 131.0, 'teacher': nan}
    """
    students = named_estimators(students)
    if _TEACHER in students:
        raise ValueError(f"students must not be named {_TEACHER!r}: the teacher is.")
    X, X_test, y, y_test = _split(distilled, X, y, test_size, random_state)
    models = distilled.fit_students(X, y, list(students.values()))
    return _table(dict(zip(students, models)), X_test, y_test)


def _split(distilled, X, y, test_size, random_state):
    """Rows to learn from and rows to judge by, which have a target."""
    problem = distilled._problem(X, y, None)
    X, y, rows = problem.X, problem.y, problem.taught
    if not len(rows):
        raise ValueError(
            "y must have rows with a label to judge the students by, got none among "
            f"{len(y)} rows. fit_students needs none of a teacher in FrozenEstimator."
        )
    train, test, _, _ = split(distilled, rows, y[rows], test_size, random_state)
    train = np.concatenate([train, np.flatnonzero(~problem.labelled)])
    return safe_indexing(X, train), safe_indexing(X, test), y[train], y[test]


def _table(models, X, y):
    teacher = next(iter(models.values())).teacher_
    learned = {name: model.student_ for name, model in models.items()}
    table = compare({**learned, _TEACHER: teacher}, X, y).drop(columns="fit_seconds")
    found = [model.fidelity(X, y) for model in models.values()]
    for column in ("agreement", "kl_divergence", "mean_squared_difference"):
        if column in found[0]:
            table[column] = [*(of[column] for of in found), np.nan]
    table["pareto"] = is_on_front(table["score"], table["bytes"])
    return table


class StudentPathDisplay:
    """Score against bytes: students of one teacher, and the teacher.

    Up and to the left is better. A line joins the models that no other one beats.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`student_path` returned.
    score_name : str, default="Score"
        Name of the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.
    figure_ : matplotlib Figure
        The figure of ``ax_``.
    points_ : matplotlib PathCollection
        The students.
    teacher_ : matplotlib PathCollection
        The teacher.
    front_ : matplotlib Line2D
        The line of the Pareto front.
    labels_ : list of matplotlib Annotation
        The names beside the points.

    See Also
    --------
    student_path : The table.
    FidelityDisplay : One student and its teacher in detail.

    Examples
    --------
    >>> import pandas as pd
    >>> from skopt_nn import StudentPathDisplay
    >>> table = pd.DataFrame(
    ...     {"score": [0.97, 0.98], "bytes": [4_000, 90_000], "pareto": True},
    ...     index=["small", "teacher"],
    ... )
    >>> display = StudentPathDisplay(table).plot()
    >>> [label.get_text() for label in display.labels_]
    ['small', 'teacher']
    """

    def __init__(self, table, *, score_name="Score"):
        self.table = table
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls, distilled, X, y, students, *, test_size=0.25, random_state=0, ax=None
    ):
        """Teach students and draw what came out.

        Parameters
        ----------
        distilled, X, y, students, test_size, random_state : object
            As of :func:`student_path`.
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : StudentPathDisplay
            Its ``table`` holds the numbers.
        """
        how = {"test_size": test_size, "random_state": random_state}
        table = student_path(distilled, X, y, students, **how)
        name = "R²" if is_regressor(distilled) else "Accuracy"
        return cls(table, score_name=name).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : StudentPathDisplay
            Itself.
        """
        pyplot = optional("matplotlib.pyplot", type(self).__name__)
        if ax is None:
            _, ax = pyplot.subplots(figsize=(8, 5), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.front_ = draw_front(ax, self.table["bytes"], self.table["score"])
        is_teacher = self.table.index == _TEACHER
        styles = {"edgecolors": "white", "linewidths": 0.7, "zorder": 3}
        students, teacher = self.table[~is_teacher], self.table[is_teacher]
        self.points_ = ax.scatter(
            students["bytes"], students["score"], s=65, c="#D55E00", **styles
        )
        self.teacher_ = ax.scatter(
            teacher["bytes"], teacher["score"], s=65, c="#CC79A7", marker="D", **styles
        )
        ax.set(xscale="log", xlabel="Bytes", ylabel=self.score_name)
        ax.margins(0.12)
        ax.grid(color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        points = self.table[["bytes", "score"]].to_numpy(dtype=float)
        self.labels_ = label_points(ax, points, list(map(str, self.table.index)))
        return self
