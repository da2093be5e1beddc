"""Hooks around epochs: what is kept, who is told, who may stop a training."""

from skopt_nn.training.hooks._deadline import Deadline
from skopt_nn.training.hooks._hook import Hook, Run
from skopt_nn.training.hooks._keep import KeepBest
from skopt_nn.training.hooks._keras import KerasCallbacks, check_callbacks

__all__ = ["Deadline", "Hook", "KeepBest", "KerasCallbacks", "Run", "check_callbacks"]
