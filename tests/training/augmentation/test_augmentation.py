import numpy as np
import pytest

from skopt_nn.training.augmentation import (
    AUGMENTATIONS,
    Augmentation,
    check_augmentation,
)
from tests.doubles import assert_equal_values, losses_of

SHAPE = (8, 6, 2)
FILL, SCALE = np.zeros(2, np.float32), np.ones(2, np.float32)
GEOMETRY = ["flip", "shift", "rotation", "scale"]


def changed(name, strength=None, x=None, shape=SHAPE, seed=0):
    (change,) = check_augmentation({name: strength}, shape)
    rng = np.random.default_rng(seed)
    return change(np.array(x), rng, FILL, SCALE)


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(1).normal(size=(50, *SHAPE)).astype(np.float32)


NUMBERS = [name for name, kind in AUGMENTATIONS.items() if not kind.of_ids]
IMAGES = [name for name in NUMBERS if 2 in AUGMENTATIONS[name].ranks]
ALONE = [name for name in IMAGES if name not in ("mixup", "cutmix")]


@pytest.mark.parametrize("name", ALONE)
def test_rows_change_and_keep_their_shape(x, name):
    other = changed(name, x=x)
    assert other.shape == x.shape
    assert other.dtype == np.float32
    assert np.mean(np.any(other != x, axis=(1, 2, 3))) > 0.3


@pytest.mark.parametrize("name", ALONE)
def test_a_strength_of_zero_changes_nothing(x, name):
    np.testing.assert_allclose(changed(name, 0, x), x, atol=1e-6)


@pytest.mark.parametrize("name", ALONE)
def test_a_seed_gives_the_same_rows_again(x, name):
    np.testing.assert_array_equal(changed(name, x=x), changed(name, x=x))
    assert (changed(name, x=x) != changed(name, x=x, seed=1)).any()


@pytest.mark.parametrize("name", ["shift", "flip"])
def test_integers_stay_integers(name):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1)).astype(np.uint8)
    assert changed(name, x=pixels, shape=(8, 8, 1)).dtype == np.uint8


def test_a_shift_moves_by_whole_pixels_and_repeats_the_border(x):
    ramp = np.tile(np.arange(8.0)[None, :, None, None], (200, 1, 6, 2))
    moved = changed("shift", 2, ramp)[:, :, 0, 0] - np.arange(8)
    assert {*moved[:, 4]} == {-2, -1, 0, 1, 2}
    assert set(moved[:, 0]) == {0, 1, 2}
    assert set(moved[:, 7]) == {-2, -1, 0}


def test_a_flip_is_a_mirror(x):
    other = changed("flip", 1.0, x)
    np.testing.assert_array_equal(other, x[:, :, ::-1])


def test_a_roll_keeps_all_values_of_an_outline():
    outline = np.random.default_rng(0).normal(size=(20, 30, 1))
    other = changed("roll", x=outline, shape=(30, 1))
    np.testing.assert_array_equal(np.sort(other, axis=1), np.sort(outline, axis=1))
    assert (other != outline).any()


def test_a_rotation_by_a_right_angle_turns_the_picture():
    from skopt_nn.training.augmentation._geometry import _interpolated

    image = np.arange(16.0).reshape(1, 4, 4, 1)
    rows, columns = (
        (np.arange(4) - 1.5)[None, :, None],
        (np.arange(4) - 1.5)[None, None],
    )
    turned = _interpolated(image, (columns + 0 * rows, -rows + 0 * columns))
    np.testing.assert_allclose(turned[0, ..., 0], np.rot90(image[0, ..., 0]))


def test_noise_is_in_units_of_the_deviation(x):
    (change,) = check_augmentation({"noise": 0.5}, SHAPE)
    scale = np.array([1.0, 4.0])
    noise = change(x, np.random.default_rng(0), FILL, scale) - x
    np.testing.assert_allclose(noise.std(axis=(0, 1, 2)), 0.5 * scale, rtol=0.05)


