"""The loop over epochs: what it computes, records, restores and lets callbacks do."""

import numpy as np
import pytest
from scipy.special import log_softmax

from skopt_nn import networks, training
from skopt_nn._backend import keras


def cross_entropy(model, rows):
    logits = training.Predictor(model)(rows.X).astype(float)
    return -log_softmax(logits, axis=1)[np.arange(len(rows)), rows.targets[0]].mean()


def by_keras(model, rows, *, batch_size, seed, epochs, learning_rate):
    """The same training by Keras' own steps, on batches without padding."""
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for epoch in range(epochs):
        order = training._batches.epoch_order(len(rows), seed, epoch)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            model.train_on_batch(
                rows.X[part],
                rows.targets[0][part],
                sample_weight=rows.weights[part] / rows.weights[part].mean(),
            )
    return networks.get_values(model)


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_a_ragged_last_batch_counts_as_it_is(build, train, rows, normalization):
    """100 rows in batches of 32 leave 4: padding them changes nothing."""
    ours, reference = (build(normalization=normalization) for _ in range(2))
    train(ours, rows, epochs=2)
    expected = by_keras(
        reference, rows, batch_size=32, seed=3, epochs=2, learning_rate=1e-2
    )
    for found, value in zip(networks.get_values(ours), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=2e-3, atol=2e-4)


def test_weights_of_rows_weigh_their_losses(build, train, rows):
    weights = np.random.default_rng(0).uniform(0.1, 3, len(rows)).astype(np.float32)
    weighted = training.Rows(rows.X, rows.targets, weights)
    ours, reference = build(), build()
    train(ours, weighted)
    expected = by_keras(
        reference, weighted, batch_size=32, seed=3, epochs=1, learning_rate=1e-2
    )
    for found, value in zip(networks.get_values(ours), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=2e-3, atol=2e-4)


def test_history_is_the_mean_loss_of_the_rows(build, train, rows):
    """With a learning rate of next to nothing each batch meets the same weights."""
    model = build()
    expected = cross_entropy(model, rows)
    outcome = train(model, rows, learning_rate=1e-12)
    assert outcome.history["loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", sorted(training.OPTIMIZERS))
def test_each_optimizer_lowers_the_loss(build, train, rows, name):
    learning_rate = {"adadelta": 1.0, "lion": 1e-3}.get(name, 1e-2)
    outcome = train(
        build(), rows, optimizer=name, learning_rate=learning_rate, epochs=3
    )
    assert outcome.history["loss"][-1] < outcome.history["loss"][0]


def test_names_of_optimizers_are_the_common_ones():
    assert {"adam", "adamw", "sgd", "rmsprop", "lion"} <= set(training.OPTIMIZERS)


def test_weight_decay_shrinks_kernels_and_spares_biases(build, train, rows):
    """One step of plain gradient descent: w - lr * (gradient + decay * w)."""
    plain, decayed = build(), build()
    start = {v.path: keras.ops.convert_to_numpy(v) for v in plain.trainable_variables}
    whole = {"optimizer": "sgd", "batch_size": None, "learning_rate": 0.1}
    train(plain, rows, **whole)
    train(decayed, rows, **whole, weight_decay=0.5)
    for one, other in zip(plain.trainable_variables, decayed.trainable_variables):
        shrunk = 0.1 * 0.5 * start[one.path] if one.name == "kernel" else 0
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(other),
            keras.ops.convert_to_numpy(one) - shrunk,
            atol=1e-6,
        )


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "nadam"])
def test_resumed_epochs_equal_epochs_run_at_once(build, train, rows, optimizer):
    busy = {"dropout": 0.3, "normalization": "batch"}
    at_once, resumed = build(**busy), build(**busy)
    settings = {"optimizer": optimizer, "weight_decay": 0.01}
    whole = train(at_once, rows, epochs=3, **settings)
    first = train(resumed, rows, epochs=1, **settings)
    rest = train(
        resumed,
        rows,
        epochs=2,
        first_epoch=1,
        optimizer_state=first.optimizer_state,
        **settings,
    )
    assert whole.history["loss"] == first.history["loss"] + rest.history["loss"]
    for one, other in zip(*map(networks.get_values, (at_once, resumed))):
        np.testing.assert_array_equal(one, other)


def test_the_best_epoch_on_the_validation_rows_is_restored(build, train, rows):
    model = build()
    validation = training.Rows(
        rows.X[:20], (rows.targets[0][:20][::-1].copy(),), rows.weights[:20]
    )
    outcome = train(
        model, rows, epochs=12, learning_rate=0.05, validation=validation, patience=2
    )
    losses = outcome.history["val_loss"]
    assert outcome.best_epoch == int(np.argmin(losses))
    assert len(losses) == outcome.best_epoch + 3 < 12
    assert cross_entropy(model, validation) == pytest.approx(min(losses), rel=1e-4)


class RaiseRate(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.optimizer.learning_rate = 1e30


def test_a_loss_that_is_not_finite_ends_training_at_the_last_finite_weights(
    build, train, rows
):
    diverged, sound = build(), build()
    outcome = train(diverged, rows, epochs=5, callbacks=[RaiseRate()])
    assert outcome.diverged_at == 2
    assert len(outcome.history["loss"]) == 3
    train(sound, rows, epochs=2)
    for one, other in zip(*map(networks.get_values, (diverged, sound))):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("batch_size", [None, 32])
def test_weights_that_overflow_in_the_last_step_are_not_kept(
    build, train, rows, batch_size
):
    """The loss of an epoch says nothing of the weights that its last step leaves."""
    model = build()
    outcome = train(
        model,
        rows,
        optimizer="sgd",
        learning_rate=1e38,
        epochs=1,
        batch_size=batch_size,
    )
    assert outcome.diverged_at == 0
    assert np.isfinite(training.Predictor(model)(rows.X)).all()


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_keras_callback_stops_training(build, train, rows):
    assert len(train(build(), rows, epochs=5, callbacks=[Stop()]).history["loss"]) == 2


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


def test_an_interrupted_training_leaves_the_programs_sound(build, train, rows):
    first, second = build(), build()
    train(first, rows)
    with pytest.raises(KeyboardInterrupt):
        train(build(), rows, epochs=3, callbacks=[Interrupt()])
    train(second, rows)
    for one, other in zip(*map(networks.get_values, (first, second))):
        np.testing.assert_array_equal(one, other)


class Halve(keras.callbacks.Callback):
    """Overwrites the weights, as a callback that averages them would."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([w / 2 for w in self.model.get_weights()])


def test_training_goes_on_from_weights_that_a_callback_set(build, train, rows):
    model, reference = build(), build()
    train(model, rows, epochs=2, callbacks=[Halve()])
    first = train(reference, rows)
    reference.set_weights([w / 2 for w in reference.get_weights()])
    train(reference, rows, first_epoch=1, optimizer_state=first.optimizer_state)
    reference.set_weights([w / 2 for w in reference.get_weights()])
    for one, other in zip(model.get_weights(), reference.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_rate_of_a_scheduler_is_the_rate_of_the_steps(build, train, rows):
    def schedule(epoch, rate):
        return 1e-2 if epoch == 0 else 1e-30

    once, twice = build(), build()
    train(once, rows, epochs=1)
    scheduler = keras.callbacks.LearningRateScheduler(schedule)
    train(twice, rows, epochs=2, learning_rate=0.5, callbacks=[scheduler])
    for one, other in zip(once.trainable_variables, twice.trainable_variables):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))
