"""What scikeras' documentation shows, with the import changed."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

from skopt_nn import KerasClassifier, KerasRegressor
from skopt_nn._backend import keras
from skopt_nn.bridge import BaseWrapper
from tests.doubles import EAGER

# Keras 3.15 converts its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
QUICK = {"verbose": 0, "random_state": 0, "run_eagerly": EAGER}


@pytest.fixture(scope="module")
def classes():
    X, y = make_classification(64, 6, random_state=0)
    return X.astype("float32"), y


@pytest.fixture(scope="module")
def targets():
    X, y = make_regression(64, 6, random_state=0)
    return X.astype("float32"), (y / y.std()).astype("float32")


# -- basic usage ----------------------------------------------------------------


def get_clf(meta, hidden_layer_sizes, dropout):
    model = keras.models.Sequential()
    model.add(keras.layers.Input(shape=(meta["n_features_in_"],)))
    for hidden_layer_size in hidden_layer_sizes:
        model.add(keras.layers.Dense(hidden_layer_size, activation="relu"))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    return model


def get_reg(meta, hidden_layer_sizes=(8,)):
    model = keras.models.Sequential([keras.layers.Input((meta["n_features_in_"],))])
    for hidden_layer_size in hidden_layer_sizes:
        model.add(keras.layers.Dense(hidden_layer_size, activation="relu"))
    model.add(keras.layers.Dense(1))
    return model


def test_arguments_of_the_build_function_are_constructor_parameters(classes):
    X, y = classes
    clf = KerasClassifier(
        model=get_clf,
        loss="binary_crossentropy",
        hidden_layer_sizes=(5,),
        dropout=0.5,
        **QUICK,
    )
    clf.fit(X, y)
    assert clf.model_.layers[0].units == 5
    assert clf.predict(X[:5]).shape == (5,)
    assert clf.predict_proba(X[:5]).shape == (5, 2)


def test_the_routed_prefix_wins_over_the_bare_name(classes):
    clf = KerasClassifier(
        get_clf,
        loss="binary_crossentropy",
        hidden_layer_sizes=(5,),
        model__hidden_layer_sizes=(3,),
        dropout=0.0,
        epochs=1,
        fit__epochs=2,
        **QUICK,
    )
    clf.fit(*classes)
    assert clf.model_.layers[0].units == 3
    assert len(clf.history_["loss"]) == 2


def test_build_fn_is_the_old_name_of_model(targets):
    with pytest.warns(UserWarning, match="build_fn"):
        KerasRegressor(build_fn=get_reg, loss="mse", **QUICK).fit(*targets)


def test_pickle_of_a_regressor_is_still_trained(targets):
    reg = KerasRegressor(get_reg, loss="mse", **QUICK).fit(*targets)
    loaded = pickle.loads(pickle.dumps(reg))
    np.testing.assert_array_equal(loaded.predict(targets[0]), reg.predict(targets[0]))


def test_a_saved_keras_model_is_initialized_without_training(tmp_path, targets):
    X, y = targets
    reg = KerasRegressor(get_reg, loss="mse", **QUICK).fit(X, y)
    reg.model_.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    new = KerasRegressor(model, verbose=0).initialize(X, y)
    assert new.model_ is model
    np.testing.assert_allclose(new.predict(X), reg.predict(X), rtol=1e-5)


def test_fit_of_a_model_instance_leaves_the_instance_as_it_was(targets):
    model = get_reg({"n_features_in_": 6})
    before = model.get_weights()
    reg = KerasRegressor(model, loss="mse", **QUICK)
    first, second = (reg.fit(*targets).predict(targets[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for now, then in zip(model.get_weights(), before):
        np.testing.assert_array_equal(now, then)


class MaxValLoss(keras.callbacks.Callback):
    def __init__(self, monitor, threshold):
        super().__init__()
        self.monitor = monitor
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        if logs[self.monitor] > self.threshold:
            self.model.stop_training = True


def test_a_callback_stops_training(classes):
    clf = KerasClassifier(
        get_clf,
        loss="binary_crossentropy",
        dropout=0.5,
        hidden_layer_sizes=(5,),
        metrics=["binary_accuracy"],
        fit__validation_split=0.2,
        epochs=20,
        callbacks=[MaxValLoss("val_binary_accuracy", -1.0)],
        **QUICK,
    )
    clf.fit(*classes)
    assert len(clf.history_["loss"]) == clf.n_iter_ == 1
    assert set(clf.history_) == {
        "loss",
        "val_loss",
        "binary_accuracy",
        "val_binary_accuracy",
    }


def test_a_pipeline_in_a_grid_search_tunes_what_is_routed(classes):
    clf = KerasClassifier(
        get_clf,
        loss="binary_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.1,
        model__hidden_layer_sizes=(5,),
        model__dropout=0.0,
        batch_size=-1,
        **QUICK,
    )
    pipe = Pipeline([("scale", StandardScaler()), ("clf", clf)])
    grid = {
        "clf__optimizer__learning_rate": [0.05],
        "clf__model__hidden_layer_sizes": [(4,), (4, 4)],
    }
    search = GridSearchCV(pipe, grid, cv=2, scoring="accuracy").fit(*classes)
    best = search.best_estimator_["clf"]
    n_dense = sum(isinstance(la, keras.layers.Dense) for la in best.model_.layers)
    assert n_dense - 1 == len(search.best_params_["clf__model__hidden_layer_sizes"])


# -- arguments of the build function ----------------------------------------------


def test_meta_compile_kwargs_and_params_are_given_where_asked_for(targets):
    seen = {}

    def build(meta, compile_kwargs, params, width=4):
        seen.update(meta=meta, compile_kwargs=compile_kwargs, params=params)
        model = get_reg(meta, (width,))
        model.compile(**compile_kwargs)
        return model

    reg = KerasRegressor(
        build, loss="mse", optimizer="sgd", optimizer__momentum=0.5, width=3, **QUICK
    )
    reg.fit(*targets)
    expected = {"n_features_in_", "X_shape_", "X_dtype_", "y_dtype_", "y_ndim_"}
    assert expected | {"target_type_", "n_outputs_"} <= set(seen["meta"])
    assert isinstance(seen["compile_kwargs"]["optimizer"], keras.optimizers.SGD)
    assert seen["compile_kwargs"]["optimizer"].momentum == 0.5
    assert seen["params"] == reg.get_params()
    assert reg.model_.layers[0].units == 3


@pytest.mark.parametrize(
    "optimizer", ["sgd", keras.optimizers.SGD, keras.optimizers.SGD(0.01)]
)
@pytest.mark.parametrize(
    "loss",
    ["mse", keras.losses.MeanSquaredError, keras.losses.mean_squared_error],
)
def test_optimizer_and_loss_by_name_class_and_instance(targets, optimizer, loss):
    reg = KerasRegressor(get_reg, loss=loss, optimizer=optimizer, **QUICK)
    reference = KerasRegressor(get_reg, loss="mse", optimizer="sgd", **QUICK)
    np.testing.assert_array_equal(
        reg.fit(*targets).fit(*targets).predict(targets[0]),
        reference.fit(*targets).predict(targets[0]),
    )


def test_parameters_are_routed_to_losses_given_by_name(classes):
    clf = KerasClassifier(
        get_clf,
        hidden_layer_sizes=(),
        dropout=0,
        loss="binary_crossentropy",
        loss__label_smoothing=0.25,
        metrics="AUC",
        metrics__num_thresholds=7,
        **QUICK,
    )
    compiled = clf.fit(*classes)._get_compile_kwargs()
    assert compiled["loss"].get_config()["label_smoothing"] == 0.25
    assert compiled["metrics"][0].num_thresholds == 7


def test_a_categorical_loss_gets_one_hot_labels(classes):
    def build(meta):
        return keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(meta["n_classes_"], "softmax")]
        )

    X, y = classes
    for labels in (y, y + (X[:, 0] > 1)):
        fits = [
            KerasClassifier(build, loss=loss, **QUICK).fit(X, labels)
            for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy")
        ]
        first, second = (fit.predict_proba(X) for fit in fits)
        np.testing.assert_allclose(first, second, rtol=1e-4)
        np.testing.assert_array_equal(*(fit.predict(X) for fit in fits))


@pytest.mark.parametrize("given", [None, "categorical_crossentropy"])
def test_a_categorical_loss_compiled_in_the_build_function(classes, given):
    def build(meta):
        model = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(meta["n_classes_"], "softmax")]
        )
        model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
        return model

    clf = KerasClassifier(build, loss=given, **QUICK)
    assert clf.fit(*classes).predict_proba(classes[0]).shape == (64, 2)


def test_callbacks_are_routed_by_name_and_by_class(targets):
    reg = KerasRegressor(
        get_reg,
        loss="mse",
        epochs=20,
        callbacks={
            "stop": keras.callbacks.EarlyStopping,
            "nan": [keras.callbacks.TerminateOnNaN],
        },
        callbacks__stop__monitor="loss",
        callbacks__stop__min_delta=1e9,
        **QUICK,
    )
    reg.fit(*targets)
    assert reg.n_iter_ == 2
    assert reg.callbacks_[0].monitor == "loss"


def test_callbacks_of_fit_and_predict_are_apart(targets):
    class Count(keras.callbacks.Callback):
        calls = []

        def on_train_begin(self, logs=None):
            self.calls.append("train")

        def on_predict_begin(self, logs=None):
            self.calls.append("predict")

    reg = KerasRegressor(
        get_reg,
        loss="mse",
        fit__callbacks=[Count],
        predict__callbacks=Count,
        predict__batch_size=16,
        **QUICK,
    )
    reg.fit(*targets).predict(targets[0])
    assert Count.calls == ["train", "predict"]


def test_arguments_of_fit_and_predict_still_work(targets):
    X, y = targets
    reg = KerasRegressor(get_reg, loss="mse", **QUICK)
    reg.fit(X, y, epochs=2, batch_size=16, validation_data=(X, y))
    assert len(reg.history_["val_loss"]) == 2
    np.testing.assert_allclose(reg.predict(X, batch_size=8), reg.predict(X), rtol=1e-5)


def test_current_epoch_counts_what_history_holds(targets):
    reg = KerasRegressor(get_reg, loss="mse", epochs=2, **QUICK)
    assert reg.current_epoch == 0
    assert not reg.initialized_
    assert reg.fit(*targets).current_epoch == 2
    assert reg.partial_fit(*targets).current_epoch == 3
    assert reg.fit(*targets).current_epoch == 2
    with pytest.raises(TypeError, match="epochs"):
        reg.partial_fit(*targets, epochs=3)


def test_score_parameters_are_routed(targets):
    class Errors(KerasRegressor):
        @staticmethod
        def scorer(y_true, y_pred, sample_weight=None, power=1):
            return -float((abs(y_true - y_pred) ** power).mean())

    X, y = targets
    reg = Errors(get_reg, loss="mse", score__power=2, **QUICK).fit(X, y)
    assert reg.score(X, y) == pytest.approx(-mean_squared_error(y, reg.predict(X)))


# -- data transformers ------------------------------------------------------------


def get_two_headed(meta):
    inputs = keras.layers.Input((meta["n_features_in_"],))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    binary = keras.layers.Dense(1, activation="sigmoid")(hidden)
    several = keras.layers.Dense(meta["n_classes_"][1], activation="softmax")(hidden)
    model = keras.Model(inputs, [binary, several])
    model.compile(
        loss=["binary_crossentropy", "sparse_categorical_crossentropy"],
        run_eagerly=True,
    )
    return model


class TwoHeads(BaseEstimator, TransformerMixin):
    def fit(self, y):
        self.encoders_ = [LabelEncoder().fit(column) for column in y.T]
        return self

    def transform(self, y):
        return [e.transform(column) for e, column in zip(self.encoders_, y.T)]

    def inverse_transform(self, y, return_proba=False):
        if return_proba:
            return np.column_stack(y)
        found = (y[0].ravel() > 0.5).astype(int), y[1].argmax(axis=1)
        return np.column_stack(
            [e.inverse_transform(labels) for e, labels in zip(self.encoders_, found)]
        )

    def get_metadata(self):
        n_classes = [encoder.classes_.size for encoder in self.encoders_]
        return {"n_classes_": n_classes, "n_outputs_expected_": 2}


class TwoHeadedClassifier(KerasClassifier):
    @property
    def target_encoder(self):
        return TwoHeads()

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        return np.mean(
            [accuracy_score(*pair, **kwargs) for pair in zip(y_true.T, y_pred.T)]
        )


def test_several_outputs_by_a_target_encoder(classes):
    X, y = classes
    Y = np.column_stack([y, np.arange(len(y)) % 3])
    clf = TwoHeadedClassifier(get_two_headed, verbose=0, random_state=0).fit(X, Y)
    assert clf.n_classes_ == [2, 3]
    assert clf.predict(X).shape == (64, 2)
    assert clf.predict_proba(X).shape == (64, 4)
    assert clf.score(X, Y) == pytest.approx((clf.predict(X) == Y).mean())
    weighted = clone(clf).fit(X, Y, sample_weight=np.linspace(0, 1, 64))
    assert weighted.predict(X).shape == (64, 2)
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.predict(X), clf.predict(X))


def split_columns(X):
    return {"left": X[:, :2], "right": X[:, 2:]}


class TwoInputRegressor(KerasRegressor):
    @property
    def feature_encoder(self):
        return FunctionTransformer(split_columns)

    def _keras_build_fn(self):
        inputs = [
            keras.layers.Input((n,), name=s) for n, s in ((2, "left"), (4, "right"))
        ]
        hidden = [keras.layers.Dense(4, activation="relu")(part) for part in inputs]
        outputs = keras.layers.Dense(1)(keras.layers.Concatenate()(hidden))
        return keras.Model({"left": inputs[0], "right": inputs[1]}, outputs)


def test_several_inputs_by_a_feature_encoder(targets):
    X, y = targets
    reg = TwoInputRegressor(loss="mse", validation_split=0.25, **QUICK).fit(X, y)
    assert reg.predict(X).shape == (64,)
    np.testing.assert_array_equal(clone(reg).fit(X, y).predict(X), reg.predict(X))


def test_metadata_of_an_encoder_reaches_the_build_function(targets):
    class Scaler(MinMaxScaler):
        def get_metadata(self):
            return {"largest_": self.data_max_.max()}

    class Scaled(KerasRegressor):
        @property
        def feature_encoder(self):
            return Scaler()

    seen = {}

    def build(meta):
        seen.update(meta)
        return get_reg(meta)

    reg = Scaled(build, loss="mse", **QUICK).fit(*targets)
    assert seen["largest_"] == reg.largest_ == targets[0].max()


# -- subclassing ------------------------------------------------------------------


class MLPClassifier(KerasClassifier):
    def __init__(
        self,
        hidden_layer_sizes=(100,),
        optimizer="adam",
        optimizer__learning_rate=0.001,
        epochs=200,
        verbose=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_layer_sizes = hidden_layer_sizes
        self.optimizer = optimizer
        self.epochs = epochs
        self.verbose = verbose

    def _keras_build_fn(self, compile_kwargs):
        model = keras.Sequential([keras.layers.Input((self.n_features_in_,))])
        for size in self.hidden_layer_sizes:
            model.add(keras.layers.Dense(size, activation="relu"))
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        model.compile(
            loss="binary_crossentropy",
            optimizer=compile_kwargs["optimizer"],
            run_eagerly=True,
        )
        return model


def test_a_subclass_with_parameters_of_its_own(classes):
    clf = MLPClassifier(hidden_layer_sizes=(4,), epochs=1, random_state=0)
    copy = clone(clf).set_params(hidden_layer_sizes=(3,))
    assert clone(copy).fit(*classes).model_.layers[0].units == 3
    assert clf.fit(*classes).model_.layers[0].units == 4
    assert clone(clf).get_params() == clf.get_params()


def test_a_subclass_refuses_a_model_beside_its_own(classes):
    clf = MLPClassifier(model=get_clf)
    with pytest.raises(ValueError, match="_keras_build_fn"):
        clf.fit(*classes)


class AutoEncoder(BaseWrapper, TransformerMixin):
    def _keras_build_fn(self, encoding_dim, meta):
        n_features = meta["n_features_in_"]
        inputs = keras.Input((n_features,))
        encoder = keras.Model(inputs, keras.layers.Dense(encoding_dim)(inputs))
        codes = keras.Input((encoding_dim,))
        decoder = keras.Model(codes, keras.layers.Dense(n_features)(codes))
        whole = keras.Input((n_features,))
        model = keras.Model(whole, decoder(encoder(whole)))
        self.encoder_model_ = BaseWrapper(encoder, verbose=self.verbose)
        self.decoder_model_ = BaseWrapper(decoder, verbose=self.verbose)
        return model

    def _initialize(self, X, y=None):
        X, _ = super()._initialize(X=X, y=y)
        X_tf = self.encoder_model_.initialize(X).predict(X)
        self.decoder_model_.initialize(X_tf)
        return X, X

    def initialize(self, X):
        self._initialize(X=X, y=X)
        return self

    def fit(self, X, *, sample_weight=None):
        super().fit(X=X, y=X, sample_weight=sample_weight)
        return self

    def score(self, X):
        return 1 - mean_squared_error(self.predict(X), X)

    def transform(self, X):
        X = self.feature_encoder_.transform(X)
        return self.encoder_model_.predict(X)

    def inverse_transform(self, X_tf):
        X = self.decoder_model_.predict(X_tf)
        return self.feature_encoder_.inverse_transform(X)


def test_an_autoencoder(targets):
    X = targets[0]
    auto = AutoEncoder(
        loss="mse",
        encoding_dim=6,
        epochs=40,
        optimizer="adam",
        optimizer__learning_rate=0.05,
        **QUICK,
    )
    assert auto.fit(X).score(X) > 0.8
    codes = auto.transform(X)
    assert codes.shape == (64, 6)
    np.testing.assert_allclose(
        auto.inverse_transform(codes), auto.predict(X), atol=1e-4
    )
    assert auto.initialize(X).score(X) < 0.8


# -- other estimators ---------------------------------------------------------------


@pytest.mark.parametrize("ensemble", [AdaBoostClassifier, BaggingClassifier])
def test_ensembles(classes, ensemble):
    clf = KerasClassifier(
        get_clf,
        loss="binary_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.1,
        epochs=5,
        hidden_layer_sizes=(),
        dropout=0,
        **QUICK,
    )
    fitted = ensemble(clf, n_estimators=2, random_state=0).fit(*classes)
    assert fitted.predict_proba(classes[0]).shape == (64, 2)
    first, second = (member.model_.get_weights()[0] for member in fitted.estimators_)
    assert not np.array_equal(first, second)


def test_sparse_input_from_a_one_hot_encoder():
    X = np.arange(40).reshape(-1, 1)
    y = np.linspace(0, 1, 40)
    sparse, dense = (
        make_pipeline(
            OneHotEncoder(sparse_output=sparse),
            KerasRegressor(get_reg, loss="mse", **QUICK),
        )
        for sparse in (True, False)
    )
    np.testing.assert_array_equal(
        sparse.fit(X, y).predict(X), dense.fit(X, y).predict(X)
    )
