"""What is written on figures of many models stays readable, and on the figure."""

from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.utils import Bunch

from skopt_nn import (
    FidelityDisplay,
    FusionDisplay,
    HistoryDisplay,
    ModelComparisonDisplay,
    SharingDisplay,
)

matplotlib.use("Agg")
RNG = np.random.default_rng(0)
LONG = "a name that is as long as names of pipelines are, or longer"


@pytest.fixture(autouse=True)
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def boxes(display, texts):
    """Where they are written, which must be on the figure."""
    figure = display.figure_
    figure.draw_without_rendering()
    found = [text.get_window_extent() for text in texts]
    for box in found:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    return found


def assert_apart(found):
    assert not any(a.overlaps(b) for a, b in combinations(found, 2))


def assert_panels_are_readable(display):
    for ax in display.axes_:
        box = ax.get_window_extent()
        assert min(box.width, box.height) > 2 * display.figure_.dpi


def histories(names):
    logs = ("loss", "val_loss", "val_score", "learning_rate")
    return {name: {log: RNG.random(20).tolist() for log in logs} for name in names}


@pytest.mark.parametrize("n_models", [1, 2, 8, 15, 40])
def test_histories_of_many_models_leave_room_for_the_panels(n_models):
    names = [f"{LONG if i % 2 else 'member'} {i}" for i in range(n_models)]
    display = HistoryDisplay(histories(names)).plot()
    (legend,) = (ax.get_legend() for ax in display.axes_ if ax.get_legend())
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == [*names, "held out"]
    assert_apart(boxes(display, legend.get_texts()))
    assert_panels_are_readable(display)
    frames = [ax.get_window_extent() for ax in display.axes_]
    if n_models > 2:
        assert_apart([legend.get_window_extent(), *frames])


def test_models_of_a_history_have_a_colour_each():
    for n_models in (10, 25):
        display = HistoryDisplay(histories(map(str, range(n_models)))).plot()
        colours = {str(lines[0].get_color()) for lines in display.lines_.values()}
        assert len(colours) == n_models


def test_a_history_on_given_axes_has_its_legend_within(pyplot):
    _, ax = pyplot.subplots(1, 3)
    display = HistoryDisplay(histories("abcdefgh")).plot(ax)
    legend, frame = display.axes_[0].get_legend(), display.axes_[0].get_window_extent()
    display.figure_.draw_without_rendering()
    assert legend.get_window_extent().x1 <= frame.x1


def fidelity_of(labels):
    scores = {"agreement": 0.9, "teacher_score": 0.8, "student_score": 0.7}
    errors = {f"{who}_calibration_error": 0.1 for who in ("teacher", "student")}
    return Bunch(**errors, by_class=dict.fromkeys(labels, scores))


@pytest.mark.parametrize(
    "labels", [range(60), [LONG, "b"], [LONG + str(i) for i in range(30)]]
)
def test_labels_of_a_fidelity_are_readable(labels):
    curve = np.linspace(0, 1, 9), np.linspace(0, 1, 9)
    display = FidelityDisplay(
        fidelity_of(labels), {"teacher": curve, "student": curve}
    ).plot()
    ax = display.axes_[1]
    assert_apart(boxes(display, [*ax.get_yticklabels(), *ax.get_legend().get_texts()]))
    boxes(display, [of.yaxis.label for of in display.axes_])
    assert_apart([label.get_window_extent() for label in ax.get_xticklabels()])
    assert_panels_are_readable(display)


def fusion_of(names):
    n_members = len(names)
    table = pd.DataFrame(
        {"weight": 1 / n_members, "exits": np.nan, "score": 0.9, "adds": 0.01},
        index=names,
    )
    errors = pd.DataFrame(RNG.normal(size=(9, n_members)), columns=names)
    return FusionDisplay(table, errors.corr(), 0.9).plot()


@pytest.mark.parametrize("n_members", [2, 5, 12, 30])
@pytest.mark.parametrize("name", ["member", LONG])
def test_numbers_and_names_of_many_members_are_apart(n_members, name):
    display = fusion_of([f"{name} {i}" for i in range(n_members)])
    assert_apart(boxes(display, display.axes_[1].texts))
    for ax in display.axes_:
        assert_apart(boxes(display, ax.get_yticklabels()))
    boxes(display, display.axes_[1].get_xticklabels())
    for left, right in zip(display.axes_, display.axes_[1:]):
        ends = [text.get_window_extent().x0 for text in right.get_yticklabels()]
        assert left.get_window_extent().x1 <= min(ends)


@pytest.mark.parametrize("place", ["stage_{}_block", LONG + " {}"])
@pytest.mark.parametrize("n_places", [3, 40])
def test_many_places_of_a_network_are_readable(n_places, place):
    settings = ["tied", "clustered, 16 values", LONG, "unshared"]
    table = pd.DataFrame(
        {"score": RNG.random(4), "compression_ratio": [4, 2, 3, 1]}, index=settings
    )
    rows = [place.format(i) for i in range(n_places)]
    places = pd.DataFrame(dict.fromkeys(settings, rows), index=rows)
    display = SharingDisplay(table, places).plot()
    assert_apart(boxes(display, display.axes_[1].get_yticklabels()))
    boxes(display, display.axes_[1].get_xticklabels())
    assert_panels_are_readable(display)


@pytest.mark.parametrize("spread", [0, 1e-4, 0.1])
def test_names_of_models_without_a_network_are_apart(spread):
    scores = 0.97 + spread * RNG.random(12)
    table = pd.DataFrame(
        {"score": scores, "parameters": [1e3, 1e4, 1e5] + 9 * [np.nan]},
        index=[f"model number {i}" for i in range(12)],
    )
    display = ModelComparisonDisplay.from_table(
        table, kinds={"model number 1": "fusion"}
    )
    found = boxes(display, display.ax_.texts)
    assert len(found) == 12
    assert_apart(found)
    frame = display.ax_.get_window_extent()
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in found)
