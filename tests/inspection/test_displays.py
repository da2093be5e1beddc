from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    CNNClassifier,
    DistilledClassifier,
    ModelComparisonDisplay,
    SharedWeightClassifier,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)
from skopt_nn.inspection._models import kind_of

matplotlib.use("Agg")


@pytest.fixture
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture
def table():
    return pd.DataFrame(
        {"score": [0.97, 0.99, 0.98], "parameters": [1e3, 1e5, np.nan]},
        index=["small", "large", "forest"],
    )


def test_axes_and_figure_are_kept(pyplot, table):
    display = ModelComparisonDisplay.from_table(table, score_name="Accuracy")
    assert display.ax_.figure is display.figure_
    assert display.ax_.get_ylabel() == "Accuracy"
    assert display.ax_.get_xscale() == "log"


def test_it_draws_on_the_axes_given_and_again(pyplot, table):
    _, (left, right) = pyplot.subplots(1, 2)
    display = ModelComparisonDisplay.from_table(table, ax=left)
    assert display.ax_ is left
    assert display.plot(ax=right) is display
    assert display.ax_ is right


def test_a_line_joins_those_that_no_other_one_beats(pyplot):
    table = pd.DataFrame(
        {"score": [0.97, 0.99, 0.96, 0.5], "parameters": [1e3, 1e5, 1e4, np.nan]},
        index=["small", "large", "beaten", "forest"],
    )
    front = ModelComparisonDisplay.from_table(table).front_
    assert front.get_xydata().tolist() == [[1e3, 0.97], [1e5, 0.99]]


def test_points_stand_where_the_table_says(pyplot, table):
    kinds = {"small": "distilled", "large": "fusion", "forest": "other"}
    points = ModelComparisonDisplay.from_table(table, kinds=kinds).points_
    assert list(points) == ["distilled", "fusion"]
    assert points["distilled"].get_offsets().tolist() == [[1e3, 0.97]]
    assert points["fusion"].get_offsets().tolist() == [[1e5, 0.99]]


def test_models_without_parameters_are_lines(pyplot, table):
    display = ModelComparisonDisplay.from_table(table)
    ax = display.ax_
    lines = [line for line in ax.lines if line is not display.front_]
    assert [list(line.get_ydata()) for line in lines] == [[0.98, 0.98]]
    assert "forest (no network)" in [text.get_text() for text in ax.texts]
    assert ModelComparisonDisplay.from_table(table[2:]).labels_ == []


@pytest.mark.parametrize("seed", range(3))
def test_names_do_not_overlap(pyplot, seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "score": rng.uniform(0.97, 0.99, 12),
            "parameters": 10 ** rng.uniform(3, 5, 12),
        },
        index=[f"model {i}" for i in range(12)],
    )
    table.iloc[1] = table.iloc[0]
    display = ModelComparisonDisplay.from_table(table)
    display.figure_.draw_without_rendering()
    boxes = [label.get_window_extent() for label in display.labels_]
    texts = [label.get_text() for label in display.labels_]
    assert sorted(texts) == sorted(table.index)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = display.ax_.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


@pytest.mark.filterwarnings("ignore:compare judges by a part")
def test_from_estimators_keeps_the_table(pyplot):
    X, y = load_iris(return_X_y=True)
    network = CNNClassifier(filters=(), dense_units=(4,), epochs=1, random_state=0)
    models = {"network": network.fit(X, y), "forest": RandomForestClassifier(3)}
    display = ModelComparisonDisplay.from_estimators(models, X, y)
    assert display.table.index.tolist() == ["network", "forest"]
    assert display.ax_.get_ylabel() == "Accuracy"
    assert list(display.points_) == ["network"]


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (CNNClassifier(), "network"),
        (FrozenEstimator(CNNClassifier()), "network"),
        (make_pipeline(StandardScaler(), CNNClassifier()), "network"),
        (GridSearchCV(CNNClassifier(), {"epochs": [1]}), "network"),
        (SharedWeightClassifier(), "shared weights"),
        (DistilledClassifier(CNNClassifier()), "distilled"),
        (make_parallel_fusion(CNNClassifier()), "fusion"),
        (make_serial_fusion(CNNClassifier()), "fusion"),
        (make_stacked_fusion(CNNClassifier()), "fusion"),
        (RandomForestClassifier(), "other"),
    ],
)
def test_kinds_are_told_by_what_a_model_is(estimator, kind):
    assert kind_of(estimator) == kind


def test_unknown_kinds_and_foreign_tables_are_refused(table):
    with pytest.raises(ValueError, match=r"kinds must have values among .*'net'"):
        ModelComparisonDisplay.from_table(table, kinds={"small": "net"})
    with pytest.raises(ValueError, match=r"the columns 'score' and 'parameters'"):
        ModelComparisonDisplay.from_table(table[["score"]])
    with pytest.raises(ValueError, match="got 0 rows"):
        ModelComparisonDisplay.from_table(table[:0])
