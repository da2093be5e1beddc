import numpy as np
import pytest

from skopt_nn import CNNRegressor
from skopt_nn.estimators._targets import LOSSES

FAST = {"filters": (), "dense_units": (16,), "epochs": 60, "random_state": 0}


@pytest.fixture(scope="module")
def skewed():
    """Values above zero whose mean lies far above their median."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    return X, np.exp(X[:, 0] + rng.normal(size=300))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns_in_units_of_y(skewed, loss):
    X, y = skewed
    net = CNNRegressor(loss=loss, **FAST).fit(X, 1000 * y)
    predicted = net.predict(X)
    assert np.corrcoef(np.log(np.maximum(predicted, 1)), X[:, 0])[0, 1] > 0.7
    assert 100 < np.median(predicted) < 3000


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_predictions_of_deviances_are_above_zero(skewed, loss):
    X, y = skewed
    net = CNNRegressor(loss=loss, **FAST).fit(X, y)
    assert net.predict(100 * X).min() > 0


def test_quantiles_leave_as_many_values_below(skewed):
    X, y = skewed
    shares = [
        (
            y < CNNRegressor(loss="quantile", quantile=q, **FAST).fit(X, y).predict(X)
        ).mean()
        for q in (0.1, 0.5, 0.9)
    ]
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.06)


def test_one_outlier_moves_medians_little(skewed):
    X, y = skewed
    spoiled = np.where(np.arange(300) == 0, 1e6, y)
    moved = [
        np.abs(
            np.median(CNNRegressor(loss=loss, **FAST).fit(X, spoiled).predict(X))
            - np.median(y)
        )
        for loss in ("absolute_error", "squared_error")
    ]
    assert moved[0] < 1 < moved[1]


@pytest.mark.parametrize(
    ("loss", "y", "rule"),
    [
        ("poisson", [-1.0, 2.0], "at least 0"),
        ("poisson", [0.0, 0.0], "at least 0, and some above it"),
        ("gamma", [0.0, 2.0], "above 0"),
    ],
)
def test_values_outside_of_the_range_of_a_loss_are_refused(loss, y, rule):
    X = np.arange(20.0).reshape(-1, 1)
    with pytest.raises(ValueError, match=f"loss='{loss}' needs values of y.* {rule}"):
        CNNRegressor(loss=loss, **FAST).fit(X, np.resize(y, 20))


def test_a_part_of_the_counts_may_be_zeros(skewed):
    X, y = skewed
    counts, zeros = np.round(y), np.zeros(20)
    net = CNNRegressor(loss="poisson", **FAST | {"epochs": 1})
    net.fit(X, counts, X_val=X[:20], y_val=zeros)
    assert np.isfinite(net.history_["val_loss"]).all()
    net.partial_fit(X[:20], zeros)
    with pytest.raises(ValueError, match="at least 0, and some above it"):
        net.partial_fit(X[:20], zeros - 1)


def test_a_network_of_exponentials_does_not_go_on_with_another_loss(skewed):
    X, y = skewed
    net = CNNRegressor(loss="poisson", warm_start=True, **FAST | {"epochs": 1})
    net.fit(X, y).set_params(loss="squared_error")
    with pytest.raises(ValueError, match="outputs of one kind are exponentiated"):
        net.fit(X, y)
