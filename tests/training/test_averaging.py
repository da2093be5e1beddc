import numpy as np
import pytest

from skopt_nn import networks
from tests.doubles import assert_equal_values, to_numpy


class Weights:
    """Keeps the kernel behind each epoch, as the model shows it."""

    def __init__(self):
        self.kernels = []

    def __getattr__(self, name):
        return lambda run: None

    def end_epoch(self, run):
        run.sync()
        self.kernels.append(networks.get_values(run.model)[0])


def kernels_of(build, train, examples, **given):
    """One step an epoch, so that each kernel is that behind a step."""
    weights = Weights()
    model = build()
    first = networks.get_values(model)[0]
    train(model, examples, epochs=4, batch_size=100, hooks=[weights], **given)
    return [first, *weights.kernels]


def test_the_average_is_that_of_the_weights_behind_each_step(build, train, examples):
    first, *steps = kernels_of(build, train, examples)
    _, *averages = kernels_of(build, train, examples, weight_averaging=0.2)
    expected = first
    for n_steps, (step, average) in enumerate(zip(steps, averages), start=1):
        decay = min(0.2, n_steps / (n_steps + 10))
        expected = decay * expected + (1 - decay) * step
        np.testing.assert_allclose(average, expected, rtol=1e-4, atol=1e-6)
        assert not np.allclose(average, step, atol=1e-5)


def test_what_is_watched_is_the_loss_of_the_average(build, train, examples):
    held_out = examples.view(np.arange(40))
    given = {"weight_averaging": 0.9, "epochs": 3, "batch_size": 20}
    model = build()
    history = train(model, examples, validation=held_out, **given).history
    still = {"learning_rate": 1e-12, "validation": held_out}
    again = train(model, examples, **still).history
    assert history["val_loss"][-1] == pytest.approx(again["val_loss"][0], rel=1e-4)


def test_statistics_of_batch_normalization_are_averaged(build, train, examples):
    normalized = {"normalization": "batch"}
    plain, averaged = build(**normalized), build(**normalized)
    train(plain, examples, epochs=2)
    train(averaged, examples, epochs=2, weight_averaging=0.5)
    first, second = (
        to_numpy(m.get_layer("conv_1_normalization").moving_mean)
        for m in (plain, averaged)
    )
    assert not np.allclose(first, second)


def test_a_long_gradient_is_shortened_to_the_norm_that_is_allowed(
    build, train, examples
):
    given = {"optimizer": "sgd", "learning_rate": 1.0, "batch_size": 100}
    before, free, clipped = build(), build(), build()
    train(free, examples, **given)
    train(clipped, examples, global_clipnorm=1e-3, **given)
    start, long, short = (
        np.concatenate([v.ravel() for v in networks.get_values(m)[:6]])
        for m in (before, free, clipped)
    )
    assert np.linalg.norm(short - start) == pytest.approx(1e-3, rel=1e-2)
    cosine = np.vdot(long - start, short - start) / np.linalg.norm(long - start)
    assert cosine == pytest.approx(1e-3, rel=1e-2)


def test_a_short_gradient_is_left_alone(build, train, examples):
    free, clipped = build(), build()
    train(free, examples)
    train(clipped, examples, global_clipnorm=1e6)
    assert_equal_values(free, clipped)
