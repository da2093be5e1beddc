"""A file for estimators that runs no code when it is loaded.

Numbers, strings and arrays are data; which classes may come back to life is decided
here, not in the file.
"""

import os
import zipfile
from pathlib import Path
from typing import Any

from skopt_nn.persistence._archive import read_archive, write_archive
from skopt_nn.persistence._decode import Decoder
from skopt_nn.persistence._encode import Encoder

__all__ = ["load", "save"]


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write an estimator, fitted or not, to a file that runs no code when loaded.

    Parameters
    ----------
    estimator : estimator
        One of this package, except ``KerasClassifier`` and ``KerasRegressor``, whose
        build function is code; scikit-learn's voting, stacking, pipelines, searches
        and frozen estimators around them; and estimators whose fitted state is plain
        numbers, such as linear models and scalers.
    path : str or path-like
        Where to write. A file that is there is replaced, at once and only when the
        new one is complete.

    Raises
    ------
    TypeError
        If a part of the estimator is of a class that a safe file cannot hold.
    ValueError
        If the estimator has a cache of pickles (``memory``), or holds itself.

    See Also
    --------
    load : Read it.

    Notes
    -----
    What can be saved is a list of classes, not of whatever can be pickled; an error
    names the part that is not on it. ``joblib.dump`` writes anything, but its file
    runs code when it is loaded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skopt_nn import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> line = LogisticRegression(max_iter=1000).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(line, Path(folder) / "line.nn")
    ...     again = load(Path(folder) / "line.nn")
    >>> bool((again.predict_proba(X) == line.predict_proba(X)).all())
    True
    """
    encoder = Encoder()
    root = encoder.encode_estimator(estimator)
    write_archive(Path(path), root, encoder.arrays)


def load(path: str | os.PathLike[str]) -> Any:
    """Read an estimator from a file that :func:`save` wrote.

    Loading a file runs no code of the file's making, whoever wrote it: it can only
    hold estimators of a fixed list of classes, and numbers and strings for them. What
    its model predicts is another matter: that is as good as its author.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator : estimator
        As it was saved.

    Raises
    ------
    ValueError
        If the file is damaged, or is not one that :func:`save` wrote.

    See Also
    --------
    save : Write it.
    """
    with open(path, "rb") as file:
        try:
            root, arrays = read_archive(file)
            return Decoder(arrays).decode(root)
        except ImportError:
            raise
        except zipfile.BadZipFile as err:
            raise ValueError(
                f"{os.fspath(path)!r} is not a whole file of skopt_nn.save: {err}. "
                "Files of joblib.dump are read by joblib.load, which runs the code in "
                "them: load only what you trust."
            ) from err
        except Exception as err:  # whatever a damaged or hostile state sets off
            raise ValueError(
                f"{os.fspath(path)!r} is damaged, or not a file of skopt_nn.save: {err}"
            ) from err
