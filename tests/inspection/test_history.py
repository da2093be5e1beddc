import matplotlib.pyplot as plt
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skopt_nn import (
    CNNClassifier,
    HistoryDisplay,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def stopped(digits, tiny):
    params = tiny | {"early_stopping": True, "scoring": "accuracy"}
    return CNNClassifier(**params).fit(*digits)


def test_a_panel_for_losses_scores_and_rate(stopped):
    display = HistoryDisplay.from_estimator(stopped)
    labels = [ax.get_ylabel() for ax in display.axes_]
    assert labels == ["loss", "score", "learning rate"]
    loss, held_out = display.axes_[0].lines[:2]
    assert loss.get_ydata().tolist() == stopped.history_["loss"]
    assert held_out.get_ydata().tolist() == stopped.history_["val_loss"]


def test_the_epoch_that_was_kept_is_marked(stopped):
    axes = HistoryDisplay.from_estimator(stopped).axes_[0]
    assert axes.lines[-1].get_xdata() == [stopped.best_epoch_] * 2


def test_members_of_a_fusion_have_lines_of_their_own(digits, tiny):
    fusion = make_parallel_fusion(CNNClassifier(**tiny), CNNClassifier(**tiny))
    display = HistoryDisplay.from_estimator(fusion.fit(*digits))
    assert list(display.lines_) == list(fusion.named_estimators_)
    assert all(display.lines_.values())


def test_estimators_of_one_class_are_numbered(stopped):
    display = HistoryDisplay.from_estimator(stopped, stopped)
    assert list(display.lines_) == ["CNNClassifier 1", "CNNClassifier 2"]


def test_estimators_without_a_history_are_refused():
    with pytest.raises(ValueError, match="fitted estimators with a history_"):
        HistoryDisplay.from_estimator(RandomForestClassifier())


@pytest.fixture(scope="module")
def pipelines(digits, tiny):
    pipeline = make_pipeline(StandardScaler(), CNNClassifier(**tiny))
    return pipeline.fit(*digits), clone(pipeline).fit(*digits)


def test_networks_of_several_models_are_named_by_them(pipelines, stopped):
    display = HistoryDisplay.from_estimator(*pipelines, stopped)
    assert list(display.histories) == [
        "Pipeline 1: cnnclassifier",
        "Pipeline 2: cnnclassifier",
        "CNNClassifier",
    ]
    assert list(display.best_epochs) == ["CNNClassifier"]


def test_members_of_equal_names_are_all_drawn(digits, tiny):
    fusion = make_parallel_fusion(CNNClassifier(**tiny), CNNClassifier(**tiny))
    other = clone(fusion).fit(*digits)
    display = HistoryDisplay.from_estimator(fusion.fit(*digits), other)
    assert list(display.histories) == [
        f"VotingClassifier {i}: cnnclassifier-{j}" for i in (1, 2) for j in (1, 2)
    ]


def test_one_pipeline_is_named_by_its_step(pipelines):
    display = HistoryDisplay.from_estimator(pipelines[0])
    assert list(display.histories) == ["cnnclassifier"]


def test_stages_of_a_serial_fusion_are_drawn(digits, tiny):
    fusion = make_serial_fusion(CNNClassifier(**tiny), CNNClassifier(**tiny), cv=None)
    display = HistoryDisplay.from_estimator(fusion.fit(*digits))
    assert list(display.histories) == ["cnnclassifier-1", "cnnclassifier-2"]
    first = fusion[0].estimator_.history_
    assert display.histories["cnnclassifier-1"] is first


def test_what_a_search_found_is_drawn(digits, tiny, pipelines):
    search = GridSearchCV(CNNClassifier(**tiny), {"epochs": [1]}, cv=2).fit(*digits)
    display = HistoryDisplay.from_estimator(search)
    assert display.histories == {"GridSearchCV": search.best_estimator_.history_}
    within = GridSearchCV(pipelines[0], {"cnnclassifier__epochs": [1]}, cv=2)
    display = HistoryDisplay.from_estimator(within.fit(*digits), search)
    assert list(display.histories) == [
        "GridSearchCV 1: cnnclassifier",
        "GridSearchCV 2",
    ]


def test_networks_that_end_a_stack_or_fill_a_bag_are_drawn(digits, tiny):
    X, y = digits
    small = CNNClassifier((), dense_units=(4,), epochs=1, random_state=0)
    stack = make_stacked_fusion(GaussianNB(), final_estimator=small, cv=2).fit(X, y)
    bag = BaggingClassifier(small, 2, random_state=0).fit(X, y)
    display = HistoryDisplay.from_estimator(stack, bag, FrozenEstimator(stack))
    assert list(display.histories) == [
        "StackingClassifier 1: final_estimator",
        "BaggingClassifier: 1",
        "BaggingClassifier: 2",
        "StackingClassifier 3: final_estimator",
    ]
