"""Changes by name and strength, made while the program of the steps before runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from skopt_nn.training._rows import Batch, Examples, as_input
from skopt_nn.training.augmentation._change import Change
from skopt_nn.training.augmentation._geometry import Flip, Roll, Rotation, Scale, Shift
from skopt_nn.training.augmentation._mixing import Cutmix, MixedLoss, Mixing, Mixup
from skopt_nn.training.augmentation._tokens import TokenDropout
from skopt_nn.training.augmentation._values import (
    Erasing,
    FrequencyMask,
    Noise,
    TimeMask,
)

# In the order in which they are made.
AUGMENTATIONS: Mapping[str, type[Change]] = {
    "flip": Flip,
    "roll": Roll,
    "shift": Shift,
    "rotation": Rotation,
    "scale": Scale,
    "noise": Noise,
    "erasing": Erasing,
    "time_mask": TimeMask,
    "frequency_mask": FrequencyMask,
    "token_dropout": TokenDropout,
    "mixup": Mixup,
    "cutmix": Cutmix,
}


def check_augmentation(
    augmentation: Mapping[str, float] | Iterable[str] | None,
    sample_shape: tuple[int, ...],
    *,
    of_ids: bool = False,
) -> tuple[Change, ...]:
    """The changes that names and strengths stand for, in the order they are made.

    Raises
    ------
    TypeError, ValueError
        If a name is unknown, a strength out of range, or a change not one of samples
        of this shape, or of numbers where they are ``of_ids`` of tokens.
    """
    if isinstance(augmentation, str):
        augmentation = (augmentation,)
    if not isinstance(augmentation, Mapping):
        augmentation = dict.fromkeys(augmentation or ())
    for name in augmentation:
        if name not in AUGMENTATIONS:
            raise ValueError(
                f"augmentation must name changes among {sorted(AUGMENTATIONS)}, got "
                f"{name!r}."
            )
        if AUGMENTATIONS[name].of_ids != of_ids:
            fit = [n for n, kind in AUGMENTATIONS.items() if kind.of_ids == of_ids]
            raise ValueError(
                f"{name!r} in augmentation is not for samples of "
                f"{'token ids' if of_ids else 'numbers'}. Changes of those: {fit}."
            )
    if "mixup" in augmentation and "cutmix" in augmentation:
        raise ValueError(
            'augmentation must not have both "mixup" and "cutmix": each makes a row of '
            "two. Choose one of them."
        )
    return tuple(
        _change(name, kind, augmentation[name], len(sample_shape) - 1)
        for name, kind in AUGMENTATIONS.items()
        if name in augmentation
    )


def _change(name, kind, strength, rank):
    if strength is None:
        strength = kind.default
    if isinstance(strength, bool) or not isinstance(strength, Real):
        raise TypeError(
            f"the strength of {name!r} in augmentation must be a number, got "
            f"{strength!r}."
        )
    if not 0 <= float(strength) <= kind.most:
        raise ValueError(
            f"the strength of {name!r} in augmentation must be in [0, {kind.most}], "
            f"got {strength!r}."
        )
    if kind.is_whole and not float(strength).is_integer():
        raise ValueError(
            f"the strength of {name!r} in augmentation must be a whole number of "
            f"pixels or steps, got {strength!r}."
        )
    if rank == 0:
        raise ValueError(
            f"{name!r} in augmentation is for images, series and volumes; columns of a "
            "table are not changed. Leave it out, or set augmentation=None."
        )
    if rank not in kind.ranks:
        raise ValueError(
            f"{name!r} in augmentation is for samples of {kind.ranks} spatial axes, "
            f"got samples of {rank}. Set input_shape to the shape of one sample, with "
            "its channels, or leave it out."
        )
    return kind(float(strength))


@dataclass(frozen=True)
class Augmentation:
    """Changes of samples of a shape.

    Attributes
    ----------
    changes : tuple of Change
    sample_shape : tuple of int
    fill, scale : ndarray
        Mean and standard deviation of the training rows, for one sample or one for
        each channel.
    """

    changes: tuple[Change, ...]
    sample_shape: tuple[int, ...]
    fill: np.ndarray
    scale: np.ndarray

    def prepared(self, examples: Examples) -> Examples:
        """The same examples, whose loss knows of mixtures if there will be any."""
        if not any(isinstance(change, Mixing) for change in self.changes):
            return examples
        objective = examples.objective
        all_of_one = np.ones(len(examples), np.float32)
        mixed = replace(
            objective,
            loss=MixedLoss(objective.loss),
            targets=(*objective.targets, *objective.targets, all_of_one),
        )
        return replace(examples, objective=mixed)

    def of_epoch(self, examples: Examples, seed: Iterable[int]) -> "AugmentedExamples":
        """Prepared examples as they are in one epoch, drawn from a seed."""
        rng = np.random.default_rng([*seed, _OF_AUGMENTATION])
        return AugmentedExamples(
            examples.rows,
            examples.objective,
            examples.weights,
            augmentation=self,
            rng=rng,
        )

    def change(self, batch: Batch, rng: np.random.Generator) -> Batch:
        x, targets = batch.x.reshape(-1, *self.sample_shape), batch.targets
        for change in self.changes:
            if isinstance(change, Mixing):
                x, share = change.mixed(x, rng)
                own = targets[: len(targets) // 2]
                partners = [np.roll(target, -1, axis=0) for target in own]
                targets = (*own, *partners, share)
            else:
                x = change(x, rng, self.fill, self.scale)
        return Batch(as_input(x.reshape(len(x), -1)), targets, batch.weights)


# So that order and changes are not drawn from one stream.
_OF_AUGMENTATION = 1


@dataclass(frozen=True, kw_only=True)
class AugmentedExamples(Examples):
    """Examples that are never the same twice."""

    augmentation: Augmentation
    rng: np.random.Generator

    def take(self, indices: np.ndarray, n_real: int) -> Batch:
        return self.augmentation.change(super().take(indices, n_real), self.rng)
