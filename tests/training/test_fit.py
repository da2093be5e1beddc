"""The loop over epochs: what it computes, records and restores."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from skopt_nn import networks, training
from skopt_nn._backend import keras
from skopt_nn.training._batches import epoch_order
from tests.doubles import Interrupt, RaiseRate, assert_equal_values, to_numpy


def cross_entropy(model, examples):
    X, labels = arrays(examples)
    logits = training.Predictor(model)(X).astype(float)
    return -log_softmax(logits, axis=1)[np.arange(len(X)), labels].mean()


def arrays(examples):
    (labels,) = examples.objective.targets
    return examples.rows.take(np.arange(len(examples))), labels


def by_keras(model, examples, *, batch_size, seed, epochs, learning_rate):
    """The same training by Keras' own steps, on batches without padding."""
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    X, labels = arrays(examples)
    for epoch in range(epochs):
        order = epoch_order(len(X), seed, epoch)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            model.train_on_batch(
                X[part],
                labels[part],
                sample_weight=examples.weights[part] / examples.weights[part].mean(),
            )
    return networks.get_values(model)


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_a_ragged_last_batch_counts_as_it_is(build, train, examples, normalization):
    """100 rows in batches of 32 leave 4: padding them changes nothing."""
    ours, reference = (build(normalization=normalization) for _ in range(2))
    train(ours, examples, epochs=2)
    expected = by_keras(
        reference, examples, batch_size=32, seed=3, epochs=2, learning_rate=1e-2
    )
    for found, value in zip(networks.get_values(ours), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=2e-3, atol=2e-4)


def test_weights_of_rows_weigh_their_losses(build, train, examples):
    weights = np.random.default_rng(0).uniform(0.1, 3, len(examples))
    weighted = replace(examples, weights=weights.astype(np.float32))
    ours, reference = build(), build()
    train(ours, weighted)
    expected = by_keras(
        reference, weighted, batch_size=32, seed=3, epochs=1, learning_rate=1e-2
    )
    for found, value in zip(networks.get_values(ours), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=2e-3, atol=2e-4)


def test_history_is_the_mean_loss_of_the_rows(build, train, examples):
    """With a learning rate of next to nothing each batch meets the same weights."""
    model = build()
    expected = cross_entropy(model, examples)
    outcome = train(model, examples, learning_rate=1e-12)
    assert outcome.history["loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", sorted(training.OPTIMIZERS))
def test_each_optimizer_lowers_the_loss(build, train, examples, name):
    learning_rate = {"adadelta": 1.0, "lion": 1e-3}.get(name, 1e-2)
    outcome = train(
        build(), examples, optimizer=name, learning_rate=learning_rate, epochs=3
    )
    assert outcome.history["loss"][-1] < outcome.history["loss"][0]


def test_names_of_optimizers_are_the_common_ones():
    assert {"adam", "adamw", "sgd", "rmsprop", "lion"} <= set(training.OPTIMIZERS)


def test_weight_decay_shrinks_kernels_and_spares_biases(build, train, examples):
    """One step of plain gradient descent: w - lr * (gradient + decay * w)."""
    plain, decayed = build(), build()
    start = {v.path: to_numpy(v) for v in plain.trainable_variables}
    whole = {"optimizer": "sgd", "batch_size": None, "learning_rate": 0.1}
    train(plain, examples, **whole)
    train(decayed, examples, **whole, weight_decay=0.5)
    for one, other in zip(plain.trainable_variables, decayed.trainable_variables):
        shrunk = 0.1 * 0.5 * start[one.path] if one.name == "kernel" else 0
        np.testing.assert_allclose(
            to_numpy(other),
            to_numpy(one) - shrunk,
            atol=1e-6,
        )


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "nadam"])
def test_resumed_epochs_equal_epochs_run_at_once(build, train, examples, optimizer):
    busy = {"dropout": 0.3, "normalization": "batch"}
    at_once, resumed = build(**busy), build(**busy)
    settings = {"optimizer": optimizer, "weight_decay": 0.01}
    whole = train(at_once, examples, epochs=3, **settings)
    first = train(resumed, examples, epochs=1, **settings)
    rest = train(
        resumed,
        examples,
        epochs=2,
        first_epoch=1,
        optimizer_state=first.optimizer_state,
        **settings,
    )
    assert whole.history["loss"] == first.history["loss"] + rest.history["loss"]
    assert_equal_values(at_once, resumed)


def relabelled(examples, labels):
    objective = replace(examples.objective, targets=(labels,))
    return replace(examples, objective=objective)


def test_the_best_epoch_on_the_validation_rows_is_restored(build, train, examples):
    model = build()
    held_out = examples.view(np.arange(20))
    (labels,) = held_out.objective.targets
    validation = relabelled(held_out, labels[::-1].copy())
    outcome = train(
        model,
        examples,
        epochs=12,
        learning_rate=0.05,
        validation=validation,
        early_stopping=True,
        n_iter_no_change=2,
    )
    losses = outcome.history["val_loss"]
    best_epoch = int(np.argmin(losses))
    assert len(losses) == best_epoch + 3 < 12
    assert cross_entropy(model, validation) == pytest.approx(min(losses), rel=1e-4)


def test_without_early_stopping_rows_to_validate_on_are_only_watched(
    build, train, examples
):
    model, until = build(), build()
    held_out = examples.view(np.arange(20))
    (labels,) = held_out.objective.targets
    settings = {
        "learning_rate": 0.05,
        "validation": relabelled(held_out, labels[::-1].copy()),
    }
    losses = train(model, examples, epochs=6, **settings).history["val_loss"]
    assert np.argmin(losses) < 5
    train(until, examples, epochs=6, learning_rate=0.05)
    assert_equal_values(model, until)


def test_a_loss_that_is_not_finite_ends_training_at_the_last_finite_weights(
    build, train, examples
):
    diverged, sound = build(), build()
    outcome = train(diverged, examples, epochs=5, callbacks=[RaiseRate()])
    assert outcome.diverged_at == 2
    assert len(outcome.history["loss"]) == 3
    train(sound, examples, epochs=2)
    assert_equal_values(diverged, sound)


@pytest.mark.parametrize("batch_size", [None, 32])
def test_weights_that_overflow_in_the_last_step_are_not_kept(
    build, train, examples, batch_size
):
    """The loss of an epoch says nothing of the weights that its last step leaves."""
    model = build()
    outcome = train(
        model,
        examples,
        optimizer="sgd",
        learning_rate=1e38,
        epochs=1,
        batch_size=batch_size,
    )
    assert outcome.diverged_at == 0
    assert np.isfinite(training.Predictor(model)(arrays(examples)[0])).all()


def test_an_interrupted_training_leaves_the_programs_sound(build, train, examples):
    first, second = build(), build()
    train(first, examples)
    with pytest.raises(KeyboardInterrupt):
        train(build(), examples, epochs=3, callbacks=[Interrupt()])
    train(second, examples)
    assert_equal_values(first, second)
