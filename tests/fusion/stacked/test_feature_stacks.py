"""Stacks whose combiner sees the features of the members."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from skopt_nn import load, make_stacked_fusion, save
from skopt_nn.fusion import FeatureStackingClassifier, FeatureStackingRegressor
from tests.doubles import Recorder, small_student
from tests.fusion.test_fusion_checks import SoftLogistic, SoftRidge


@pytest.fixture(scope="module")
def images(digits):
    X, y = digits
    few = y < 3
    return X[few][:90].reshape(-1, 8, 8, 1), y[few][:90]


def featured(**options):
    return make_stacked_fusion(
        SoftLogistic(max_iter=500),
        SoftLogistic(C=0.1),
        passthrough="features",
        **options,
    )


def test_the_combiner_sees_predictions_and_the_features_of_the_fitted_members(iris):
    X, y = iris
    stack = featured(final_estimator=Recorder(), cv=3).fit(X, y)
    seen = stack.final_estimator_.X_
    for k, (_, member) in enumerate(stack.estimators):
        proba = cross_val_predict(member, X, y, cv=3, method="predict_proba")
        assert_array_equal(seen[:, 3 * k : 3 * k + 3], proba)
        features = clone(member).fit(X, y).transform(X)
        assert_array_equal(seen[:, 6 + 3 * k : 9 + 3 * k], features)
    assert stack.transform(X[:2]).shape == (2, 12)


def test_the_columns_are_named_by_member_and_feature(iris):
    names = featured(cv=2).fit(*iris).get_feature_names_out()
    assert names[0] == "featurestackingclassifier_softlogistic-10"
    assert names[6] == "softlogistic-1__softlogistic0"
    assert len(names) == 12


def test_without_passthrough_it_is_scikit_learns_own(iris):
    X, y = iris
    members = [("line", SoftLogistic(max_iter=500))]
    ours = FeatureStackingClassifier(members, Recorder(), cv=2).fit(X, y)
    theirs = StackingClassifier(members, Recorder(), cv=2).fit(X, y)
    assert_array_equal(ours.final_estimator_.X_, theirs.final_estimator_.X_)
    assert len(ours.get_feature_names_out()) == 3


def test_samples_may_be_images(images, tmp_path):
    X, y = images
    stack = make_stacked_fusion(small_student(), passthrough="features", cv=2)
    stack.fit(X, y)
    assert stack.score(X, y) > 0.9
    assert stack.transform(X).shape == (90, 3 + 8)
    save(stack, tmp_path / "stack.nn")
    again = load(tmp_path / "stack.nn").predict_proba(X)
    assert_array_equal(again, stack.predict_proba(X))


def test_regressors_pass_their_features_on(diabetes):
    X, y = diabetes
    stack = make_stacked_fusion(SoftRidge(), passthrough="features", cv=2).fit(X, y)
    assert type(stack) is FeatureStackingRegressor
    assert stack.transform(X).shape == (len(X), 2)


# -- errors -------------------------------------------------------------------------


def test_a_member_without_features_is_named_before_anything_is_trained(iris):
    text = "gaussiannb must have transform, which"
    with pytest.raises(TypeError, match=text):
        make_stacked_fusion(GaussianNB(), passthrough="features")
    members = [("ridge", Ridge())]
    with pytest.raises(TypeError, match="ridge must have transform"):
        FeatureStackingRegressor(members, passthrough=True).fit(*iris)


def test_another_passthrough_is_refused():
    with pytest.raises(ValueError, match="True, False or \"features\", got 'all'"):
        make_stacked_fusion(LogisticRegression(), passthrough="all")


def test_features_of_frozen_members_are_asked_as_they_are(iris):
    X, y = iris
    fitted = SoftLogistic(max_iter=500).fit(X, y)
    stack = FeatureStackingClassifier(
        [("line", fitted)], Recorder(), cv="prefit", passthrough=True
    ).fit(X, y)
    expected = np.hstack([fitted.predict_proba(X), fitted.transform(X)])
    assert_array_equal(stack.final_estimator_.X_, expected)
