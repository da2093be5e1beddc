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
from skopt_nn.persistence._quantize import DTYPES

__all__ = ["load", "save"]

_Path = str | os.PathLike[str]


def save(estimator: Any, path: _Path, dtype: str | None = None) -> None:
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
    dtype : {"float16", "int8"}, default=None
        Fewer bits for the kernels of networks: half precision, or whole numbers and
        scales. What is loaded has these weights exactly, and no state of an optimizer.

    Raises
    ------
    TypeError
        If a part of the estimator is of a class that a safe file cannot hold.
    ValueError
        If the estimator has a cache of pickles (``memory``), or holds itself; if
        ``dtype`` is another, too small for a weight, or no fitted network is there.

    See Also
    --------
    load : Read it.

    Notes
    -----
    What can be saved is a list of classes; an error names the part that is not on it.
    ``joblib.dump`` writes anything, to a file that runs code when it is loaded.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.linear_model import LinearRegression
    >>> from skopt_nn import load, save
    >>> path = os.path.join(tempfile.mkdtemp(), "line.nn")
    >>> save(LinearRegression().fit([[1], [2]], [2, 4]), path)
    >>> load(path).predict([[3]]).round(6)
    array([6.])
    """
    if dtype not in (None, *DTYPES):
        raise ValueError(f"dtype must be one of {DTYPES} or None, got {dtype!r}.")
    encoder = Encoder(dtype)
    root = encoder.encode_estimator(estimator)
    encoder.check_quantized(estimator)
    write_archive(Path(path), root, encoder.arrays)


def load(path: _Path) -> Any:
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
