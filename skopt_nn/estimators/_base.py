"""The scikit-learn border of every neural estimator."""

from dataclasses import fields, replace

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import validate_data

from skopt_nn import networks, training
from skopt_nn._compat import check_sample_weight
from skopt_nn._fitting import (
    EpochTasks,
    all_or_nothing,
    draw_seeds,
    extended,
    warn_of_divergence,
)
from skopt_nn.estimators import _rows
from skopt_nn.estimators._constraints import FieldConstraints
from skopt_nn.estimators._fitted import FittedNetwork
from skopt_nn.estimators._soft import check_length
from skopt_nn.training.hooks import check_callbacks
from skopt_nn.training.objectives import distilled

# As many as a predictor takes at once: no more are copied.
_SCORED_ROWS = 256
# Rows of these stay as they are; others, such as objects, become the first of them.
_NUMBERS = [*map(np.dtype, "fed?" + np.typecodes["AllInteger"])]
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


class NeuralEstimator(FittedNetwork):
    """Trains the network of a recipe.

    A subclass names the class of its recipe, whose fields are its parameters; a mixin
    gives the meaning of y by the methods that raise NotImplementedError here.
    """

    _parameter_constraints = FieldConstraints()
    _recipe_kind: type[networks.Recipe]
    _y_checks: dict = {}

    def _encode_y(self, y, weights, *, reset, classes):
        """Targets for training, and the weights of the rows that they leave."""
        raise NotImplementedError

    def _encode_soft(self, values, n_rows):
        """A teacher's outputs in the units of the targets."""
        raise NotImplementedError

    def _objective(self, target):
        """What is learned of the targets."""
        raise NotImplementedError

    def _strata(self, target):
        """What a held-out part has to hold its share of; None if nothing."""
        raise NotImplementedError

    def _decode(self, logits):
        """What logits stand for."""
        raise NotImplementedError

    def _score(self, decoded, examples):
        """How good it is."""
        raise NotImplementedError

    # -- training ---------------------------------------------------------------

    def _fit(self, X, y, sample_weight, soft_targets=None, classes=None):
        """Train; a fit that fails changes nothing."""
        continues = self.warm_start and hasattr(self, "model_")
        tasks = EpochTasks(
            self,
            self._max_epochs(),
            X,
            y,
            sample_weight,
            self._so_far,
            verbose=self.verbose,
        )
        with tasks, all_or_nothing(self):
            examples = self._begin(
                X, y, sample_weight, continues, soft_targets, classes=classes
            )
            self._train(examples, [tasks])
            self._describe_network()
            self._resumable = self.warm_start
        return self

    def check_fit(self, X, y, sample_weight=None, *, classes=None):
        """Raise what ``fit`` would raise for these data, without training.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, *input_shape)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            All classes, if y may lack some.
        """
        self._validate_params()
        tried = type(self).__new__(type(self))
        vars(tried).update(vars(self))
        if not self.warm_start:
            tried._forget()
        tried._check_fit(X, y, sample_weight, classes=classes)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        if self.early_stopping:
            raise ValueError(
                "partial_fit needs early_stopping=False, as it sees a part of the data "
                "in each call; got early_stopping=True. Use fit, or stop by yourself."
            )
        with all_or_nothing(self):
            continues = hasattr(self, "model_")
            examples = self._begin(X, y, sample_weight, continues, classes=classes)
            self._run(examples, None, 1)
            self._describe_network()
            self._resumable = True
        return self

    def _max_epochs(self):
        return self.epochs

    def _begin(self, X, y, sample_weight, continues, soft_targets=None, classes=None):
        """Training examples, and a network of our own: a copy or a new one."""
        if not continues:
            self._forget()
        examples = self._check_fit(X, y, sample_weight, soft_targets, classes=classes)
        if continues:
            self._recipe = replace(self._recipe, dropout=self.dropout)
            self._set_model(networks.copy(self.model_))
            networks.set_dropout(self.model_, self._recipe.dropout)
            return examples
        self._seeds = draw_seeds(self.random_state, 3)
        self._recipe = replace(self._recipe, seed=self._seeds[0])
        self._set_model(self._recipe.build())
        networks.set_statistics(self.model_, *_rows.statistics(examples, self._recipe))
        self.n_iter_ = 0
        self.history_ = {}
        self._optimizer_state = self._optimizer_name = None
        return examples

    def _forget(self):
        for name in filter(_is_learned, list(vars(self))):
            delattr(self, name)

    def _check_fit(self, X, y, sample_weight, soft_targets=None, *, classes=None):
        """Validate everything, set what describes the data, return the examples."""
        reset = not hasattr(self, "model_")
        _rows.check_input_shape(self.input_shape)
        check_callbacks(self.callbacks)
        flat, received = _rows.as_rows(X, None if reset else self._sample_shape)
        checks = {"dtype": _NUMBERS, "multi_output": True, **self._y_checks}
        flat, y = validate_data(self, flat, y, reset=reset, **checks)
        _rows.check_range(flat)
        y = y.toarray() if hasattr(y, "toarray") else y
        shape = None
        if reset:
            shape = _rows.infer_sample_shape(received, self.input_shape, flat.shape[1])
            self._sample_shape = shape[0]
            self._make_recipe(*shape, n_outputs=1)
        else:
            self._check_network()
        weights = check_sample_weight(
            sample_weight, flat, dtype=np.float64, ensure_non_negative=True
        )
        if soft_targets is not None:
            check_length(soft_targets, len(flat))
        rows, y, weights, soft_targets = self._kept(flat, y, weights, soft_targets)
        target, weights = self._encode_y(y, weights, reset=reset, classes=classes)
        if reset:
            self._recipe = self._make_recipe(*shape, n_outputs=self._n_outputs)
        objective = self._objective(target)
        if soft_targets is not None:
            values = self._encode_soft(soft_targets.values, len(rows))
            objective = distilled(
                objective, values, soft_targets.alpha, soft_targets.temperature
            )
        return _examples(rows, objective, weights)

    def _kept(self, flat, y, weights, soft_targets):
        """The rows that count, as a view; of equal ones the first, in a whole batch."""
        rows, kept = training.ArrayRows(flat), np.flatnonzero(weights)
        if len(kept) < len(weights):
            rows, y, weights = training.RowsView(rows, kept), y[kept], weights[kept]
            soft_targets = soft_targets and soft_targets.take(kept)
        if self.batch_size is None and soft_targets is None:
            every = rows.take(np.arange(len(rows)))
            first, weights = _rows.equal_rows(every, y, weights)
            rows, y = training.RowsView(rows, first), y[first]
        return rows, y, weights, soft_targets

    def _make_recipe(self, sample_shape, per_column, *, n_outputs):
        names = {of.name for of in fields(self._recipe_kind) if of.init}
        own = {name: value for name, value in vars(self).items() if name in names}
        given = {"input_shape": sample_shape, "per_column": per_column}
        return self._recipe_kind(**{**own, **given, "n_outputs": n_outputs, "seed": 0})

    def _check_network(self):
        """Refuse parameters that ask for another network than the fitted one."""
        fitted = self._recipe
        asked = self._make_recipe(
            tuple(self.input_shape or fitted.input_shape),
            fitted.per_column,
            n_outputs=fitted.n_outputs,
        )
        # Which layers are shared is learned, too: a subclass that shares looks at it.
        names = [of.name for of in fields(asked) if of.compare and of.init]
        changed = sorted(n for n in names if getattr(asked, n) != getattr(fitted, n))
        if changed:
            has, got = (
                ", ".join(f"{name}={getattr(recipe, name)!r}" for name in changed)
                for recipe in (fitted, asked)
            )
            self._refuse_network(f"which has {has}", got)

    def _refuse_network(self, has, got):
        raise ValueError(
            "warm_start and partial_fit train the fitted network on, "
            f"{has}; got {got}. Set that back, or fit a clone."
        )

    def _train(self, examples, hooks):
        examples, held_out = self._hold_out(examples)
        self._run_epochs(examples, held_out, hooks)
        if self.early_stopping:
            self.best_score_ = self._score_of(held_out)

    def _run_epochs(self, examples, held_out, hooks):
        self._run(examples, held_out, self.epochs, hooks)

    def _describe_network(self):
        self.n_parameters_ = networks.n_parameters(self.model_)

    def _run(self, examples, held_out, epochs, hooks=()):
        """Train ``model_`` for some more epochs and keep the records."""
        names = [of.name for of in fields(training.Training)]
        own = {name: getattr(self, name) for name in names}
        same_optimizer = self._optimizer_name == self.optimizer
        outcome = training.fit(
            self.model_,
            examples,
            training.Training(**{**own, "epochs": epochs}),
            seed=self._seeds[1],
            validation=held_out,
            first_epoch=self.n_iter_,
            optimizer_state=self._optimizer_state if same_optimizer else None,
            callbacks=self.callbacks,
            hooks=hooks,
        )
        vars(self).update(self._records(outcome.history))
        self._optimizer_state = outcome.optimizer_state
        self._optimizer_name = self.optimizer
        self._set_model(self.model_)
        if outcome.diverged_at is not None:
            hint = f"A smaller learning_rate (got {self.learning_rate}) may help."
            warn_of_divergence(self, outcome.diverged_at, hint, stacklevel=6)

    def _records(self, history):
        return {
            "history_": extended(self.history_, self.n_iter_, history),
            "n_iter_": self.n_iter_ + len(history["loss"]),
        }

    def _so_far(self, run):
        """Attributes of this estimator as if it had been fitted up to this epoch."""
        run.sync()
        other = type(self).__new__(type(self))
        vars(other).update(vars(self) | self._records(run.history))
        other._set_model(networks.copy(self.model_))
        other._describe_network()
        return vars(other)

    def _needs_held_out(self):
        return self.early_stopping

    def _hold_out(self, examples):
        """Split off the rows that decide when to stop."""
        if not self._needs_held_out():
            return examples, None
        try:
            train, held_out = train_test_split(
                np.arange(len(examples)),
                test_size=self.validation_fraction,
                random_state=self._seeds[2],
                stratify=self._strata(examples.objective.targets[0]),
            )
        except ValueError as err:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(examples)} "
                f"samples cannot be held out: {err} Give more samples or another "
                "validation_fraction."
            ) from err
        return examples.view(train), examples.view(held_out)

    def _score_of(self, examples):
        logits = [
            self._outputs.logits(examples.rows.take(rows))
            for rows in _rows.chunks(len(examples), _SCORED_ROWS)
        ]
        return self._score(self._decode(np.concatenate(logits)), examples)


def _examples(rows, objective, weights):
    """Examples with weights in (0, 1]; rows of no weight are left out.

    Only ratios of weights matter: relative to the largest, none overflows.
    """
    weights = (weights / weights.max()).astype(np.float32)
    examples = training.Examples(rows, objective, weights)
    return examples if weights.all() else examples.view(np.flatnonzero(weights))


def _is_learned(name):
    """Whether fit sets the attribute of this name."""
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))
