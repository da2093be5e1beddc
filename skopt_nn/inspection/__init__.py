"""Tables and figures that put models side by side.

The columns of :func:`compare`, NaN where one does not apply:

score
    Accuracy, or R² of a regressor.
log_loss
    In nats; of classifiers with ``predict_proba`` and one label a sample.
parameters
    Trained weights of the networks within the model, each stored set once. What other
    members of a fusion hold is not among them, but is in ``bytes``.
bytes
    Size of the model's joblib file, if it has one.
fit_seconds
    Seconds to fit, the compilation of new programs included, of models that did not
    come fitted.
predict_ms_1, predict_ms_256
    Milliseconds that ``predict`` takes for 1 and for 256 rows, the median of repeated
    calls after a first one.
"""

from skopt_nn.inspection._compare import compare
from skopt_nn.inspection._displays import ModelComparisonDisplay

__all__ = ["ModelComparisonDisplay", "compare"]
