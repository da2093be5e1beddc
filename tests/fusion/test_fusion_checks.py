"""scikit-learn's own checks on every part of a fusion, with cheap members."""

import numpy as np
import pytest
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import SkipTestWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from skopt_nn import (
    DistilledClassifier,
    DistilledRegressor,
    SerialStage,
    WeightedSumClassifier,
    WeightedSumRegressor,
    make_cascade,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
)


class SoftLogistic(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, LogisticRegression
):
    """Logistic regression on soft targets: each row counts once for every class."""

    def fit_soft(
        self, X, y, soft_targets, *, temperature=1.0, alpha=0.5, sample_weight=None
    ):
        data, y = validate_data(self, X, y)
        classes = np.unique(y)
        hard = (np.asarray(y)[:, None] == classes).astype(float)
        alpha = np.reshape(alpha, (-1, 1))
        share = (1 - alpha) * hard + alpha * soft_targets
        if sample_weight is not None:
            share = share * np.asarray(sample_weight)[:, None]
        n_classes = len(classes)
        self.fit(
            data.repeat(n_classes, axis=0), np.tile(classes, len(y)), share.ravel()
        )
        validate_data(self, X, skip_check_array=True)
        return self

    def transform(self, X):
        check_is_fitted(self)
        logits = self.decision_function(X)
        return logits.reshape(len(logits), -1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    @property
    def _n_features_out(self):
        return len(self.coef_)


class SoftRidge(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Ridge):
    """Ridge regression on the mean of target and soft target: the same gradient."""

    def fit_soft(
        self, X, y, soft_targets, *, temperature=1.0, alpha=0.5, sample_weight=None
    ):
        alpha = np.reshape(alpha, (-1, *[1] * (np.ndim(y) - 1)))
        return self.fit(X, (1 - alpha) * y + alpha * soft_targets, sample_weight)

    def transform(self, X):
        prediction = self.predict(X)
        return prediction.reshape(len(prediction), -1)

    @property
    def _n_features_out(self):
        return 1


tree = DecisionTreeClassifier(max_depth=3, random_state=0)
tree_regressor = DecisionTreeRegressor(max_depth=3, random_state=0)

# scikit-learn's own classifiers warn so when its check gives them an infinite y.
ignore_infinite_labels = pytest.mark.filterwarnings(
    "ignore:invalid value encountered in cast:RuntimeWarning"
)


def draws_queries(estimator):
    """Repeated rows draw others than rows of more weight do."""
    if getattr(estimator, "queries", None) is None:
        return {}
    names = ["check_sample_weight_equivalence_on_dense_data"]
    return dict.fromkeys(names, "queries are drawn for rows, whatever their weight")


@ignore_infinite_labels
@parametrize_with_checks(
    [
        SerialStage(tree),
        SerialStage(tree, cv=None),
        SerialStage(tree_regressor, cv=None),
        DistilledClassifier(LogisticRegression(), SoftLogistic()),
        DistilledClassifier(tree, SoftLogistic(), cv=3, queries=None),
        DistilledRegressor(Ridge(tol=1e-12), SoftRidge(tol=1e-12)),
        DistilledRegressor(Ridge(tol=1e-12), SoftRidge(tol=1e-12), cv=2, queries=None),
    ],
    expected_failed_checks=draws_queries,
)
def test_sklearn_checks_of_parts(estimator, check):
    check(estimator)


@ignore_infinite_labels
@parametrize_with_checks(
    [
        make_parallel_fusion(LogisticRegression(), tree),
        make_parallel_fusion(LinearRegression(), tree_regressor),
        make_parallel_fusion(LogisticRegression(), tree, weights="greedy", cv=2),
        make_parallel_fusion(
            LinearRegression(), tree_regressor, weights="convex", cv=2
        ),
        make_stacked_fusion(LogisticRegression(), tree, cv=2),
        make_cascade(LogisticRegression(), tree, cv=2, tolerance=0.1),
    ]
)
def test_sklearn_checks_of_parallel_and_stacked_fusions(estimator, check):
    check(estimator)


def fits_its_steps_in_place(estimator):
    """scikit-learn expects the same of its Pipeline."""
    reason = "Pipeline fits the steps it was given"
    return {
        "check_estimators_overwrite_params": reason,
        "check_dont_overwrite_parameters": reason,
    }


@ignore_infinite_labels
@parametrize_with_checks(
    [
        make_serial_fusion(LogisticRegression(), tree, cv=2),
        make_serial_fusion(LinearRegression(), tree_regressor, cv=2),
    ],
    expected_failed_checks=fits_its_steps_in_place,
)
def test_sklearn_checks_of_serial_fusions(estimator, check):
    """The weighted sums are checked here: alone they take no 2-D array."""
    check(estimator)


@pytest.mark.parametrize("end", [WeightedSumClassifier(), WeightedSumRegressor()])
@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_mixin_order",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_do_not_raise_errors_in_init_or_set_params",
    ],
)
def test_sklearn_checks_of_the_weighted_sums_that_need_no_data(end, check):
    getattr(estimator_checks, check)(type(end).__name__, end)


@pytest.mark.parametrize("end", [WeightedSumClassifier(), WeightedSumRegressor()])
def test_check_estimator_passes_the_weighted_sums_by_for_their_input(end):
    with pytest.warns(SkipTestWarning, match="two_d_array=False"):
        check_estimator(end)


@pytest.mark.parametrize(
    "part",
    [
        SerialStage(tree),
        SerialStage(tree_regressor),
        DistilledClassifier(LogisticRegression(), SoftLogistic()),
        DistilledRegressor(Ridge(), SoftRidge()),
    ],
    ids=lambda part: type(part).__name__,
)
@pytest.mark.parametrize(
    "check",
    [
        "check_transformer_get_feature_names_out",
        "check_transformer_get_feature_names_out_pandas",
        "check_param_validation",
        "check_set_output_transform",
        "check_dataframe_column_names_consistency",
    ],
)
def test_sklearn_checks_beyond_check_estimator(part, check):
    getattr(estimator_checks, check)(type(part).__name__, part)


@pytest.mark.filterwarnings(
    "ignore:X (has|does not have valid) feature names:UserWarning"
)
@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("scope", ["", "global_"])
def test_distilled_features_come_as_frames(library, scope):
    name = f"check_{scope}set_output_transform_{library}"
    if (scope, library) == ("global_", "pandas"):
        name = "check_global_output_transform_pandas"
    part = DistilledClassifier(LogisticRegression(), SoftLogistic())
    getattr(estimator_checks, name)("DistilledClassifier", part)
