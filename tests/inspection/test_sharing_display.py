"""Settings of one shared-weight network beside the network that shares nothing."""

import matplotlib
import pytest
from sklearn.datasets import load_digits, load_iris

from skopt_nn import SharedWeightClassifier, SharingDisplay

matplotlib.use("Agg")

NETWORK = SharedWeightClassifier((), dense_units=(8, 8, 8), epochs=5, random_state=0)
SETTINGS = {
    "tied": {"sharing": "tied"},
    "4 values": {"sharing": "clustered", "n_clusters": 4},
    "hashed": {"sharing": "hashed", "compression": 4},
}


@pytest.fixture(autouse=True, scope="module")
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="module")
def display():
    return SharingDisplay.from_settings(NETWORK, *load_iris(return_X_y=True), SETTINGS)


def test_a_row_a_setting_and_the_twin(display):
    assert list(display.table.index) == [*SETTINGS, "unshared"]
    ratios, bits = display.table["compression_ratio"], display.table["bits"]
    assert ratios["unshared"] == 1
    assert bits["unshared"] == 32
    stored = display.table["parameters"]
    assert (ratios * stored).tolist() == pytest.approx([stored["unshared"]] * 4)
    assert (bits * ratios).tolist() == pytest.approx([32] * 4)


def test_places_of_one_name_share_their_weights(display):
    assert list(display.places.index) == ["dense_1", "dense_2", "dense_3"]
    assert display.places["tied"].tolist() == ["dense_1", "shared_1", "shared_1"]
    for name in ("4 values", "hashed", "unshared"):
        assert display.places[name].tolist() == list(display.places.index)
    colours = display.axes_[1].images[0].get_array()
    assert (colours[1, 0] == colours[2, 0]).all()
    assert (colours[1, 1] == 1).all()


def test_the_curve_has_a_point_a_setting(display):
    points = display.axes_[0].collections[0].get_offsets()
    expected = display.table[["compression_ratio", "score"]].to_numpy()
    assert points.tolist() == expected.tolist()
    assert [label.get_text() for label in display.labels_] == [*SETTINGS, "unshared"]
    best = display.table["compression_ratio"].max()
    assert best in display.front_.get_xdata()


def test_the_network_given_is_not_changed(display):
    assert NETWORK.sharing == "tied"
    assert not hasattr(NETWORK, "model_")


@pytest.mark.parametrize("settings", [{}, {"unshared": {}}, ["tied"], {"tied": "tied"}])
def test_settings_without_a_name_of_their_own_are_refused(settings):
    with pytest.raises(ValueError, match="must be a dict of at least one name"):
        SharingDisplay.from_settings(NETWORK, [[0]], [0], settings)


def unfitted(**params):
    """A network whose training would be an error."""

    class Untrained(SharedWeightClassifier):
        def fit(self, *args, **kwargs):
            raise AssertionError("it was trained")

    return Untrained(**{"filters": (), "dense_units": (8, 8), **params})


def test_a_network_without_places_is_refused_before_it_is_trained():
    iris = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=r"layers that may share .*dense_units=\(\)"):
        SharingDisplay.from_settings(unfitted(dense_units=()), *iris, SETTINGS)


@pytest.mark.parametrize(
    "changed", [{"dense_units": (8, 8, 8)}, {"dense_units": (16, 16)}]
)
def test_settings_of_another_network_are_refused_before_it_is_trained(changed):
    settings = {"tied": {}, "other": {**changed, "sharing": "tied"}}
    iris = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=r"'other'.* another network.* the estimator"):
        SharingDisplay.from_settings(unfitted(), *iris, settings)


def test_a_setting_that_cannot_be_is_named_before_another_is_trained():
    settings = {"tied": {}, "many": {"sharing": "templates", "n_templates": 9}}
    iris = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=r"settings\['many'\]: n_templates=9"):
        SharingDisplay.from_settings(unfitted(), *iris, settings)


def test_settings_of_training_are_none_of_another_network():
    settings = {"tied": {"learning_rate": 0.01, "dropout": 0.1}}
    images = load_digits(n_class=3, return_X_y=True)
    network = unfitted(filters=(4,), depth=1, input_shape=(8, 8, 1))
    with pytest.raises(AssertionError, match="it was trained"):
        SharingDisplay.from_settings(network, *images, settings)
