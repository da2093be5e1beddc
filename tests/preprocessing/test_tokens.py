"""Texts to rows of token ids."""

import pickle
from inspect import signature

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils import estimator_checks, get_tags

from skopt_nn import TokenSequencer

TEXTS = ["b a a", "a b c", "c a d d", "e"]
# Those of scikit-learn's checks that need no X: the others are for numbers.
CHECKS = [
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]


def ids(sequencer, text):
    return sequencer.transform([text])[0].tolist()


@pytest.fixture(scope="module")
def fitted():
    return TokenSequencer(length=3).fit(TEXTS)


@pytest.mark.parametrize("name", CHECKS)
def test_it_passes_the_checks_of_sklearn_that_need_no_numbers(name):
    getattr(estimator_checks, name)("TokenSequencer", TokenSequencer())


def test_ids_go_from_the_most_to_the_least_frequent_token(fitted):
    # "d" is in one text only, and "e", too: fewer than min_df.
    assert fitted.vocabulary_ == {"a": 2, "b": 3, "c": 4}


def test_tokens_of_equal_frequency_are_in_alphabetical_order():
    sequencer = TokenSequencer(min_df=1).fit(["z b z", "y y a"])
    assert list(sequencer.vocabulary_) == ["y", "z", "a", "b"]


def test_short_texts_are_filled_up_and_long_ones_lose_their_end(fitted):
    assert ids(fitted, "c") == [4, 0, 0]
    assert ids(fitted, "a b c a b") == [2, 3, 4]


def test_unknown_tokens_keep_their_place(fitted):
    assert ids(fitted, "a d new") == [2, 1, 1]


def test_a_text_without_tokens_is_all_padding(fitted):
    assert ids(fitted, "   ") == [0, 0, 0]


def test_rows_are_integers_whose_width_has_names(fitted):
    rows = fitted.transform(TEXTS)
    assert (rows.dtype, rows.shape) == (np.int32, (4, 3))
    assert fitted.get_feature_names_out().tolist() == [
        "tokensequencer0",
        "tokensequencer1",
        "tokensequencer2",
    ]


def test_the_size_of_the_vocabulary_counts_padding_and_the_unknown(fitted):
    assert fitted.vocabulary_size_ == 5
    assert fitted.transform(TEXTS).max() == fitted.vocabulary_size_ - 1


def test_fitting_and_transforming_at_once_gives_the_same_rows():
    at_once = TokenSequencer().fit_transform(TEXTS)
    np.testing.assert_array_equal(at_once, TokenSequencer().fit(TEXTS).transform(TEXTS))


def test_auto_leaves_99_of_100_texts_whole_in_steps_of_eight():
    texts = ["a " * n for n in [*range(1, 100), 500]]
    assert TokenSequencer().fit(texts).length_ == 104
    assert TokenSequencer().fit(texts[:-1]).length_ == 104
    assert TokenSequencer().fit(texts[:90]).length_ == 96
    assert TokenSequencer().fit(["a", "a"]).length_ == 8


def test_tokens_behind_the_last_place_are_not_counted():
    sequencer = TokenSequencer(min_df=1, length=2).fit(["a b c", "b a c"])
    assert sequencer.vocabulary_.keys() == {"a", "b"}


@pytest.mark.parametrize(("min_df", "known"), [(1, "abcde"), (3, "a"), (0.5, "abc")])
def test_rare_tokens_are_unknown(min_df, known):
    assert {*TokenSequencer(min_df=min_df).fit(TEXTS).vocabulary_} == {*known}


def test_no_more_tokens_are_known_than_max_features():
    sequencer = TokenSequencer(max_features=2).fit(TEXTS)
    assert sequencer.vocabulary_ == {"a": 2, "b": 3}


def test_numbers_are_digits_and_marks_are_tokens():
    sequencer = TokenSequencer(min_df=1).fit(["Win £50!"])
    assert sequencer.vocabulary_.keys() == {"win", "£", "5", "0", "!"}


