"""What one stage of a serial fusion hands to the next."""

import numpy as np
from scipy.sparse import issparse

from skopt_nn._compat import safe_indexing


class StageOutput:
    """The samples, untouched, beside the scores that the stages so far gave them.

    It is what a :class:`SerialStage` returns. scikit-learn reads it as any array of
    shape (n_samples, n_features + n_stages * n_scores), so that rows can be indexed
    and any estimator put after a stage; stages read ``X`` and ``scores``.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        What the first stage was given, by reference: frames, images and integers stay
        what they are.
    scores : ndarray of shape (n_samples, n_stages, n_scores)
        Class probabilities, or the predicted terms of the sum, stage by stage.
    classes : ndarray of shape (n_classes,) or None
        The labels that the scores stand for; None in regression.
    learning_rates : tuple of float
        The learning rate of each stage.
    in_logits : tuple of bool, default=()
        Whether a stage gives logits, to be added to those of the stages before; empty
        where none does.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn.fusion import StageOutput
    >>> out = StageOutput(np.ones((3, 2)), np.zeros((3, 1, 2)), ["a", "b"], (1.0,))
    >>> out
    StageOutput(n_samples=3, n_stages=1, n_scores=2)
    >>> np.asarray(out).shape
    (3, 4)
    >>> len(out[[0, 2]])
    2
    """

    ndim = 2

    def __init__(self, X, scores, classes=None, learning_rates=(), in_logits=()):
        self.X = X
        self.scores = scores
        self.classes = classes
        self.learning_rates = learning_rates
        self.in_logits = in_logits or (False,) * scores.shape[1]

    def __repr__(self):
        return "StageOutput(n_samples={}, n_stages={}, n_scores={})".format(
            *self.scores.shape
        )

    @property
    def shape(self):
        width = np.prod(np.shape(self.X)[1:], dtype=int)
        return len(self), int(width) + int(np.prod(self.scores.shape[1:], dtype=int))

    def __len__(self):
        return len(self.scores)

    def __getitem__(self, key):
        """Return rows as a StageOutput; anything finer comes from the plain array."""
        rows, *columns = key if isinstance(key, tuple) else (key,)
        many = isinstance(rows, slice) or np.ndim(rows) == 1
        if not many or any(column is not Ellipsis for column in columns):
            return np.asarray(self)[key]
        rows = np.arange(len(self))[rows]
        return StageOutput(
            safe_indexing(self.X, rows),
            self.scores[rows],
            self.classes,
            self.learning_rates,
            self.in_logits,
        )

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError(
                "A StageOutput becomes an array by copying: got copy=False. Pass "
                "copy=None or copy=True, or read X and scores."
            )
        flat = [_flat(self.X), _flat(self.scores)]
        return np.hstack(flat).astype(dtype or np.result_type(*flat), copy=False)

    @classmethod
    def sequenced_after(cls, X, scores, classes, learning_rate, is_added=False):
        """Return X, or the output of the stage before, with one more stage's scores."""
        scores, rates, added = scores[:, np.newaxis], (learning_rate,), (is_added,)
        if not isinstance(X, cls):
            return cls(X, scores, classes, rates, added)
        scores = np.concatenate([X.scores, scores], axis=1)
        rates, added = X.learning_rates + rates, X.in_logits + added
        return cls(X.X, scores, classes, rates, added)


def _flat(X):
    """Return X as one plain 2-D array, a row a sample."""
    X = X.toarray() if issparse(X) else np.asarray(X)
    return X.reshape(len(X), -1)
