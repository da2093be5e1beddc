import matplotlib.pyplot as plt
import pytest
from sklearn.ensemble import RandomForestClassifier

from skopt_nn import CNNClassifier, HistoryDisplay, make_parallel_fusion


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