@pytest.mark.parametrize(
    "options",
    [
        {"analyzer": "char"},
        {"analyzer": "char_wb"},
        {"analyzer": str.split},
        {"lowercase": False},
        {"strip_accents": "unicode"},
        {"stop_words": "english"},
        {"stop_words": ["café"]},
        {"token_pattern": r"\w\w+"},
    ],
    ids=str,
)
def test_tokens_are_those_of_scikit_learns_analyzer(options):
    text = "The Café on the corner, the 2nd"
    sequencer = TokenSequencer(min_df=1, **options).fit([text])
    given = {"token_pattern": TokenSequencer().token_pattern, **options}
    tokens = CountVectorizer(**given).build_analyzer()(text)
    names = {i: token for token, i in sequencer.vocabulary_.items()}
    assert [names[i] for i in ids(sequencer, text) if i] == tokens


@pytest.mark.parametrize("container", [list, tuple, np.array, iter], ids=repr)
def test_texts_come_in_any_one_dimensional_container(fitted, container):
    expected = fitted.transform(TEXTS)
    np.testing.assert_array_equal(fitted.transform(container(TEXTS)), expected)


def test_a_column_of_a_data_frame_is_texts_and_the_frame_is_not(fitted):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS})
    expected = fitted.transform(TEXTS)
    np.testing.assert_array_equal(fitted.transform(frame["text"]), expected)
    with pytest.raises(ValueError, match=r"list of texts, got DataFrame of shape \(4,"):
        fitted.transform(frame)


def test_the_output_may_be_a_data_frame(fitted):
    pytest.importorskip("pandas")
    frame = clone(fitted).set_output(transform="pandas").fit_transform(TEXTS)
    assert list(frame.columns) == [
        "tokensequencer0",
        "tokensequencer1",
        "tokensequencer2",
    ]


def test_a_pickle_gives_the_same_rows(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(TEXTS), fitted.transform(TEXTS))


def test_its_tags_say_that_it_takes_texts():
    tags = get_tags(TokenSequencer()).input_tags
    assert (tags.string, tags.one_d_array, tags.two_d_array) == (True, True, False)


def test_every_parameter_of_the_analyzer_is_one_of_scikit_learns():
    own = {"length"}
    theirs = signature(CountVectorizer).parameters
    assert TokenSequencer().get_params().keys() - own <= theirs.keys()


# -- what is refused -------------------------------------------------------------


@pytest.mark.parametrize("text", ["one text", b"one text"])
def test_a_text_in_place_of_a_list_is_refused(text):
    with pytest.raises(
        ValueError, match=r"got one text: .*one text.* Put it in a list"
    ):
        TokenSequencer().fit(text)


@pytest.mark.parametrize("value", [None, float("nan"), 3, b"a", ["a"]], ids=str)
def test_what_is_no_text_is_named_with_its_position(value):
    with pytest.raises(TypeError, match=f"type {type(value).__name__} at position 1"):
        TokenSequencer().fit(["a", value])


def test_no_texts_are_refused():
    with pytest.raises(ValueError, match="at least one text, got an empty list"):
        TokenSequencer().fit([])


@pytest.mark.parametrize("options", [{}, {"token_pattern": "x", "min_df": 1}])
def test_an_empty_vocabulary_is_refused(options):
    with pytest.raises(ValueError, match=r"No token is in at least min_df=. of the 2"):
        TokenSequencer(**options).fit(["a", "b"])


def test_texts_are_not_transformed_before_fit():
    with pytest.raises(NotFittedError):
        TokenSequencer().transform(TEXTS)


@pytest.mark.parametrize(
    "options",
    [{"length": 0}, {"length": "max"}, {"min_df": 1.5}, {"max_features": 0}],
    ids=str,
)
def test_a_bad_parameter_is_named(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Token"):
        TokenSequencer(**options).fit(TEXTS)
