"""The scikit-learn border of every neural estimator."""

import math
import pickle
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from skopt_nn import networks, training
from skopt_nn.estimators import _rows
from skopt_nn.estimators._monitor import EpochMonitor
from skopt_nn.estimators._outputs import model_attributes
from skopt_nn.estimators._soft import check_rows

# Rows keep these dtypes until a batch is cut from them; others become float32.
_ROW_DTYPES = (np.float32, np.float16, np.uint8)

_PRIVATE_STATE = {
    "_optimizer_name",
    "_optimizer_state",
    "_outputs",
    "_recipe",
    "_resumable",
    "_sample_shape",
    "_seeds",
    "_target_state",
}


class NeuralEstimator(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
):
    """Fit, predict and persist a network that a subclass describes by a recipe.

    A subclass gives ``_make_recipe(sample_shape, n_outputs, table, seed)``; a mixin
    gives the meaning of y: ``_encode_y``, ``_loss`` and what predictions look like.
    """

    _parameter_constraints = {
        "input_shape": [tuple, list, None],
        "optimizer": [StrOptions(set(training.OPTIMIZERS))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # -- training ---------------------------------------------------------------

    def _fit(self, X, y, sample_weight, lesson=None, classes=None):
        """Train a successor and become it at the end: a failed fit changes nothing."""
        context = self._init_callback_context(max_subtasks=self._max_epochs())
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        fresh = self._successor(self._resumes())
        rows = fresh._check_fit(X, y, sample_weight, lesson, classes=classes)
        monitor = EpochMonitor(self, fresh, context, X, y, sample_weight)
        fresh._train(rows, self.epochs, lesson.settings if lesson else {}, monitor)
        fresh._resumable = self.warm_start
        self._adopt(fresh)
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    def check_fit(self, X, y, sample_weight=None, *, classes=None):
        """Raise what ``fit`` would raise for these data, without training.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            All classes, if y may lack some.
        """
        self._validate_params()
        fresh = self._successor(self._resumes())
        fresh._check_fit(X, y, sample_weight, None, classes=classes)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        if self.early_stopping:
            raise ValueError(
                "partial_fit needs early_stopping=False, as it sees a part of the data "
                "in each call; got early_stopping=True. Use fit, or stop by yourself."
            )
        fresh = self._successor(hasattr(self, "model_"))
        rows = fresh._check_fit(X, y, sample_weight, None, classes=classes)
        fresh._run(rows, None, 1, {}, None)
        fresh._describe_network()
        fresh._resumable = True
        return self._adopt(fresh)

    def _max_epochs(self):
        return self.epochs

    def _resumes(self):
        return self.warm_start and hasattr(self, "model_")

    def _successor(self, resumes):
        """An estimator of the same parameters, with a copy of the network or none."""
        fresh = type(self).__new__(type(self))
        for name, value in vars(self).items():
            if resumes or not _is_learned(name):
                setattr(fresh, name, value)
        if resumes:
            fresh._recipe = {**self._recipe, "dropout": float(self.dropout)}
            fresh._set_model(networks.copy(fresh._recipe, self.model_))
        return fresh

    def _check_network(self):
        """Refuse parameters that ask for another network than the fitted one."""
        fitted = self._recipe
        shape = tuple(self.input_shape or fitted["input_shape"])
        self._check_architecture(shape, fitted["table"])
        asked = self._make_recipe(
            shape, fitted["n_outputs"], fitted["table"], fitted["seed"]
        )
        # Which layers are shared is learned, too: a subclass that shares looks at it.
        names = asked.keys() - {"groups"}
        changed = sorted(name for name in names if asked[name] != fitted[name])
        if changed:
            has, got = (
                ", ".join(f"{name}={recipe[name]!r}" for name in changed)
                for recipe in (fitted, asked)
            )
            self._refuse_network(f"which has {has}", got)

    def _refuse_network(self, has, got):
        raise ValueError(
            "warm_start and partial_fit train the fitted network on, "
            f"{has}; got {got}. Set that back, or fit a clone."
        )

    def _adopt(self, fresh):
        for name in [name for name in vars(self) if _is_learned(name)]:
            delattr(self, name)
        vars(self).update({k: v for k, v in vars(fresh).items() if _is_learned(k)})
        return self

    def _check_fit(self, X, y, sample_weight, lesson, *, classes=None):
        """Validate everything, set what describes the data, return training rows.

        A successor without a network gets one; with one, that has to fit.
        """
        reset = not hasattr(self, "model_")
        _rows.check_input_shape(self.input_shape)
        training.check_callbacks(self.callbacks)
        flat, received = _rows.as_rows(X, None if reset else self._sample_shape)
        flat, y = validate_data(
            self,
            flat,
            y,
            reset=reset,
            dtype=_ROW_DTYPES,
            multi_output=True,
            **self._y_checks,
        )
        if hasattr(y, "toarray"):
            y = y.toarray()
        if reset:
            self._sample_shape, table = _rows.infer_sample_shape(
                received, self.input_shape, flat.shape[1]
            )
            self._check_architecture(self._sample_shape, table)
        else:
            self._check_network()
        if lesson is not None:
            check_rows(lesson, len(flat))
        weights = _check_sample_weight(
            sample_weight, flat, dtype=np.float64, ensure_non_negative=True
        )
        kept = weights > 0
        if not kept.all():
            flat, y, weights = flat[kept], y[kept], weights[kept]
            lesson = lesson and lesson.take(kept)
        if self.batch_size is None and lesson is None:
            flat, y, weights = _rows.merge_equal_rows(flat, y, weights)
        targets, weights = self._encode_y(y, weights, reset=reset, classes=classes)
        if lesson is not None:
            soft = self._encode_soft(lesson.soft_targets, len(flat))
            targets = (*targets, soft, lesson.alpha)
        rows = _rows.weighted_rows(flat, targets, weights)
        if reset:
            self._start(rows.X, rows.weights, table)
        return rows

    def _start(self, flat, weights, table):
        """Seeds, an untrained network and empty records."""
        self._seeds = _seeds(self.random_state)
        self._recipe = self._make_recipe(
            self._sample_shape, self._n_outputs, table, self._seeds[0]
        )
        self._set_model(networks.build(self._recipe))
        networks.set_statistics(
            self.model_,
            *_rows.statistics(flat, weights, self._sample_shape, table),
        )
        self.n_iter_ = 0
        self.history_ = {}
        self._optimizer_state = self._optimizer_name = None

    def _set_model(self, model):
        vars(self).update(model_attributes(model))

    def _train(self, rows, epochs, soft_settings, monitor):
        rows, held_out = self._hold_out(rows)
        self._run(rows, held_out, epochs, soft_settings, monitor)
        if self.early_stopping:
            self.best_score_ = self._score_of(held_out)
        self._describe_network()

    def _describe_network(self):
        self.n_parameters_ = networks.n_parameters(self.model_)

    def _run(self, rows, held_out, epochs, soft_settings, monitor):
        """Train ``model_`` for some more epochs and keep the records."""
        same_optimizer = self._optimizer_name == self.optimizer
        outcome = training.fit(
            self.model_,
            rows,
            loss=self._loss(len(rows.targets) > 1),
            settings={**self._settings(), **soft_settings},
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            epochs=epochs,
            batch_size=self.batch_size,
            seed=self._seeds[1],
            validation=held_out,
            patience=self.n_iter_no_change if self.early_stopping else None,
            first_epoch=self.n_iter_,
            optimizer_state=self._optimizer_state if same_optimizer else None,
            callbacks=training.copies(self.callbacks),
            monitor=monitor,
        )
        self._keep_records(outcome)

    def _keep_records(self, outcome):
        n_epochs = len(outcome.history["loss"])
        self.history_ = {
            name: self.history_.get(name, [math.nan] * self.n_iter_)
            + outcome.history.get(name, [math.nan] * n_epochs)
            for name in {**self.history_, **outcome.history}
        }
        self.n_iter_ += n_epochs
        self._optimizer_state = outcome.optimizer_state
        self._optimizer_name = self.optimizer
        self._set_model(self.model_)
        if outcome.diverged_at is not None:
            warnings.warn(
                f"The loss of {type(self).__name__} was not finite in epoch "
                f"{outcome.diverged_at + 1}: training stopped and the weights before "
                "that epoch were kept. A smaller learning_rate "
                f"(got {self.learning_rate}) may help.",
                ConvergenceWarning,
                stacklevel=6,
            )

    def _settings(self):
        return {"weight_decay": self.weight_decay}

    def _needs_held_out(self):
        return self.early_stopping

    def _hold_out(self, rows):
        """Split off the rows that decide when to stop."""
        if not self._needs_held_out():
            return rows, None
        try:
            train, held_out = train_test_split(
                np.arange(len(rows)),
                test_size=self.validation_fraction,
                random_state=self._seeds[2],
                stratify=self._strata(rows.targets[0]),
            )
        except ValueError as err:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(rows)} "
                f"samples cannot be held out: {err} Give more samples or another "
                "validation_fraction."
            ) from err
        return _rows.subset(rows, train), _rows.subset(rows, held_out)

    def _score_of(self, held_out):
        return self._held_out_score(
            self._decode(self._outputs.logits(held_out.X)), held_out
        )

    # -- prediction -------------------------------------------------------------

    def _check_predict(self, X):
        check_is_fitted(self, "model_")
        X, _ = _rows.as_rows(X, self._sample_shape)
        if not hasattr(self, "feature_names_in_") and _rows.are_sound(
            X, self.n_features_in_, _ROW_DTYPES
        ):
            return X
        return validate_data(self, X, reset=False, dtype=_ROW_DTYPES)

    def _outputs_of(self, name, X):
        rows = self._check_predict(X)
        return getattr(self._outputs, name)(rows)

    def transform(self, X):
        """Features of the network's last hidden layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float32
        """
        return self._outputs_of("features", X)

    @property
    def _n_features_out(self):
        return int(self.model_.get_layer("logits").kernel.shape[0])

    def fit_transform(self, X, y, sample_weight=None):
        """Fit, then return the last hidden features of the same rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float32
        """
        return self.fit(X, y, sample_weight=sample_weight).transform(X)

    # -- persistence ------------------------------------------------------------

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_outputs", None)
        if "model_" in state:
            state["model_"] = networks.get_values(state["model_"])
            if not state.get("_resumable"):
                state["_optimizer_state"] = state["_optimizer_name"] = None
            if not _can_pickle(state["callbacks"]):
                warnings.warn(
                    f"callbacks of this fitted {type(self).__name__} cannot be pickled "
                    "and are left out: they have done their work, and None stands in "
                    "their place. Callbacks without lambdas or open files are kept.",
                    stacklevel=3,
                )
                state["callbacks"] = None
        return state

    def __setstate__(self, state):
        state = dict(state)
        values = state.pop("model_", None)
        super().__setstate__(state)
        if values is not None:
            self._set_model(networks.set_values(networks.build(self._recipe), values))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _is_learned(name):
    """Whether fit sets the attribute of this name."""
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))


def _can_pickle(callbacks):
    try:
        pickle.dumps(callbacks or None)
    except Exception:
        return False
    return True


def _seeds(random_state):
    """Seeds of network, order of rows and held-out part, from nothing global."""
    if random_state is None:
        entropy = None
    elif isinstance(random_state, np.random.RandomState):
        entropy = int(random_state.randint(np.iinfo(np.int32).max))
    else:
        entropy = int(random_state)
    state = np.random.SeedSequence(entropy).generate_state(3)
    return [int(seed) // 2 for seed in state]
