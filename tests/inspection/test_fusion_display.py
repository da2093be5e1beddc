"""What the members of each kind of fusion are to each other."""

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skopt_nn import (
    CNNClassifier,
    FusionDisplay,
    make_cascade,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)

matplotlib.use("Agg")

MEMBERS = [
    GaussianNB(),
    LogisticRegression(max_iter=1000),
    DecisionTreeClassifier(max_depth=1, random_state=0),
]
NAMED = list(zip(("bayes", "logistic", "stump"), MEMBERS))
FUSIONS = {
    "equal": make_parallel_fusion(*MEMBERS),
    "greedy": make_parallel_fusion(*MEMBERS, weights="greedy"),
    "stacked": make_stacked_fusion(*MEMBERS),
    "serial": make_serial_fusion(*MEMBERS),
    "cascade": make_cascade(*MEMBERS, costs=[1, 2, 3]),
    "hard vote": VotingClassifier(NAMED),
    "stack of scikit-learn": StackingClassifier(NAMED),
}


@pytest.fixture(autouse=True)
def pyplot():
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["seto", "vers", "virg"])[y]


@pytest.mark.parametrize("kind", FUSIONS)
def test_members_of_every_fusion_are_shown(iris, kind):
    X, y = iris
    fusion = FUSIONS[kind].fit(X[::2], y[::2])
    before = fusion.predict(X)
    display = FusionDisplay.from_estimator(fusion, X[1::2], y[1::2])
    assert display.score == fusion.score(X[1::2], y[1::2])
    assert len(display.table) == 3
    assert display.table["score"].between(0.3, 1).all()
    assert np.diag(display.correlation).tolist() == pytest.approx([1, 1, 1])
    assert [len(ax.get_xlabel()) > 5 for ax in display.axes_] == [True] * 3
    np.testing.assert_array_equal(fusion.predict(X), before)


def test_weights_and_exits_are_those_of_the_fusion(iris):
    X, y = iris
    tables = {
        kind: FusionDisplay.from_estimator(FUSIONS[kind].fit(X, y), X, y).table
        for kind in ("equal", "greedy", "stacked", "cascade", "serial")
    }
    assert tables["equal"]["weight"].tolist() == pytest.approx([1 / 3] * 3)
    greedy = FUSIONS["greedy"].weights_
    assert tables["greedy"]["weight"].tolist() == greedy.tolist()
    pool = FUSIONS["stacked"].final_estimator_.weights_
    assert tables["stacked"]["weight"].tolist() == pool.tolist()
    steps = FUSIONS["serial"].steps[-1][1].stage_weights_
    assert tables["serial"]["weight"].tolist() == steps.tolist()
    exits = FUSIONS["cascade"].exit_counts_ / len(X)
    assert tables["cascade"]["exits"].tolist() == pytest.approx(exits)


def test_a_member_that_is_alone_in_the_sum_adds_all_of_it(iris):
    X, y = iris
    fusion = make_parallel_fusion(*MEMBERS, weights=[0, 1, 0]).fit(X, y)
    table = FusionDisplay.from_estimator(fusion, X, y).table
    bayes, logistic, stump = table["adds"]
    assert bayes == stump == 0
    assert logistic > 0.5


def test_errors_that_are_the_same_have_a_correlation_of_one(iris):
    X, y = iris
    stump = DecisionTreeClassifier(max_depth=1, random_state=0)
    fusion = make_parallel_fusion(stump, stump, MEMBERS[1]).fit(X, y)
    found = FusionDisplay.from_estimator(fusion, X, y).correlation.to_numpy()
    wrong = [(member.predict(X) != np.unique(y, return_inverse=True)[1])
             for member in fusion.estimators_]  # fmt: skip
    np.testing.assert_allclose(found, np.corrcoef(np.float64(wrong)), rtol=1e-12)
    assert found[0, 1] == pytest.approx(1)


def test_fusions_of_values_are_shown_too():
    X, y = load_diabetes(return_X_y=True)
    members = Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0)
    for make in (make_parallel_fusion, make_serial_fusion, make_stacked_fusion):
        fusion = make(*members).fit(X[::2], y[::2])
        display = FusionDisplay.from_estimator(fusion, X[1::2], y[1::2])
        assert display.score == fusion.score(X[1::2], y[1::2])
        assert len(display.table) == 2


def test_what_is_no_fusion_is_refused(iris):
    X, y = iris
    with pytest.raises(TypeError, match=r"needs a fitted fusion.* got GaussianNB"):
        FusionDisplay.from_estimator(GaussianNB().fit(X, y), X, y)
    fusion = FUSIONS["equal"].fit(X, y)
    with pytest.raises(ValueError, match=r"got y of shape \(150, 2\)"):
        FusionDisplay.from_estimator(fusion, X, np.c_[y, y])


@pytest.mark.parametrize("dropped", [0, 1])
def test_members_that_are_dropped_leave_their_weights_behind(iris, dropped):
    X, y = iris
    pairs = [("bayes", MEMBERS[0]), ("logistic", MEMBERS[1])]
    pairs.insert(dropped, ("none", "drop"))
    weights = [1, 2]
    weights.insert(dropped, 5)
    fusion = VotingClassifier(pairs, weights=weights, voting="soft").fit(X, y)
    table = FusionDisplay.from_estimator(fusion, X, y).table
    expected = {"bayes": 1 / 3, "logistic": 2 / 3}
    assert table["weight"].to_dict() == pytest.approx(expected)


def test_members_of_values_that_are_dropped_leave_their_weights_behind():
    X, y = load_diabetes(return_X_y=True)
    pairs = [("none", "drop"), ("line", Ridge()), ("flat", Ridge(1e6))]
    fusion = VotingRegressor(pairs, weights=[5, 3, 1]).fit(X, y)
    table = FusionDisplay.from_estimator(fusion, X, y).table
    assert table["weight"].tolist() == pytest.approx([3 / 4, 1 / 4])


def test_weights_of_a_cascade_are_shares_of_its_mean(iris):
    X, y = iris
    cascade = make_cascade(*MEMBERS, costs=[1, 2, 3], weights=[1, 1, 2]).fit(X, y)
    table = FusionDisplay.from_estimator(cascade, X, y).table
    assert table["weight"].tolist() == [1 / 4, 1 / 4, 1 / 2]


def test_weights_within_a_combiner_are_not_those_of_the_members(iris):
    members = GaussianNB(), LogisticRegression(max_iter=500)
    inner = make_parallel_fusion(*members, weights="greedy")
    fusion = make_stacked_fusion(*members, final_estimator=inner).fit(*iris)
    table = FusionDisplay.from_estimator(fusion, *iris).table
    assert table["weight"].isna().all()


def test_a_member_whose_features_are_read_adds_them():
    X, y = load_iris(return_X_y=True)
    network = CNNClassifier((), dense_units=(8,), epochs=40, random_state=0)
    fusion = make_stacked_fusion(network, network, passthrough="features").fit(X, y)
    # Probabilities are the first columns, three of each member.
    fusion.final_estimator_.coef_[:, :6] = 0
    adds = FusionDisplay.from_estimator(fusion, X, y, random_state=0).table["adds"]
    assert adds.max() > 0.1
