"""Samples that are changed at random before a network is trained on them."""

from skopt_nn.training.augmentation._augmentation import (
    AUGMENTATIONS,
    Augmentation,
    check_augmentation,
)

__all__ = ["AUGMENTATIONS", "Augmentation", "check_augmentation"]
