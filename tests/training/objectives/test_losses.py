"""Losses, held against their formulas in numpy."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from skopt_nn._backend import keras
from skopt_nn.training.objectives import (
    Objective,
    binary_cross_entropy,
    cross_entropy,
    distilled,
    squared_error,
)

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(scale=3, size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 1, 2, 0], np.int32)
TEACHER = softmax(RNG.normal(scale=2, size=(6, 4)), axis=1).astype(np.float32)
ONE_HOT = np.eye(4)[LABELS]
ALL_SOFT = np.ones(6, np.float32)


def value_of(objective, logits):
    tensors = map(keras.ops.convert_to_tensor, (logits, *objective.targets))
    logits, *targets = tensors
    losses = objective.loss(logits, tuple(targets), objective.settings)
    return keras.ops.convert_to_numpy(losses)


def loss_of(loss, logits, targets, **settings):
    return value_of(Objective(loss, (targets,), settings), logits)


def taught(loss, logits, targets, teacher, alpha, temperature=1.0, **how):
    settings = {} if loss is squared_error else {"label_smoothing": 0.0}
    hard = Objective(loss, (targets,), settings)
    method, beta = how.get("method", "soft"), how.get("beta", 1.0)
    settings = {"temperature": temperature, "beta": beta}
    return value_of(distilled(hard, teacher, alpha, method, settings), logits)


@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
def test_cross_entropy_with_smoothed_labels(smoothing):
    soft = (1 - smoothing) * ONE_HOT + smoothing / 4
    expected = -(soft * log_softmax(LOGITS.astype(float), axis=1)).sum(axis=1)
    found = loss_of(cross_entropy, LOGITS, LABELS, label_smoothing=smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_binary_cross_entropy_with_smoothed_labels(smoothing):
    y = (ONE_HOT > 0).astype(np.float32)
    p = 1 / (1 + np.exp(-LOGITS.astype(float)))
    soft = y * (1 - smoothing) + smoothing / 2
    expected = -(soft * np.log(p) + (1 - soft) * np.log(1 - p)).mean(axis=1)
    found = loss_of(binary_cross_entropy, LOGITS, y, label_smoothing=smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", [cross_entropy, binary_cross_entropy])
def test_large_logits_do_not_overflow(loss):
    targets = LABELS if loss is cross_entropy else ONE_HOT.astype(np.float32)
    assert np.isfinite(loss_of(loss, LOGITS * 1e4, targets, label_smoothing=0.1)).all()


def test_squared_error_is_the_mean_over_outputs():
    values = RNG.normal(size=(6, 4)).astype(np.float32)
    expected = ((LOGITS - values) ** 2).mean(axis=1)
    np.testing.assert_allclose(
        loss_of(squared_error, LOGITS, values), expected, rtol=1e-5
    )


def distillation(alpha, temperature):
    tempered = TEACHER.astype(float) ** (1 / temperature)
    teacher = tempered / tempered.sum(axis=1, keepdims=True)
    student = log_softmax(LOGITS.astype(float) / temperature, axis=1)
    divergence = (teacher * (np.log(teacher) - student)).sum(axis=1)
    hard = -log_softmax(LOGITS.astype(float), axis=1)[np.arange(6), LABELS]
    return (1 - alpha) * hard + alpha * temperature**2 * divergence


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_distillation_is_hinton_s_formula(alpha, temperature):
    found = taught(
        cross_entropy,
        LOGITS,
        LABELS,
        TEACHER,
        np.full(6, alpha, np.float32),
        temperature=temperature,
    )
    np.testing.assert_allclose(
        found, distillation(alpha, temperature), rtol=1e-4, atol=1e-5
    )


def test_each_row_has_its_own_alpha():
    alpha = np.array([0, 0.2, 0.4, 0.6, 0.8, 1], np.float32)
    found = taught(
        cross_entropy,
        LOGITS,
        LABELS,
        TEACHER,
        alpha,
        temperature=2.0,
    )
    np.testing.assert_allclose(found, distillation(alpha, 2.0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_distillation_of_labels_is_the_formula_of_two_classes_for_each(temperature):
    alpha = np.linspace(0, 1, 6, dtype=np.float32)
    odds = (TEACHER.astype(float) / (1 - TEACHER)) ** (1 / temperature)
    teacher = odds / (1 + odds)
    student = 1 / (1 + np.exp(-LOGITS.astype(float) / temperature))
    divergence = teacher * np.log(teacher / student)
    divergence += (1 - teacher) * np.log((1 - teacher) / (1 - student))
    y = (ONE_HOT > 0).astype(np.float32)
    hard = loss_of(binary_cross_entropy, LOGITS, y, label_smoothing=0.0)
    expected = (1 - alpha) * hard + alpha * temperature**2 * divergence.mean(axis=1)
    found = taught(
        binary_cross_entropy,
        LOGITS,
        y,
        TEACHER,
        alpha,
        temperature=temperature,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_teacher_sure_of_labels_gives_a_finite_loss():
    y = (ONE_HOT > 0).astype(np.float32)
    found = taught(
        binary_cross_entropy,
        LOGITS * 1e4,
        y,
        y,
        np.ones(6, np.float32),
        temperature=2.0,
    )
    assert np.isfinite(found).all()


def test_student_equal_to_its_teacher_has_nothing_to_learn():
    found = taught(
        cross_entropy,
        np.log(TEACHER),
        LABELS,
        TEACHER,
        np.ones(6, np.float32),
        temperature=3.0,
    )
    np.testing.assert_allclose(found, 0, atol=1e-5)


def test_teacher_sure_of_itself_gives_a_finite_loss():
    found = taught(
        cross_entropy,
        LOGITS,
        LABELS,
        ONE_HOT.astype(np.float32),
        np.full(6, 0.9, np.float32),
        temperature=2.0,
    )
    assert np.isfinite(found).all()


def test_distilled_squared_error_weighs_values_and_teacher():
    values, soft = RNG.normal(size=(2, 6, 4)).astype(np.float32)
    alpha = np.linspace(0, 1, 6, dtype=np.float32)
    expected = (1 - alpha) * ((LOGITS - values) ** 2).mean(axis=1)
    expected += alpha * ((LOGITS - soft) ** 2).mean(axis=1)
    found = taught(squared_error, LOGITS, values, soft, alpha)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


def test_logits_are_matched_around_their_mean():
    found = taught(cross_entropy, LOGITS, LABELS, TEACHER, ALL_SOFT, method="logits")
    difference = centred(np.log(TEACHER.astype(float))) - centred(LOGITS.astype(float))
    np.testing.assert_allclose(found, (difference**2).mean(axis=1) / 2, rtol=1e-5)


def test_log_odds_of_labels_are_matched():
    y = ONE_HOT.astype(np.float32)
    found = taught(binary_cross_entropy, LOGITS, y, TEACHER, ALL_SOFT, method="logits")
    odds = np.log(TEACHER.astype(float) / (1 - TEACHER.astype(float)))
    expected = ((odds - LOGITS) ** 2).mean(axis=1) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(("temperature", "beta"), [(1.0, 8.0), (4.0, 0.5)])
def test_decoupled_is_the_label_against_the_rest_and_the_rest(temperature, beta):
    def parts(log_p):
        p = softmax(log_p / temperature, axis=1)
        own = p[np.arange(6), LABELS]
        others = p[~ONE_HOT.astype(bool)].reshape(6, 3)
        return np.stack([own, 1 - own], 1), others / others.sum(axis=1, keepdims=True)

    def divergence(p, q):
        return (p * np.log(p / q)).sum(axis=1)

    how = {"temperature": temperature, "method": "decoupled", "beta": beta}
    found = taught(cross_entropy, LOGITS, LABELS, TEACHER, ALL_SOFT, **how)
    pairs = zip(parts(np.log(TEACHER.astype(float))), parts(LOGITS.astype(float)))
    label, rest = (divergence(p, q) for p, q in pairs)
    np.testing.assert_allclose(
        found, temperature**2 * (label + beta * rest), rtol=1e-4, atol=1e-5
    )
