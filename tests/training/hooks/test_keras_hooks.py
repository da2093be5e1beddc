"""Keras callbacks as hooks: they stop, set the rate and set the weights."""

from dataclasses import replace

import numpy as np
import pytest

from skopt_nn._backend import keras
from skopt_nn.training.hooks import check_callbacks
from tests.doubles import to_numpy


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_keras_callback_stops_training(build, train, examples):
    assert (
        len(train(build(), examples, epochs=5, callbacks=[Stop()]).history["loss"]) == 2
    )


class Halve(keras.callbacks.Callback):
    """Overwrites the weights, as a callback that averages them would."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([w / 2 for w in self.model.get_weights()])


def test_training_goes_on_from_weights_that_a_callback_set(build, train, examples):
    model, reference = build(), build()
    train(model, examples, epochs=2, callbacks=[Halve()])
    first = train(reference, examples)
    reference.set_weights([w / 2 for w in reference.get_weights()])
    train(reference, examples, first_epoch=1, optimizer_state=first.optimizer_state)
    reference.set_weights([w / 2 for w in reference.get_weights()])
    for one, other in zip(model.get_weights(), reference.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


class Rewind(keras.callbacks.Callback):
    """Goes back to where it began, when training is over."""

    def on_train_begin(self, logs=None):
        self.kept = self.model.get_weights()

    def on_train_end(self, logs=None):
        self.model.set_weights(self.kept)


def test_weights_that_a_callback_sets_in_the_end_are_the_last(build, train, examples):
    model, untrained = build(), build()
    train(model, examples, epochs=2, callbacks=[Rewind()])
    for one, other in zip(model.get_weights(), untrained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_callback_finds_the_best_weights_in_the_end(build, train, examples):
    model, plain, found = build(), build(), []

    class Look(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            found.extend(self.model.get_weights())

    held_out = examples.view(np.arange(20))
    labels = held_out.objective.targets[0][::-1].copy()
    objective = replace(held_out.objective, targets=(labels,))
    held_out = replace(held_out, objective=objective)
    how = {"epochs": 6, "learning_rate": 0.05, "validation": held_out}
    losses = train(model, examples, callbacks=[Look()], **how).history["val_loss"]
    assert np.argmin(losses) < 5
    train(plain, examples, **how)
    for one, other in zip(found, plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rate_of_a_scheduler_is_the_rate_of_the_steps(build, train, examples):
    def schedule(epoch, rate):
        return 1e-2 if epoch == 0 else 1e-30

    once, twice = build(), build()
    train(once, examples, epochs=1)
    scheduler = keras.callbacks.LearningRateScheduler(schedule)
    train(twice, examples, epochs=2, learning_rate=0.5, callbacks=[scheduler])
    for one, other in zip(once.trainable_variables, twice.trainable_variables):
        np.testing.assert_array_equal(*map(to_numpy, (one, other)))


class Counter(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


def test_a_training_writes_to_copies_of_its_callbacks(build, train, examples):
    counter = Counter()
    train(build(), examples, callbacks=[counter])
    assert counter.epochs == []
    assert counter.model is None


@pytest.mark.parametrize("callbacks", [None, [], [Stop()], (Stop(), Halve())])
def test_callbacks_of_keras_are_taken(callbacks):
    assert check_callbacks(callbacks) is None


@pytest.mark.parametrize("callback", [Stop, "stop", print, None])
def test_what_is_no_callback_of_keras_is_refused(callback):
    with pytest.raises(TypeError, match="must be a list of instances of keras"):
        check_callbacks([Stop(), callback])
