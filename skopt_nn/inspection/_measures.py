"""How good predictions and probabilities are."""

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import accuracy_score, log_loss, r2_score

from skopt_nn._probabilities import expected_calibration_error

NOTHING = dict.fromkeys(("log_loss", "brier", "calibration_error"), float("nan"))


def scored(model, X, y):
    """Accuracy or R² with its standard error, from the spread over the rows."""
    y, predicted = np.asarray(y), np.asarray(model.predict(X))
    if is_regressor(model):
        score, each = r2_score(y, predicted), _influence_on_r2(y, predicted)
    else:
        score, each = accuracy_score(y, predicted), (y == predicted).reshape(len(y), -1)
        each = each.all(axis=1)
    return {"score": float(score), "score_error": float(each.std() / np.sqrt(len(y)))}


def _influence_on_r2(y, predicted):
    """What each row moves R² by, to first order, times the number of rows."""
    y, predicted = (np.asarray(of).reshape(len(y), -1) for of in (y, predicted))
    missed, spread = (y - predicted) ** 2, (y - y.mean(axis=0)) ** 2
    least = np.finfo(np.float64).tiny
    unit = np.maximum(spread.mean(axis=0), least)
    return ((missed.mean(axis=0) / unit * spread - missed) / unit).mean(axis=1)


def judged_probabilities(name, model, X, y):
    """Log-loss, Brier score and calibration error, where there are probabilities."""
    if not hasattr(model, "predict_proba") or np.ndim(y) > 1:
        return NOTHING
    classes = np.asarray(model.classes_)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"y has the labels {unknown.tolist()}, which {name!r} does not know: it "
            f"was fitted to {classes.tolist()}."
        )
    proba = np.asarray(model.predict_proba(X))
    truth = np.asarray(y)[:, np.newaxis] == classes
    right = truth[np.arange(len(truth)), proba.argmax(axis=1)]
    return {
        "log_loss": _log_loss(y, proba, classes),
        "brier": float(np.sum((proba - truth) ** 2, axis=1).mean()),
        "calibration_error": expected_calibration_error(right, proba.max(axis=1)),
    }


def _log_loss(y, proba, classes):
    # scikit-learn's wants two labels; one class alone is certain.
    return 0.0 if len(classes) == 1 else float(log_loss(y, proba, labels=classes))
