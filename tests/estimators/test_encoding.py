"""Tables as rows of float32: scales, marks, codes and bins."""

import numpy as np
import pandas as pd
import pytest

from skopt_nn.estimators._columns import read_columns
from skopt_nn.estimators._encoding import TableEncoder

NAN = np.nan


def fit(X, weights=None, categorical=None):
    columns = read_columns(X)
    weights = np.ones(len(X)) if weights is None else np.asarray(weights, float)
    if categorical is None:
        categorical = np.array([column.has_labels for column in columns])
    return TableEncoder.fit(columns, np.asarray(categorical), weights)


def encode(X, **given):
    return fit(X, **given).encode(read_columns(X))


def column_of(values):
    return np.asarray(values, dtype=float)[:, None]


def drawn(n_rows=2000, seed=0):
    return np.random.default_rng(seed).normal(size=n_rows)


def test_numbers_are_standardised_by_median_and_spread():
    rows = encode(column_of(7 + 3 * drawn(2001)))
    assert np.median(rows) == pytest.approx(0, abs=1e-6)
    low, high = np.quantile(rows, [0.25, 0.75])
    assert high - low == pytest.approx(1.349, rel=0.03)


def test_scale_and_offset_of_a_column_do_not_matter():
    x = drawn()
    np.testing.assert_allclose(
        encode(column_of(1e8 + x)), encode(column_of(x)), atol=1e-6
    )
    np.testing.assert_allclose(
        encode(column_of(1e-12 * x)), encode(column_of(x)), atol=1e-6
    )


@pytest.mark.parametrize("power", [3, 15, 301])
def test_tails_are_drawn_in_and_keep_their_order(power):
    x = drawn()
    x[:3] = [-(10.0**power), 10.0**power, 3 * 10.0 ** (power - 2)]
    rows = encode(column_of(x))[:, 0]
    assert np.abs(rows).max() <= 3
    assert rows[0] == rows.min()
    assert rows[1] == rows.max()
    assert (np.argsort(rows[3:], kind="stable") == np.argsort(x[3:])).all()


@pytest.mark.parametrize("constant", [0.0, -7.0, 1e-9, 3e8, 1e300])
def test_constant_columns_are_zero(constant):
    assert not encode(np.full((20, 1), constant)).any()


def test_a_missing_number_is_zero_beside_a_mark():
    x = column_of([1.0, NAN, 3.0, 2.0])
    rows = encode(np.hstack([x, column_of([4, 5, 6, 7])]))
    assert rows.shape == (4, 3)
    assert rows[1, 0] == 0
    np.testing.assert_array_equal(rows[:, 2], [0, 1, 0, 0])


