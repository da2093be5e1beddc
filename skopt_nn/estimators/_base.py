"""The scikit-learn border of every neural estimator."""

from dataclasses import fields, replace

import numpy as np
from sklearn.model_selection import train_test_split

from skopt_nn import networks, training
from skopt_nn._compat import FieldConstraints, num_samples
from skopt_nn._fitting import (
    EpochTasks,
    all_or_nothing,
    bare_copy,
    draw_seeds,
    extended,
    warn_of_divergence,
    warn_of_no_best_epoch,
)
from skopt_nn._validation_rows import check_validation
from skopt_nn.estimators import _rows, _validation
from skopt_nn.estimators._checked import CheckedNetwork
from skopt_nn.estimators._offset import Offsets, on_offsets
from skopt_nn.training.augmentation import Augmentation

# As many as a predictor takes at once: no more are copied.
_SCORED_ROWS = 256
# Fewer rows with a label than these do not say when to stop.
_LEAST_HELD_OUT = 20


class NeuralEstimator(CheckedNetwork):
    """Trains the network of a recipe.

    A subclass names the class of its recipe, whose fields are its parameters; a mixin
    gives the meaning of y by the methods that raise NotImplementedError here.
    """

    _parameter_constraints = FieldConstraints()
    _recipe_kind: type[networks.Recipe]
    _y_checks: dict = {}
    # Where a family has no such parameters.
    input_shape = augmentation = None

    def _encode_y(self, y, weights, *, reset, classes):
        """Targets for training, and the weights of the rows that they leave."""
        raise NotImplementedError

    def _encode_soft(self, taught):
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

    def _decode_y(self, target):
        """The y that was encoded."""
        raise NotImplementedError

    def _score(self, decoded, examples):
        """How good it is."""
        raise NotImplementedError

    # -- training ---------------------------------------------------------------

    def _fit(self, X, y, sample_weight, validation, taught=None, classes=None):
        """Train; a fit that fails changes nothing."""
        continues = self.warm_start and hasattr(self, "model_")
        check_validation(validation)
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
                X, y, sample_weight, continues, taught, classes=classes
            )
            held_out = self._given(validation, taught)
            self._train(examples, held_out, [tasks])
            self._describe_network()
            self._resumable = self.warm_start
        return self

    def check_fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        classes=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
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
        X_val, y_val : array-like, default=None
            Rows to validate on.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Their weights.
        """
        self._validate_params()
        validation = X_val, y_val, sample_weight_val
        check_validation(validation)
        tried = bare_copy(self)
        if not self.warm_start:
            tried._forget()
        tried._check_fit(X, y, sample_weight, classes=classes)
        tried.model_ = None  # what follows is held against X
        tried._given(validation)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        if self.early_stopping:
            raise ValueError(
                "partial_fit needs early_stopping=False, as it sees a part of the data "
                "in each call; got early_stopping=True. Use fit, or stop by yourself."
            )
        with all_or_nothing(self):
            continues = hasattr(self, "model_")
            examples = self._begin(X, y, sample_weight, continues, classes=classes)
            self._run(examples, None, epochs=1, learning_rate_schedule="constant")
            self._describe_network()
            self._resumable = True
        return self

    def _max_epochs(self):
        return None if self.epochs == "auto" else self.epochs

    def _given(self, validation, soft_targets=None):
        """Examples of the rows to validate on that ``fit`` was given, if any."""
        if validation[0] is None:
            return None
        try:
            untaught = soft_targets and soft_targets.of_none(num_samples(validation[0]))
            return self._check_fit(*validation, untaught, judges=True)
        except ValueError as err:
            raise ValueError(
                "X_val, y_val and sample_weight_val must be as X, y and sample_weight "
                f"are: {err}"
            ) from err

    def _begin(self, X, y, sample_weight, continues, taught=None, classes=None):
        """Training examples, and a network of our own: a copy or a new one."""
        if not continues:
            self._forget()
        examples = self._check_fit(X, y, sample_weight, taught, classes=classes)
        if continues:
            self._recipe = replace(self._recipe, dropout=self._asked().dropout)
            self._set_model(networks.copy(self.model_))
            networks.set_dropout(self.model_, self._recipe.dropout)
            return examples
        self._seeds = draw_seeds(self.random_state, 3)
        self._recipe = replace(self._recipe, seed=self._seeds[0])
        self._set_model(self._recipe.build())
        if isinstance(taught, Offsets):
            networks.zero_logits(self.model_)
        examples, self._origin = _rows.from_origin(examples, self._recipe)
        self._set_constants(examples)
        self.n_iter_ = 0
        self.history_ = {}
        self._optimizer_state = self._optimizer_name = None
        return examples

    def _set_constants(self, examples):
        """Tell the network what the training rows are like."""
        if self._recipe.standardizes:
            statistics = _rows.statistics(examples, self._recipe)
            networks.set_statistics(self.model_, *statistics)

    def _train(self, examples, held_out, hooks):
        if held_out is None:
            examples, held_out = self._hold_out(examples)
        self._run_epochs(examples, held_out, hooks)
        if held_out is not None:
            self.best_score_ = self._score_of(held_out)

    def _run_epochs(self, examples, held_out, hooks):
        self._run(examples, held_out, hooks)

    def _describe_network(self):
        self.n_parameters_ = networks.n_parameters(self.model_)

    def _run(self, examples, held_out, hooks=(), **changed):
        """Train ``model_`` on, with some other parameters, and keep the records."""
        names = [of.name for of in fields(training.Training)]
        own = {name: getattr(self, name) for name in names} | changed
        chosen = self._resolved(vars(self._recipe) | own)
        same_optimizer = self._optimizer_name == self.optimizer
        outcome = training.fit(
            self.model_,
            examples,
            training.Training(**{name: chosen[name] for name in names}),
            seed=self._seeds[1],
            validation=held_out,
            augmentation=self._augmentation(),
            first_epoch=self.n_iter_,
            optimizer_state=self._optimizer_state if same_optimizer else None,
            callbacks=self.callbacks,
            measures=_validation.measures(self, held_out),
            hooks=hooks,
        )
        vars(self).update(self._records(outcome.history))
        if self.early_stopping and outcome.best_epoch is not None:
            self.best_epoch_ = outcome.best_epoch + 1
        self._optimizer_state = outcome.optimizer_state
        self._optimizer_name = self.optimizer
        self._set_model(self.model_)
        if outcome.diverged_at is not None:
            hint = f"A smaller learning_rate (got {self.learning_rate}) may help."
            warn_of_divergence(self, outcome.diverged_at, hint)
        elif self.early_stopping and outcome.watched and outcome.best_epoch is None:
            warn_of_no_best_epoch(self, outcome.watched)

    def _augmentation(self):
        changes, shape = self._changes(self._recipe), self._recipe.input_shape
        if not changes:
            return None
        return Augmentation(changes, shape, *networks.get_statistics(self.model_))

    def _records(self, history):
        return {
            "history_": extended(self.history_, self.n_iter_, history),
            "n_iter_": self.n_iter_ + len(history.get("loss", ())),
        }

    def _so_far(self, run):
        """Attributes of this estimator as if it had been fitted up to this epoch."""
        run.sync()
        other = bare_copy(self, vars(self) | self._records(run.history))
        other._set_model(networks.copy(self.model_))
        other._describe_network()
        return vars(other)

    def _needs_held_out(self):
        return self.early_stopping

    def _hold_out(self, examples):
        """Split off the rows that decide when to stop."""
        if not self._needs_held_out():
            return examples, None
        rows, others = _judging(examples, self.validation_fraction)
        strata = self._strata(examples.objective.targets[0][rows])
        if examples.objective.labelled is not None:
            # What a teacher answers is no reason to fail behind its training.
            strata = _validation.on_both_sides(strata, self.validation_fraction)
        try:
            train, held_out = train_test_split(
                rows,
                test_size=self.validation_fraction,
                random_state=self._seeds[2],
                stratify=strata,
            )
        except ValueError as err:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(examples)} "
                f"samples cannot be held out: {err} Give more samples or another "
                "validation_fraction."
            ) from err
        train = np.concatenate([train, others])
        return examples.view(train), examples.view(held_out)

    def _score_of(self, examples):
        if self.scoring != "loss":
            return _validation.Score(self, examples)(self)
        logits = [
            self._outputs.logits(examples.rows.take(rows))
            for rows in _rows.chunks(len(examples), _SCORED_ROWS)
        ]
        logits = on_offsets(np.concatenate(logits), examples.objective)
        return self._score(self._decode(logits), examples)


def _judging(examples, share):
    """Rows of which a share may be held out, and the others.

    Rows that a teacher alone labels, such as others that were made of them, tell how
    well it is copied. Where there are enough others, those judge.
    """
    labelled = examples.objective.labelled
    if labelled is None or share * np.count_nonzero(labelled) < _LEAST_HELD_OUT:
        labelled = np.ones(len(examples), dtype=bool)
    return np.flatnonzero(labelled), np.flatnonzero(~labelled)
