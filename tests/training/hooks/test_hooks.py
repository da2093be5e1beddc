"""Hooks from outside of the package: schedules, averages, stops."""

import numpy as np
import pytest

from skopt_nn import networks
from skopt_nn.training._batches import epoch_order
from skopt_nn.training.hooks import Hook
from tests.doubles import RaiseRate, assert_equal_values


class Diary(Hook):
    """Writes down what is called, and what a run shows of itself."""

    def __init__(self):
        self.calls = []

    def begin(self, run):
        self.calls.append("begin")

    def begin_epoch(self, run):
        self.calls.append(("begin_epoch", run.epoch, run.is_last))

    def end_epoch(self, run):
        losses = {name: values[-1] for name, values in run.history.items()}
        assert run.logs == losses
        self.calls.append(("end_epoch", run.epoch, run.is_last))

    def break_off(self, run):
        self.calls.append(("break_off", run.epoch))

    def end(self, run):
        self.calls.append("end")


def test_hooks_are_called_around_epochs(build, train, examples):
    diary = Diary()
    train(build(), examples, epochs=2, first_epoch=3, hooks=[diary])
    assert diary.calls == [
        "begin",
        ("begin_epoch", 3, False),
        ("end_epoch", 3, False),
        ("begin_epoch", 4, True),
        ("end_epoch", 4, True),
        "end",
    ]


def test_an_epoch_that_overflows_is_broken_off(build, train, examples):
    diary = Diary()
    train(build(), examples, epochs=5, callbacks=[RaiseRate()], hooks=[diary])
    assert diary.calls[-3:] == [("begin_epoch", 2, False), ("break_off", 2), "end"]


def test_a_hook_that_does_nothing_changes_nothing(build, train, examples):
    watched, alone = build(dropout=0.3), build(dropout=0.3)
    train(watched, examples, epochs=2, hooks=[Hook(), Diary()])
    train(alone, examples, epochs=2)
    assert_equal_values(watched, alone)


class Stop(Hook):
    def end_epoch(self, run):
        run.stopping = run.epoch == 1


def test_a_hook_stops_training(build, train, examples):
    stopped, short = build(), build()
    diary = Diary()
    outcome = train(stopped, examples, epochs=5, hooks=[Stop(), diary])
    assert len(outcome.history["loss"]) == 2
    assert diary.calls[-1] == "end"
    train(short, examples, epochs=2)
    assert_equal_values(stopped, short)


# -- rates ----------------------------------------------------------------------


class Schedule(Hook):
    """A rate of its own for each step of every epoch but the second."""

    def __init__(self):
        self.found, self.used = [], []

    def begin_epoch(self, run):
        self.found.append(run.rates)
        if run.epoch != 1:
            steps = run.epoch * run.n_steps + np.arange(run.n_steps)
            run.rates = 0.02 / (1 + steps)
        rates = run.learning_rate if run.rates is None else run.rates
        self.used.append(np.broadcast_to(rates, run.n_steps))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_rates_of_steps_are_those_that_a_hook_sets(
    build, train, examples, optimizer, weight_decay
):
    """Three epochs of four steps equal twelve trainings of one step at these rates."""
    at_once, by_steps = build(), build()
    how = {"optimizer": optimizer, "weight_decay": weight_decay}
    schedule = Schedule()
    train(
        at_once,
        examples,
        epochs=3,
        learning_rate=0.003,
        hooks=[schedule],
        seed=3,
        **how,
    )
    assert [len(rates) for rates in schedule.used] == [4, 4, 4]
    state = None
    for epoch, rates in enumerate(schedule.used):
        order = epoch_order(len(examples), 3, epoch)
        for step, rate in enumerate(rates):
            part = examples.view(order[32 * step : 32 * (step + 1)])
            how["learning_rate"], how["batch_size"] = float(rate), None
            state = train(by_steps, part, optimizer_state=state, **how).optimizer_state
    for one, other in zip(*map(networks.get_values, (at_once, by_steps)), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-5)


def test_rates_hold_for_one_epoch(build, train, examples):
    schedule = Schedule()
    train(build(), examples, epochs=3, hooks=[schedule])
    assert schedule.found == [None, None, None]


def test_equal_rates_are_the_learning_rate(build, train, examples):
    class Constant(Hook):
        def begin_epoch(self, run):
            run.rates = np.full(run.n_steps, 1e-2)

    scheduled, plain = build(), build()
    train(scheduled, examples, epochs=2, learning_rate=0.5, hooks=[Constant()])
    train(plain, examples, epochs=2, learning_rate=1e-2)
    assert_equal_values(scheduled, plain)


def test_the_learning_rate_that_a_hook_sets_stays(build, train, examples):
    class Halve(Hook):
        def end_epoch(self, run):
            run.learning_rate /= 2

    halved, resumed = build(), build()
    train(halved, examples, epochs=2, hooks=[Halve()])
    first = train(resumed, examples)
    how = {"first_epoch": 1, "optimizer_state": first.optimizer_state}
    train(resumed, examples, learning_rate=5e-3, **how)
    assert_equal_values(halved, resumed)


@pytest.mark.jax_only
def test_a_schedule_compiles_nothing(build, train, examples):
    from skopt_nn import training

    train(build(), examples)
    before = training.cache_info().compilations
    train(build(), examples, hooks=[Schedule()])
    assert training.cache_info().compilations == before


# -- weights --------------------------------------------------------------------


class Average(Hook):
    """Ends with the mean of the weights that the epochs left."""

    def begin(self, run):
        self._seen = []

    def end_epoch(self, run):
        run.sync()
        self._seen.append(run.model.get_weights())

    def end(self, run):
        run.model.set_weights([np.mean(w, axis=0) for w in zip(*self._seen)])
        run.read()


def test_weights_that_a_hook_averages_are_those_of_the_model(build, train, examples):
    averaged = build()
    train(averaged, examples, epochs=3, hooks=[Average()])
    ends = [build() for _ in range(3)]
    for epochs, model in enumerate(ends, start=1):
        train(model, examples, epochs=epochs)
    expected = zip(*(model.get_weights() for model in ends))
    for found, values in zip(averaged.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, np.mean(values, axis=0), rtol=1e-6)


class Rewind(Hook):
    """Goes back to where the first epoch ended."""

    def end_epoch(self, run):
        if run.epoch == 0:
            self._kept = run.snapshot()

    def end(self, run):
        run.restore(self._kept)


def test_a_hook_goes_back_to_a_snapshot(build, train, examples):
    rewound, once = build(dropout=0.3), build(dropout=0.3)
    back = train(rewound, examples, epochs=3, hooks=[Rewind()])
    first = train(once, examples)
    assert_equal_values(rewound, once)
    pairs = zip(back.optimizer_state, first.optimizer_state, strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
