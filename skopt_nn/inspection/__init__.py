"""Tables and figures that put models side by side."""

from skopt_nn.inspection._compare import compare
from skopt_nn.inspection._displays import ModelComparisonDisplay

__all__ = ["ModelComparisonDisplay", "compare"]
