"""A large teacher trains a small student.

``METHODS`` is where a further way to teach is registered: its name, and the
:class:`Method` that turns what the teacher says into what the student is given.
"""

from skopt_nn.fusion.distillation._classifier import DistilledClassifier
from skopt_nn.fusion.distillation._methods import METHODS, Method
from skopt_nn.fusion.distillation._regressor import DistilledRegressor

__all__ = ["METHODS", "DistilledClassifier", "DistilledRegressor", "Method"]
