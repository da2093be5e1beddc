import numpy as np
import pytest
from scipy.special import log_softmax, logit, xlogy
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import log_loss

from skopt_nn import DistilledClassifier, DistilledRegressor, KerasClassifier
from skopt_nn._backend import keras
from tests.doubles import keras_classifier, keras_regressor

FLOOR = 1e-3


def dense(meta, units=None, activation="softmax"):
    units = meta["n_classes_"] if units is None else units
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation=activation, name="outputs"),
        ]
    )


def still(build=dense, **params):
    """It takes one step of no length, whose loss is that of its first weights."""
    defaults = {
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "sgd",
        "optimizer__learning_rate": 0.0,
        "batch_size": -1,
        "verbose": 0,
        "random_state": 0,
    }
    return KerasClassifier(build, **{**defaults, **params})


def soft_labels(y, n_classes):
    rng = np.random.default_rng(0)
    soft = rng.dirichlet(np.ones(n_classes), len(y))
    return soft, (1 - FLOOR) * soft + FLOOR / n_classes


def divergence(teacher, student, temperature):
    teacher = log_softmax(np.log(teacher) / temperature, axis=1)
    student = log_softmax(np.log(student) / temperature, axis=1)
    rows = (np.exp(teacher) * (teacher - student)).sum(axis=1)
    return temperature**2 * rows.mean()


@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        ("sparse_categorical_crossentropy", "softmax"),
        ("categorical_crossentropy", "softmax"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None),
    ],
    ids=["indices", "one-hot", "logits"],
)
def test_labels_and_soft_targets_are_weighed_by_alpha(iris, loss, activation):
    X, y = iris
    soft, floored = soft_labels(y, 3)
    est = still(loss=loss, model__activation=activation)
    est.fit_soft(X, y, soft, temperature=3.0, alpha=0.25)
    proba = est.predict_proba(X)
    expected = 0.75 * log_loss(y, proba) + 0.25 * divergence(floored, proba, 3.0)
    assert est.history_["loss"] == [pytest.approx(expected, rel=1e-4)]


def test_one_output_of_two_classes_is_a_probability(binary):
    X, y = binary
    soft, floored = soft_labels(y, 2)
    est = still(loss="binary_crossentropy", model__units=1, model__activation="sigmoid")
    est.fit_soft(X, y, soft, alpha=1.0)
    proba = est.predict_proba(X)
    expected = (xlogy(floored, floored) - floored * np.log(proba)).sum(axis=1).mean()
    assert est.history_["loss"] == [pytest.approx(expected, rel=1e-4)]


def test_each_of_several_labels_is_a_probability(binary):
    X, y = binary
    Y = np.column_stack([y, 1 - y, y])
    soft = np.random.default_rng(0).uniform(size=Y.shape)
    est = still(loss="binary_crossentropy", model__units=3, model__activation="sigmoid")
    est.fit_soft(X, Y, soft, alpha=1.0, method="logits")
    floored = (1 - FLOOR) * soft + FLOOR / 2
    expected = ((logit(floored) - logit(est.predict_proba(X))) ** 2).mean() / 2
    assert est.history_["loss"] == [pytest.approx(expected, rel=1e-3)]


