import numpy as np
import pytest

from skopt_nn import training
from skopt_nn.training._schedules import factors

DONE = np.linspace(0, 1, 101)


def test_one_cycle_rises_for_a_quarter_and_falls_to_zero():
    rates = factors("one_cycle", DONE)
    assert rates[25] == rates.max() == 1
    assert (np.diff(rates[:26]) > 0).all()
    assert (np.diff(rates[25:]) < 0).all()
    assert rates[[0, -1]].tolist() == [0, 0]


def test_cosine_is_half_a_period():
    np.testing.assert_allclose(factors("cosine", DONE), (1 + np.cos(np.pi * DONE)) / 2)


def test_a_function_of_the_fraction_done_is_a_schedule():
    np.testing.assert_array_equal(factors(lambda done: 1 - done, DONE), 1 - DONE)


@pytest.mark.parametrize(
    "bad", [lambda d: -1.0, lambda d: np.nan, lambda d: [1.0, 2.0]]
)
def test_a_function_that_gives_no_rate_is_refused(bad):
    with pytest.raises(ValueError, match="learning_rate_schedule must give a finite"):
        factors(bad, DONE)


@pytest.mark.parametrize("schedule", training.SCHEDULES)
def test_rates_of_all_epochs_follow_the_schedule_once(build, train, examples, schedule):
    """100 rows are ten steps of ten; the rate is that in the middle of a step."""
    outcome = train(
        build(),
        examples,
        epochs=4,
        batch_size=10,
        learning_rate=0.1,
        learning_rate_schedule=schedule,
    )
    last_steps = (np.arange(1, 5) * 10 - 0.5) / 40
    np.testing.assert_allclose(
        outcome.history["learning_rate"],
        0.1 * training.SCHEDULES[schedule](last_steps),
        rtol=1e-5,
    )


def test_an_epoch_alone_has_the_whole_schedule(build, train, examples):
    outcome = train(
        build(), examples, batch_size=50, learning_rate_schedule="one_cycle"
    )
    assert outcome.history["learning_rate"][0] == pytest.approx(1e-2 / 3, rel=1e-5)
