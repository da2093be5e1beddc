"""A compiled model in training, and what an estimator keeps of it."""

import inspect

from skopt_nn import _fitting
from skopt_nn._backend import keras
from skopt_nn.bridge import _compiling, _scikeras, _training


class TrainedModel:
    """The part of an estimator that calls ``keras.Model.fit``."""

    def _check_model_compatibility(self, y):
        expected = getattr(self, "n_outputs_expected_", None)
        _compiling.check_outputs(self.model_, expected, self.target_encoder_)
        _compiling.warn_of_logits(self.model_)
        declared = inspect.signature(type(self)).parameters.get("loss")
        default = declared.default if declared else None
        _compiling.check_loss(self.loss, default, self.model_.loss)

    def _fit_keras_model(self, X, y, model, weights, epochs, initial_epoch, **kwargs):
        arguments = _scikeras.routing.route_params(
            self.get_params(deep=False), "fit", pass_filter=self._fit_kwargs
        )
        arguments |= kwargs
        arguments["epochs"] = initial_epoch + epochs
        arguments["initial_epoch"] = initial_epoch
        callbacks = self._make_callbacks("fit", kwargs)
        run = _training.train(
            model,
            (X, y),
            weights,
            {k: v for k, v in arguments.items() if not k.startswith("callbacks")},
            seed=self._seed,
            n_before=self.n_iter_,
            callbacks=callbacks,
            hooks=[] if self._epoch_tasks is None else [self._epoch_tasks],
        )
        self.callbacks_ = callbacks
        vars(self).update(self._progress(run, initial_epoch))
        if run.diverged_at is not None:
            hint = "A smaller learning rate or scaled inputs may help."
            _fitting.warn_of_divergence(self, run.diverged_at, hint)

    def _progress(self, run, initial_epoch):
        """Attributes that count epochs, after those of a run."""
        before = getattr(self, "history_", {}) if initial_epoch else {}
        named = {_metric_name(name): list(vs) for name, vs in run.history.items()}
        return {
            "n_iter_": self.n_iter_ + len(named.get("loss", ())),
            "history_": _fitting.extended(before, len(before.get("loss", ())), named),
        }

    def _at(self, run, initial_epoch):
        """Attributes of this estimator as if training had ended with this epoch."""
        return {"model_": self._copied_model(), **self._progress(run, initial_epoch)}

    def _make_callbacks(self, method, kwargs):
        """Callbacks for one call: made from classes, copied from instances."""
        self._initialize_callbacks()
        made = {m: vars(self).pop(f"_{m}_callbacks") for m in ("fit", "predict")}
        callbacks = map(_training.copied, keras.tree.flatten(made[method]))
        return [*callbacks, *keras.tree.flatten(kwargs.get("callbacks") or [])]


def _metric_name(name):
    """scikeras' name of a metric in ``history_``: the full one for ``"mse"``."""
    if name == "loss" or name.startswith("val_"):
        return name
    try:
        return _scikeras.names.metric_name(name)
    except ValueError:
        return name