def test_values_have_the_loss_of_the_model(targets):
    X, y = targets
    soft = y[::-1]
    est = keras_regressor(
        loss="mae", optimizer="sgd", optimizer__learning_rate=0.0, batch_size=-1
    )
    est.fit_soft(X, y, soft, alpha=0.25)
    found = est.predict(X)
    expected = 0.75 * np.abs(found - y).mean() + 0.25 * np.abs(found - soft).mean()
    assert est.history_["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_without_weight_a_teacher_changes_nothing(iris):
    X, y = iris
    est = keras_classifier(epochs=3, model__units=8)
    taught = keras_classifier(epochs=3, model__units=8)
    est.fit(X, y)
    taught.fit_soft(X, y, np.full((len(y), 3), 1 / 3), alpha=0.0)
    np.testing.assert_allclose(
        taught.predict_proba(X), est.predict_proba(X), rtol=1e-4, atol=1e-6
    )


def test_the_model_stays_compiled_as_it_was(iris):
    X, y = iris
    est = still(metrics=["accuracy"]).fit_soft(X, y, np.eye(3)[y])
    assert est.model_.loss.__name__ == "sparse_categorical_crossentropy"
    assert set(est.history_) == {"loss"}
    assert "accuracy" in est.partial_fit(X, y).history_


def test_rows_of_no_weight_teach_nothing(iris):
    X, y = iris
    soft, _ = soft_labels(y, 3)
    weight = np.arange(150) % 2
    params = {"epochs": 2, "model__units": 8}
    some = keras_classifier(**params).fit_soft(X, y, soft, sample_weight=weight)
    kept = weight > 0
    half = keras_classifier(**params).fit_soft(X[kept], y[kept], soft[kept])
    np.testing.assert_allclose(some.predict_proba(X), half.predict_proba(X), rtol=1e-4)


def test_a_keras_model_is_a_student(iris, labels):
    student = keras_classifier(
        epochs=20, model__units=8, optimizer__learning_rate=0.02, run_eagerly=False
    )
    forest = RandomForestClassifier(30, random_state=0)
    distilled = DistilledClassifier(forest, student, random_state=0)
    distilled.fit(iris[0], labels)
    assert distilled.fidelity_.agreement > 0.9
    assert set(distilled.predict(iris[0])) == set(labels)


def test_a_student_of_a_frozen_teacher_may_see_some_classes_only(iris):
    X, y = iris
    est = still().fit_soft(X[:100], y[:100], np.eye(3)[y[:100]], classes=[0, 1, 2])
    assert est.predict_proba(X).shape == (150, 3)


def test_a_keras_model_of_values_is_a_student(targets):
    X, y = targets
    student = keras_regressor(
        epochs=60, optimizer__learning_rate=0.05, run_eagerly=False
    )
    forest = RandomForestRegressor(30, random_state=0)
    distilled = DistilledRegressor(forest, student, random_state=0).fit(X, y)
    assert distilled.score(X, y) > 0.8


class Doubled(BaseEstimator, TransformerMixin):
    """An encoder of the same labels for each of two outputs."""

    def fit(self, y):
        return self

    def transform(self, y):
        return [y, y]

    def get_metadata(self):
        return {"classes_": np.arange(3), "n_outputs_expected_": 2}


class OfTwoOutputs(KerasClassifier):
    target_encoder = Doubled()


def two_outputs(meta):
    inputs = keras.Input((meta["n_features_in_"],))
    outputs = [keras.layers.Dense(3, activation="softmax")(inputs) for _ in range(2)]
    return keras.Model(inputs, outputs)


def test_a_model_of_several_outputs_cannot_be_taught(iris):
    X, y = iris
    est = OfTwoOutputs(two_outputs, loss=["sparse_categorical_crossentropy"] * 2)
    with pytest.raises(ValueError, match=r"teaches a model of one output .* 2 losses"):
        est.fit_soft(X, y, np.eye(3)[y])
    assert not hasattr(est, "model_")


@pytest.mark.parametrize(
    ("soft", "settings", "match"),
    [
        (np.eye(3)[[0] * 149], {}, "a row for each of the 150 samples"),
        (np.full((150, 2), 0.5), {}, r"probabilities of shape \(150, 3\)"),
        (np.full((150, 3), np.nan), {}, "soft_targets contains NaN"),
        (np.full((150, 3), 1 / 3), {"alpha": 2.0}, "alpha == 2.0, must be <= 1"),
        (np.full((150, 3), 1 / 3), {"method": "hints"}, "method must be one of"),
    ],
)
def test_soft_targets_that_do_not_fit_are_refused(iris, soft, settings, match):
    est = still()
    with pytest.raises(ValueError, match=match):
        est.fit_soft(*iris, soft, **settings)
    assert not hasattr(est, "model_")


@pytest.mark.filterwarnings("error::UserWarning")
def test_nobody_is_warned_of_what_is_not_theirs(iris):
    """X of float64, and an optimizer that has not trained yet."""
    X, y = iris
    soft, _ = soft_labels(y, 3)
    still().fit_soft(X.astype(np.float64), y, soft)
    model = dense({"n_features_in_": 4, "n_classes_": 3})
    model.compile("adam", "sparse_categorical_crossentropy")
    KerasClassifier(model, verbose=0, random_state=0).fit(X, y)
