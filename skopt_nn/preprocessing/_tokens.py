"""Texts as rows of integers."""

from collections import Counter
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from skopt_nn._compat import FieldConstraints, fit_context
from skopt_nn._parameters import COUNT, OneOf, Range, parameter, parameters

PADDING, UNKNOWN = 0, 1
_N_SPECIAL = 2
# Of the texts, those that "auto" leaves whole; lengths are multiples of the step, so
# that folds have rows of one length and share a program.
_WHOLE, _STEP = 99, 8
_OF_ANALYZER = ("analyzer", "lowercase", "strip_accents", "stop_words", "token_pattern")


@parameters
class TokenSequencer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Texts in, rows of token ids of one length out.

    Each text is split by the analyzer of
    :class:`~sklearn.feature_extraction.text.CountVectorizer`, and each token becomes
    its number in the vocabulary, in the order of the text. Id 0 fills rows up at their
    end, 1 is any token that is not in the vocabulary, and from 2 on tokens are numbered
    from the most to the least frequent one.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Ids of the tokens, from 2 on. Tokens that only come behind ``length_`` are not
        counted: each id is in a row of the training texts.
    vocabulary_size_ : int
        Number of ids, those of padding and of unknown tokens included.
    length_ : int
        Number of ids in a row.

    See Also
    --------
    CNNClassifier : Learns from such rows with ``vocabulary_size="auto"``.
    LogMelSpectrogram : Waves to images.

    Notes
    -----
    ``length="auto"`` is the least length that leaves 99 of 100 training texts whole,
    rounded up to a multiple of 8: rows of long texts cost time, and what is cut off is
    not always of no matter.

    Examples
    --------
    >>> from skopt_nn import TokenSequencer
    >>> texts = ["Call 0800 now!", "Call me, now", "I'm on my way"]
    >>> sequencer = TokenSequencer(min_df=1, length=5).fit(texts)
    >>> sequencer.transform(["Call my way now!", "me"])
    array([[ 3, 10,  1, 11,  1],
           [ 9,  0,  0,  0,  0]], dtype=int32)
    """

    analyzer: Any = parameter(
        "word", [OneOf(("word", "char", "char_wb")), callable], "str or callable"
    )
    """What a token is: ``"word"``, what ``token_pattern`` finds; ``"char"``, a
    character; ``"char_wb"``, a character of a word, with a space on both sides of it;
    or a function from a text to its list of tokens.
    """
    lowercase: bool = parameter(True, "boolean")
    """Whether capital letters become small ones."""
    strip_accents: Any = parameter(
        None, [OneOf(("ascii", "unicode")), None, callable], "str or callable"
    )
    """Whether accents are removed, ``"ascii"`` or ``"unicode"``; None for not."""
    stop_words: Any = parameter(
        None, [OneOf(("english",)), list, None], '"english" or list of str'
    )
    """Tokens that are left out; ``"english"`` for scikit-learn's list."""
    token_pattern: str = parameter(r"[^\W\d]+|\d|[^\w\s]", str)
    """Regular expression of a token. By default words, single digits, so that no number
    is unknown, and punctuation marks. Only for ``analyzer="word"``.
    """
    min_df: int | float = parameter(
        2, [COUNT, Range(Real, 0, 1, closed="both")], "int or float"
    )
    """Number of training texts, or with a float their part in [0, 1], in which a token
    is at least to be in the vocabulary. Rarer ones teach what an unknown token is.
    """
    max_features: int | None = parameter(None, [COUNT, None], "int")
    """Most tokens in the vocabulary, the most frequent ones; None for no limit."""
    length: int | str = parameter("auto", [COUNT, OneOf(("auto",))], 'int or "auto"')
    """Ids in a row. Longer texts lose their end. See Notes for ``"auto"``."""

    _parameter_constraints = FieldConstraints()

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the vocabulary and the length of the rows.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            Texts.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the vocabulary, then return the rows of the same texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            Texts.
        y : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_samples, length), int32
            A row of ids a text.
        """
        return self._rows(self._fit(X))

    def transform(self, X):
        """Rows of token ids.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            Texts.

        Returns
        -------
        ndarray of shape (n_samples, length), int32
            A row of ids a text.
        """
        check_is_fitted(self, "vocabulary_")
        return self._rows(self._split(X))

    def _fit(self, X):
        """Learn from texts, and return their tokens."""
        split = self._split(X)
        self.length_ = self._length(split)
        self.vocabulary_ = self._vocabulary(split)
        return split

    def _split(self, X):
        options = {name: getattr(self, name) for name in _OF_ANALYZER}
        return list(map(CountVectorizer(**options).build_analyzer(), _texts(X)))

    def _length(self, split):
        if self.length != "auto":
            return int(self.length)
        lengths = list(map(len, split))
        least = np.percentile(lengths, _WHOLE, method="inverted_cdf")
        return max(-(-int(least) // _STEP), 1) * _STEP

    def _vocabulary(self, split):
        seen = [tokens[: self.length_] for tokens in split]
        n_texts = Counter(token for tokens in seen for token in set(tokens))
        least = self.min_df
        if not isinstance(least, Integral):
            least *= len(seen)
        counts = Counter(
            token for tokens in seen for token in tokens if n_texts[token] >= least
        )
        if not counts:
            raise ValueError(
                f"No token is in at least min_df={self.min_df} of the {len(seen)} "
                "texts: the vocabulary is empty. Give more texts, a smaller min_df, or "
                f"another token_pattern (got {self.token_pattern!r})."
            )
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        return {token: i for i, token in enumerate(ranked[: self.max_features], 2)}

    def _rows(self, split):
        rows = np.full((len(split), self.length_), PADDING, dtype=np.int32)
        for row, tokens in zip(rows, split):
            ids = [self.vocabulary_.get(token, UNKNOWN) for token in tokens]
            row[: len(ids)] = ids[: self.length_]
        return rows

    @property
    def vocabulary_size_(self):
        return len(self.vocabulary_) + _N_SPECIAL

    @property
    def _n_features_out(self):
        return self.length_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(X):
    """The texts as a list; whatever holds anything else is refused."""
    if isinstance(X, (str, bytes)):
        raise ValueError(
            f"X must be a list of texts, got one text: {X[:40]!r}. Put it in a list."
        )
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(
            f"X must be a list of texts, got {type(X).__name__} of shape {X.shape}. "
            "Give one column of it: a ColumnTransformer does so where the column is "
            "named alone, 'text' and not ['text']."
        )
    texts = list(X)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"X must hold texts of type str, got {text!r} of type "
                f"{type(text).__name__} at position {i}. Fill in missing texts, and "
                "decode bytes."
            )
    if not texts:
        raise ValueError("X must hold at least one text, got an empty list.")
    return texts
