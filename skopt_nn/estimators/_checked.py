"""What a neural estimator checks before it trains."""

from dataclasses import fields

import numpy as np
from sklearn.utils.validation import validate_data

from skopt_nn import training
from skopt_nn._compat import check_sample_weight
from skopt_nn._soft_targets import check_length
from skopt_nn.estimators import _rows, _validation
from skopt_nn.estimators._defaults import filled
from skopt_nn.estimators._fitted import FittedNetwork
from skopt_nn.training.augmentation import check_augmentation
from skopt_nn.training.hooks import check_callbacks

# Rows of these stay as they are; others, such as objects, become the first of them.
_NUMBERS = [*map(np.dtype, "fed?" + np.typecodes["AllInteger"])]
_PRIVATE_STATE = {
    "_columns",
    "_n_bins",
    "_n_values",
    "_origin",
    "_optimizer_name",
    "_optimizer_state",
    "_outputs",
    "_recipe",
    "_resumable",
    "_sample_shape",
    "_seeds",
    "_target_state",
}


class CheckedNetwork(FittedNetwork):
    """Data and parameters become examples and a recipe, or an error."""

    def _check_fit(
        self, X, y, sample_weight, taught=None, *, classes=None, judges=False
    ):
        """Validate everything, set what describes the data, return the examples.

        Rows that judge stay as they are: none is merged with its equals.
        """
        reset = not hasattr(self, "model_")
        check_callbacks(self.callbacks)
        _validation.check_scoring(self.scoring)
        flat, y, weights, shape = self._check_data(X, y, sample_weight, reset)
        if taught is not None:
            check_length(taught, len(flat))
        rows, y, weights, taught = self._kept(flat, y, weights, taught, judges)
        target, counted = self._encode_y(y, weights, reset=reset, classes=classes)
        if reset:
            self._recipe = self._make_recipe(*shape, n_outputs=self._n_outputs)
        objective = self._objective(target)
        if taught is not None:
            objective = taught.teach(objective, self)
        return _examples(rows, objective, counted, weights)

    def _check_data(self, X, y, sample_weight, reset):
        """Flat rows, y and weights; the first time also what one sample is."""
        _rows.check_input_shape(self.input_shape)
        flat, received = _rows.as_rows(X, None if reset else self._sample_shape)
        checks = {"dtype": _NUMBERS, "multi_output": True, **self._y_checks}
        with _rows.numbers_wanted(flat):
            flat, y = validate_data(self, flat, y, reset=reset, **checks)
        weights = check_sample_weight(
            sample_weight, flat, dtype=np.float64, ensure_non_negative=True
        )
        self._check_values(flat, weights, reset)
        y = y.toarray() if hasattr(y, "toarray") else y
        shape = None
        if reset:
            shape = _rows.infer_sample_shape(received, self.input_shape, flat.shape[1])
            if self.input_shape is None:
                _rows.warn_of_axes(received, flat.dtype)
                if received is None and vars(self).get("vocabulary_size") is None:
                    _rows.warn_of_token_ids(flat)
            self._sample_shape = shape[0]
            self._changes(self._make_recipe(*shape, n_outputs=1))
        else:
            self._check_network()
        return flat, y, weights, shape

    def _check_values(self, flat, weights, reset):
        """Refuse values of X that the network does not take."""
        _rows.check_range(flat)

    def _kept(self, flat, y, weights, taught, judges):
        """The rows that count, as a view; of equal ones the first, in a whole batch."""
        rows, kept = training.ArrayRows(flat, self._origin), np.flatnonzero(weights)
        if len(kept) < len(weights):
            rows, y, weights = training.RowsView(rows, kept), y[kept], weights[kept]
            taught = taught and taught.take(kept)
        if self.batch_size is None and taught is None and not judges:
            first, weights = _rows.equal_rows(flat[kept], y, weights)
            rows, y = training.RowsView(rows, first), y[first]
        return rows, y, weights, taught

    def _make_recipe(self, sample_shape, per_column, *, n_outputs):
        names = {of.name for of in fields(self._recipe_kind) if of.init}
        own = {name: value for name, value in vars(self).items() if name in names}
        given = {"input_shape": sample_shape, "per_column": per_column, "seed": 0}
        own |= given | {"n_outputs": n_outputs}
        return self._recipe_kind(**self._resolved(own))

    def _resolved(self, fields):
        """Fields of a recipe, and the augmentation, with values in place of "auto"."""
        return filled(fields, {"augmentation": None})

    def _asked(self):
        """The recipe that parameters ask for, for samples as they were."""
        fitted = self._recipe
        shape = tuple(self.input_shape or fitted.input_shape)
        return self._make_recipe(shape, fitted.per_column, n_outputs=fitted.n_outputs)

    def _check_network(self):
        """Refuse parameters that ask for another network than the fitted one."""
        fitted, asked = self._recipe, self._asked()
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

    def _changes(self, recipe):
        """What is done to samples at random in training."""
        chosen = self._resolved({"augmentation": self.augmentation, **vars(recipe)})
        return check_augmentation(
            chosen["augmentation"], recipe.input_shape, of_ids=not recipe.standardizes
        )

    def _forget(self):
        for name in filter(_is_learned, list(vars(self))):
            delattr(self, name)


def _examples(rows, objective, weights, row_weights):
    """Examples with weights in (0, 1]; rows of no weight are left out.

    Only ratios of weights matter: relative to the largest, none overflows.
    """
    weighs_classes = row_weights is not weights
    row_weights = _relative(row_weights) if weighs_classes else None
    weights = _relative(weights)
    examples = training.Examples(rows, objective, weights, row_weights)
    return examples if weights.all() else examples.view(np.flatnonzero(weights))


def _relative(weights):
    return (weights / weights.max()).astype(np.float32)


def _is_learned(name):
    """Whether fit sets the attribute of this name."""
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))
