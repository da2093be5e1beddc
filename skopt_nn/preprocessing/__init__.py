"""What texts and sounds are made into before a network sees them."""

from skopt_nn.preprocessing._log_mel import LogMelSpectrogram
from skopt_nn.preprocessing._tokens import TokenSequencer

__all__ = ["LogMelSpectrogram", "TokenSequencer"]