def test_missing_where_nothing_was_missing_is_zero_alone():
    encoder = fit(column_of([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(encoder.encode(read_columns(column_of([NAN]))), [[0]])


def test_a_category_is_a_code_and_what_is_unknown_or_missing_is_zero():
    seen = pd.DataFrame({"a": ["b", "a", None, "b"]})
    encoder = fit(seen)
    assert encoder.n_categories == (3,)
    new = pd.DataFrame({"a": ["a", "b", "c", None]})
    np.testing.assert_array_equal(encoder.encode(read_columns(new))[:, 0], [1, 2, 0, 0])


def test_numbers_as_categories_are_found_again_in_another_dtype():
    seen = np.array([[10], [20], [10]])
    encoder = fit(seen, categorical=[True])
    new = column_of([20, 10, 30, NAN])
    np.testing.assert_array_equal(encoder.encode(read_columns(new))[:, 0], [2, 1, 0, 0])


def test_of_too_many_categories_the_frequent_ones_have_codes():
    labels = [f"rare {i}" for i in range(1500)] * 2 + ["often"] * 3
    encoder = fit(pd.DataFrame({"a": labels}))
    assert encoder.n_categories == (1001,)
    assert "often" in encoder.categories[0]


def test_rows_of_no_weight_are_not_seen():
    x = np.r_[drawn(), [1e6, NAN]]
    X = pd.DataFrame({"a": x, "b": np.r_[np.resize(["u", "v"], 2000), ["w", "w"]]})
    weights = np.r_[np.ones(2000), 0, 0]
    encoder, expected = fit(X, weights), fit(X[:2000])
    assert encoder.categories == expected.categories
    np.testing.assert_array_equal(encoder.center, expected.center)
    assert not len(encoder.marked)


def test_a_weight_counts_as_so_many_rows():
    x, weights = drawn(50), np.arange(50) % 3
    repeated = np.repeat(x, weights)
    once, again = fit(column_of(x), weights), fit(column_of(repeated))
    np.testing.assert_allclose(once.center, again.center)
    np.testing.assert_allclose(once.scale, again.scale)
    seen = weights > 0
    bins = once.bins(once.encode(read_columns(column_of(x)))[seen], weights[seen], 7)
    expected = again.bins(
        again.encode(read_columns(column_of(repeated))), np.ones(len(repeated)), 7
    )
    np.testing.assert_array_equal(bins, expected)


def test_strings_of_which_there_is_one_a_row_are_named_with_what_takes_them():
    many = [f"sunny flat {i}" for i in range(150)]
    X = pd.DataFrame({"text": many, "town": ["Oslo", "Rome", "Bonn"] * 50})
    with pytest.warns(UserWarning, match=r"in column 'text' \(150 of 150\)") as said:
        rows = fit(X)
    (message,) = [str(warning.message) for warning in said]
    assert "TfidfVectorizer" in message
    assert "skrub.tabular_pipeline" in message
    assert [len(labels) for labels in rows.categories] == [150, 3]


@pytest.mark.parametrize("n_rows", [60, 300])
def test_few_rows_and_strings_that_come_again_are_categories(n_rows):
    few = [f"town {i % 150}" for i in range(n_rows)]
    assert len(fit(pd.DataFrame({"town": few})).categories[0]) == min(n_rows, 150)


def test_columns_without_a_value_are_kept_and_said_once():
    X = pd.DataFrame({"a": [1.0, 2.0], "empty": [NAN, NAN], "none": [None, None]})
    with pytest.warns(
        UserWarning, match="missing in column 'empty', column 'none'"
    ) as w:
        encoder = fit(X)
    assert len(w) == 1
    rows = encoder.encode(read_columns(X))
    np.testing.assert_array_equal(rows[:, 1:], [[0, 0, 1, 1]] * 2)
    later = pd.DataFrame({"a": [1.0, 2.0], "empty": [3.0, NAN], "none": ["x", "y"]})
    np.testing.assert_array_equal(encoder.encode(read_columns(later)), rows)


def test_a_table_without_a_value_is_refused():
    with pytest.raises(ValueError, match="all of them are missing: column 0, column 1"):
        fit(np.full((3, 2), NAN))


def test_strings_where_there_were_numbers_are_refused():
    encoder = fit(pd.DataFrame({"a": [1, 2]}))
    with pytest.raises(
        TypeError, match="column 'a' of X has strings or categories, but"
    ):
        encoder.encode(read_columns(pd.DataFrame({"a": ["x"]})))


# -- bins -----------------------------------------------------------------------


def bins_of(values, n_bins, weights=None):
    X = column_of(values)
    encoder = fit(X)
    rows = encoder.encode(read_columns(X))
    weights = np.ones(len(rows)) if weights is None else weights
    low, width = encoder.bins(rows, weights, n_bins)
    return rows[:, 0], low[0], width[0]


def test_bins_hold_equal_shares_of_the_rows_and_touch():
    rows, low, width = bins_of(drawn(), 10)
    counts, _ = np.histogram(rows, [*low, low[-1] + width[-1]])
    assert counts.sum() == 2000
    assert np.abs(counts - 200).max() <= 2
    np.testing.assert_allclose(low[:-1] + width[:-1], low[1:], rtol=1e-5, atol=1e-6)


def test_few_values_have_a_bin_between_each_two_and_no_other_is_near():
    rows, low, width = bins_of(np.resize([0.0, 1.0, 2.0], 90), 5)
    values = np.unique(rows)
    np.testing.assert_allclose(low[:2], values[:2])
    np.testing.assert_allclose(width[:2], np.diff(values))
    assert (low[2:] > 1e5).all()


def test_no_bin_is_narrower_than_a_millionth_of_the_range():
    x = np.r_[np.linspace(0, 1e-8, 500), np.linspace(0.5, 1, 500)]
    rows, low, width = bins_of(x, 20)
    is_used = low < 1e5
    assert is_used.sum() >= 8
    assert width[is_used].min() > 1e-6 * np.ptp(rows)


def test_bins_do_not_see_what_is_missing():
    x = np.r_[drawn(500), np.full(1500, NAN)]
    _, low, _ = bins_of(x, 10)
    assert (low < 1e5).sum() == 10


# -- files ----------------------------------------------------------------------


@pytest.fixture
def state():
    X = pd.DataFrame({"a": [1.0, NAN, 2.0], "b": ["u", "v", "u"]})
    return fit(X).to_dict()


def test_an_encoder_is_made_again_from_its_state(state):
    X = pd.DataFrame({"a": [1.5, NAN], "b": ["v", "w"]})
    np.testing.assert_array_equal(
        TableEncoder.from_dict(state).encode(read_columns(X))[:, 1:], [[0, 2], [1, 0]]
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numeric", np.array([0, 1])),
        ("numeric", np.array([5])),
        ("numeric", np.array([0.0])),
        ("center", np.zeros(2)),
        ("center", np.array(["a"])),
        ("scale", np.array([0.0])),
        ("scale", np.array([NAN])),
        ("marked", np.array([3])),
        ("categorical", np.array([7])),
        ("categories", []),
        ("categories", [[None]]),
        ("categories", [[["u"]]]),
        ("categories", "ab"),
    ],
    ids=str,
)
def test_a_damaged_state_is_refused(state, name, value):
    with pytest.raises(ValueError, match="of a table is damaged"):
        TableEncoder.from_dict({**state, name: value})