@pytest.mark.parametrize(("name", "axis"), [("time_mask", 1), ("frequency_mask", 2)])
def test_masks_cover_a_stretch_of_one_axis(x, name, axis):
    other = changed(name, 0.5, np.ones_like(x))
    wiped = (other == 0).all(axis=tuple({1, 2, 3} - {axis}))
    kept = other.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(kept, 1 - wiped.mean(axis=1), rtol=1e-5)
    assert 0 < wiped.mean() < 0.5


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_a_mixture_has_the_parts_that_its_shares_say(name):
    """Rows of zeros and rows of ones take turns: the mean is the others' part."""
    (change,) = check_augmentation({name: 1.0}, SHAPE)
    x = np.tile(np.array([0.0, 1.0], np.float32), 30).reshape(-1, 1, 1, 1)
    x = np.broadcast_to(x, (60, *SHAPE))
    mixed, share = change.mixed(x, np.random.default_rng(0))
    part = mixed.mean(axis=(1, 2, 3))
    expected = np.where(x[:, 0, 0, 0] == 1, share, 1 - share)
    np.testing.assert_allclose(part, expected, atol=1e-5)
    assert share.std() > 0.1


def test_the_loss_of_a_mixture_is_that_of_both_labels(build, train, examples):
    changes = check_augmentation({"mixup": 0.4}, (8, 8, 1))
    augmentation = Augmentation(changes, (8, 8, 1), FILL[:1], SCALE[:1])
    prepared = augmentation.prepared(examples)
    batch = augmentation.of_epoch(prepared, (0, 0)).take(np.arange(10), 10)
    labels, partners, share = batch.targets
    np.testing.assert_array_equal(partners, np.roll(labels, -1))
    logits = np.random.default_rng(0).normal(size=(10, 10)).astype(np.float32)
    loss = prepared.objective.loss
    settings = examples.objective.settings
    mixed, own, other = (
        losses_of(of, logits, targets, settings)
        for of, targets in (
            (loss, batch.targets),
            (examples.objective.loss, (labels,)),
            (examples.objective.loss, (partners,)),
        )
    )
    np.testing.assert_allclose(mixed, share * own + (1 - share) * other, rtol=1e-5)


def test_rows_to_validate_on_are_not_mixed(build, train, examples):
    changes = check_augmentation({"mixup": 0.4}, (8, 8, 1))
    augmentation = Augmentation(changes, (8, 8, 1), FILL[:1], SCALE[:1])
    still = {"learning_rate": 1e-12, "validation": examples}
    plain = train(build(), examples, **still).history["val_loss"]
    mixed = train(build(), examples, augmentation=augmentation, **still).history
    assert mixed["val_loss"] == pytest.approx(plain, rel=1e-5)
    assert mixed["loss"] != pytest.approx(plain, rel=1e-3)


def test_training_with_changes_repeats_to_the_bit(build, train, examples):
    changes = check_augmentation({"shift": 1, "noise": 0.1}, (8, 8, 1))
    augmentation = Augmentation(changes, (8, 8, 1), FILL[:1], SCALE[:1])
    first, second, plain = build(), build(), build()
    for model in (first, second):
        train(model, examples, epochs=2, augmentation=augmentation)
    assert_equal_values(first, second)
    train(plain, examples, epochs=2)
    with pytest.raises(AssertionError):
        assert_equal_values(first, plain)


def test_names_alone_have_a_strength_each():
    shift, erasing = check_augmentation(("erasing", "shift"), SHAPE)
    assert (shift.strength, erasing.strength) == (2.0, 0.25)
    assert check_augmentation("flip", SHAPE)[0].strength == 0.5
    assert check_augmentation(None, SHAPE) == ()


@pytest.mark.parametrize(
    ("augmentation", "error", "match"),
    [
        ({"shft": 1}, ValueError, "must name changes among"),
        ({"flip": 1.5}, ValueError, r"'flip' in augmentation must be in \[0, 1.0\]"),
        ({"shift": -1}, ValueError, "got -1"),
        ({"shift": "2"}, TypeError, "must be a number, got '2'"),
        ({"roll": 0.1}, ValueError, "is for samples of"),
        (("mixup", "cutmix"), ValueError, "must not have both"),
        ("token_dropout", ValueError, "is not for samples of numbers"),
    ],
)
def test_bad_augmentation_is_refused(augmentation, error, match):
    with pytest.raises(error, match=match):
        check_augmentation(augmentation, SHAPE)


@pytest.mark.parametrize("strength", [0.9, 1.5, float("inf")])
def test_pixels_of_a_shift_are_whole(strength):
    with pytest.raises(ValueError, match="'shift' in augmentation must be a whole num"):
        check_augmentation({"shift": strength}, (8, 8, 1))


def test_columns_of_a_table_are_not_changed():
    with pytest.raises(ValueError, match="columns of a table are not changed"):
        check_augmentation("noise", (5,))
