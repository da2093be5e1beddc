"""Tables and figures that put models side by side.

The columns of :func:`compare`, NaN where one does not apply:

score
    Accuracy, or R² of a regressor.
score_error
    Standard error of the score, from its spread over the rows that judge.
log_loss
    In nats; of classifiers with ``predict_proba`` and one label a sample.
brier
    Mean squared distance of the probabilities from the label, the sum over the classes,
    in [0, 2] (Brier, Monthly Weather Review 78(1), 1950).
calibration_error
    Mean distance of accuracy and confidence in 15 bins of confidence, in [0, 1] (Guo et
    al., ICML 2017, arXiv:1706.04599).
parameters
    Trained weights of the networks within the model, each stored set once. What other
    members of a fusion hold is not among them, but is in ``bytes``.
multiply_adds
    Multiplications with kernels of the networks within the model for one sample; what
    other members do is not among them. NaN with a network that cannot tell.
bytes
    Size of the model's joblib file, if it has one.
fit_seconds
    Seconds to fit, the compilation of new programs included, of models that did not
    come fitted.
predict_ms_1, predict_ms_256
    Milliseconds that ``predict`` takes for 1 and for 256 rows, the median of repeated
    calls after a first one.
predict_peak_bytes
    Most memory that ``predict`` of 256 rows takes at once, as ``tracemalloc`` sees it:
    arrays of numpy, and not what a backend of Keras holds.
"""

from skopt_nn.inspection._compare import compare
from skopt_nn.inspection._displays import ModelComparisonDisplay
from skopt_nn.inspection._fidelity import FidelityDisplay
from skopt_nn.inspection._fusion import FusionDisplay
from skopt_nn.inspection._history import HistoryDisplay
from skopt_nn.inspection._sharing import SharingDisplay
from skopt_nn.inspection._students import StudentPathDisplay, student_path

__all__ = [
    "FidelityDisplay",
    "FusionDisplay",
    "HistoryDisplay",
    "ModelComparisonDisplay",
    "SharingDisplay",
    "StudentPathDisplay",
    "compare",
    "student_path",
]
