"""Samples of token ids: their parameters, and what they may hold."""

from numbers import Integral

import numpy as np

from skopt_nn import networks
from skopt_nn._parameters import COUNT, OneOf, Range, parameter, parameters


@parameters
class Tokens:
    """Parameters of samples of token ids.

    Parameters
    ----------
    %(parameters)s
    """

    vocabulary_size: int | str | None = parameter(
        None,
        [
            Range(Integral, 1, networks.MOST_TOKENS, closed="both"),
            OneOf(("auto",)),
            None,
        ],
        'int, None or "auto"',
    )
    """Number of token ids, if X holds ids and not numbers: rows such as those of
    :class:`TokenSequencer`, in which 0 fills up and 1 is an unknown token. Each id
    becomes a vector, that of 0 is zero, and the network is by default one for texts
    [7]_. Ids of at least this number are refused. ``"auto"`` is one more than the
    largest id that the first fit sees; larger ids are then unknown tokens.
    """
    embedding_dim: int = parameter(64, COUNT)
    """Length of the vector that a token id becomes, in [1, inf). Ignored if
    ``vocabulary_size=None``.
    """

    def _check_values(self, flat, weights, reset):
        super()._check_values(flat, weights, reset)
        if self.vocabulary_size is None:
            return
        self._check_ids(flat)
        if reset:
            size = self.vocabulary_size
            if size == "auto":
                size = 1 + flat.max(where=weights[:, np.newaxis] > 0, initial=0)
            self.vocabulary_size_ = int(size)

    def _check_ids(self, X):
        whole = X.dtype.kind in "iub" or (np.floor(X) == X).all()
        if not whole or X.min() < 0:
            raise ValueError(
                f"vocabulary_size={self.vocabulary_size!r} is for token ids, integers "
                f"of at least 0, got {'' if whole else 'fractions and '}values from "
                f"{X.min()} to {X.max()}. TokenSequencer makes ids of texts; "
                "vocabulary_size=None takes numbers."
            )
        if self.vocabulary_size != "auto" and X.max() >= self.vocabulary_size:
            raise ValueError(
                "X has token ids outside the vocabulary: the largest is "
                f"{int(X.max())}, and vocabulary_size={self.vocabulary_size} has the "
                f"ids 0 to {self.vocabulary_size - 1}. Set a larger one, or "
                'vocabulary_size="auto", for which ids that fit did not see are '
                "unknown tokens."
            )

    def _check_predict(self, X):
        rows = super()._check_predict(X)
        if not self._recipe.standardizes:
            self._check_ids(rows)
        return rows

    def _resolved(self, fields):
        size, width = 0, 0
        if self.vocabulary_size is not None:
            # A network that was fitted on numbers has seen no ids.
            size = getattr(self, "vocabulary_size_", networks.MOST_TOKENS)
            width, fields = self.embedding_dim, fields | {"per_column": False}
        tokens = {"vocabulary_size": size, "embedding_dim": width}
        return super()._resolved(fields | tokens)
