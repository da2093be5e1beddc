"""Programs compiled by JAX: pure functions of variables, batches and settings.

Nothing of a model but its architecture goes into a program, so that each one serves
every model of that architecture.
"""

import contextlib
import math
import os
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from skopt_nn._backend import keras, on_device
from skopt_nn.training._averaging import averaged, averaging_decay
from skopt_nn.training._batches import batches, stacks
from skopt_nn.training._cache import PROGRAMS
from skopt_nn.training._cpu import Inference, chunks, compiled, sequenced_after
from skopt_nn.training._disk import keep_programs_on_disk
from skopt_nn.training._keys import architecture_key, twin
from skopt_nn.training._optimizers import decays, make_optimizer
from skopt_nn.training.objectives import of_prediction

keep_programs_on_disk()


class Template:
    """A private twin of a model, which no one changes while programs are traced."""

    def __init__(self, model, keyed):
        self.model = twin(model) if keyed else model
        self.weighted = [
            layer for layer in self.model.layers if hasattr(layer, "row_weights")
        ]

    @property
    def library_rows(self):
        """The least number of rows that a layer leaves to XLA's library."""
        rows = [getattr(layer, "library_rows", None) for layer in self.model.layers]
        return min((n for n in rows if n is not None), default=math.inf)

    @cached_property
    def bytes_of_row(self):
        """Memory that the outputs of the layers take for a row."""
        return 4 * sum(map(_n_outputs, self.model.layers))

    def __call__(self, trainable, non_trainable, x, *, training, row_weights=None):
        with contextlib.ExitStack() as stack:
            for layer in self.weighted:
                token = layer.row_weights.set(row_weights)
                stack.callback(layer.row_weights.reset, token)
            return self.model.stateless_call(
                trainable, non_trainable, x, training=training
            )


def _n_outputs(layer: keras.Layer) -> int:
    try:
        return math.prod(layer.output.shape[1:])
    except AttributeError:  # a shared layer has several outputs; what follows counts
        return 0


# A call of training steps is over in about a tenth of a second: Python is asked rarely,
# and Ctrl-C waits for no more than the calls under way.
_MOST_STEPS = 16
_BYTES_OF_CALL = 2**25


class TrainProgram:
    """Gradient steps and the loss of a batch, compiled once for each shape."""

    def __init__(self, model, keyed, loss, optimizer, averages, clips):
        self.template = Template(model, keyed)
        self.loss = loss
        self.averages, self.clips = averages, clips
        self.optimizer = make_optimizer(optimizer, learning_rate=1e-3)
        variables = self.template.model.trainable_variables
        self.optimizer.build(variables)
        self.initial_optimizer_state = _to_host(
            [v.value for v in self.optimizer.variables]
        )
        names = [v.name for v in self.optimizer.variables]
        self.learning_rate_index = names.index("learning_rate")
        self.n_steps_index = names.index("iteration")
        self.decays = list(map(decays, variables))
        self.bytes_of_variables = 4 * sum(math.prod(v.shape) for v in variables)
        self.steps = compiled(self._steps, donate_argnums=0)
        self.evaluate = Inference(self._evaluate, self.template.library_rows)

    def _loss_sum(self, trainable, non_trainable, batch, settings, training):
        """Weighted sum of the rows' losses; a row that pads has weight zero."""
        x, targets, weights = batch
        logits, non_trainable = self.template(
            trainable, non_trainable, x, training=training, row_weights=weights
        )
        loss = self.loss if training else of_prediction(self.loss)
        return jnp.sum(loss(logits, targets, settings) * weights), non_trainable

    def _gradient_sum(self, state, batch, settings):
        gradient = jax.value_and_grad(self._loss_sum, has_aux=True)
        non_trainable, loss, sums = state["non_trainable"], 0.0, []
        for part in chunks(self.template, batch):
            if sums:
                part = part._replace(x=sequenced_after(part.x, sums))
            (part_loss, non_trainable), gradients = gradient(
                state["trainable"], non_trainable, part, settings, True
            )
            loss += part_loss
            sums = jax.tree.map(jnp.add, sums, gradients) if sums else gradients
        return loss, non_trainable, sums

    def steps_of_call(self, n_rows):
        """How many steps on batches of so many rows a call takes."""
        if getattr(self.template.model, "architecture", None) is None:
            # XLA on CPU calls Eigen for the gradient of a stock convolution only
            # outside of loops; inside, a scalar loop takes 16 times as long.
            return 1
        n_bytes = self.bytes_of_variables + n_rows * self.template.bytes_of_row
        return min(max(_BYTES_OF_CALL // n_bytes, 1), _MOST_STEPS)

    def _steps(self, state, n_batches, stack, rates, settings):
        """One step for each of the first ``n_batches`` batches of a stack."""
        PROGRAMS.count_compilation("train")

        def step(i, state):
            batch = jax.tree.map(lambda array: array[i], stack)
            trained = self._step(state, batch, rates[i], settings)
            # Settings are of single precision, variables may be of half.
            return jax.tree.map(lambda new, old: new.astype(old.dtype), trained, state)

        one = len(stack.x) == 1
        state = step(0, state) if one else lax.fori_loop(0, n_batches, step, state)
        squares = [jnp.vdot(v, v).astype(np.float32) for v in state["trainable"]]
        return {**state, "squares": jnp.sum(jnp.stack(squares))}

    def _step(self, state, batch, rate, settings):
        loss, non_trainable, sums = self._gradient_sum(state, batch, settings)
        weight = jnp.sum(batch.weights)
        old, optimizer = state["trainable"], list(state["optimizer"])
        optimizer[self.learning_rate_index] = rate
        gradients = [g / weight for g in sums]
        if self.clips:  # the norm is a tenth of the time of a step of a small network
            gradients = _clipped(gradients, settings["global_clipnorm"])
        new, optimizer = self.optimizer.stateless_apply(optimizer, gradients, old)
        shrink = settings["weight_decay"] * rate
        after = {
            "trainable": [
                after_step - shrink * before if decays else after_step
                for after_step, before, decays in zip(new, old, self.decays)
            ],
            "non_trainable": non_trainable,
            "optimizer": optimizer,
            "loss_sum": state["loss_sum"] + loss,
            "weight_sum": state["weight_sum"] + weight,
            "squares": state["squares"],
        }
        if self.averages:
            decay = averaging_decay(
                settings["weight_averaging"], optimizer[self.n_steps_index]
            )
            for name in _OF_MODEL:
                after[_AVERAGE[name]] = [
                    averaged(old, new, decay)
                    for old, new in zip(state[_AVERAGE[name]], after[name])
                ]
        return after

    def _evaluate(self, state, batch, settings):
        PROGRAMS.count_compilation("test")
        loss, _ = self._loss_sum(
            state["trainable"], state["non_trainable"], batch, settings, False
        )
        return loss, jnp.sum(batch.weights)


def _clipped(gradients, limit):
    """Gradients whose norm, taken together, is at most ``limit``."""
    squares = [jnp.vdot(g, g).astype(np.float32) for g in gradients]
    norm = jnp.sqrt(jnp.sum(jnp.stack(squares)))
    factor = jnp.minimum(1, limit / jnp.maximum(norm, np.finfo(np.float32).tiny))
    return [g * factor for g in gradients]


class PredictProgram:
    """The outputs of a model for a batch of rows."""

    def __init__(self, model, keyed):
        self.template = Template(model, keyed)
        self.call = Inference(self._call, self.template.library_rows)

    def _call(self, variables, x):
        PROGRAMS.count_compilation("predict")
        trainable, non_trainable = variables
        return self.template(trainable, non_trainable, x, training=False)[0]


class JaxTrainer:
    """Trains one model by a shared program; the model is written to by ``sync``."""

    def __init__(self, model, objective, training, state=None):
        key = architecture_key(model)
        self.model = model
        averages = training.weight_averaging is not None
        clips = training.global_clipnorm is not None
        what = objective.loss, training.optimizer.lower(), averages, clips
        self.program = PROGRAMS.get(
            key and ("train", key, *what),
            lambda: TrainProgram(model, key is not None, *what),
        )
        self.trained = _AVERAGE if averages else dict(zip(_OF_MODEL, _OF_MODEL))
        settings = {
            **objective.settings,
            "weight_decay": training.weight_decay,
            "global_clipnorm": training.global_clipnorm or 0.0,
            "weight_averaging": training.weight_averaging or 0.0,
        }
        self.settings = {name: np.float32(value) for name, value in settings.items()}
        if state is None:
            state = self.program.initial_optimizer_state
        self.state: dict[str, Any] = {"optimizer": _to_device(state)}
        self.read()

    def read(self):
        # Copies, as each step consumes its state.
        for name in _OF_MODEL:
            variables = getattr(self.model, f"{name}_variables")
            for part in {name, self.trained[name]}:
                self.state[part] = _to_device([v.value for v in variables])

    def sync(self):
        for name in _OF_MODEL:
            variables = getattr(self.model, f"{name}_variables")
            for variable, value in zip(variables, self.state[self.trained[name]]):
                variable.assign(on_device(value))

    @property
    def optimizer_state(self):
        return _to_host(self.state["optimizer"])

    def snapshot(self):
        names = {*_OF_MODEL, *self.trained.values(), "optimizer"}
        return {name: _to_host(self.state[name]) for name in names}

    def restore(self, snapshot):
        self.state |= {name: _to_device(part) for name, part in snapshot.items()}

    def _reset_sums(self):
        sums = ("loss_sum", "weight_sum", "squares")
        self.state |= dict.fromkeys(sums, np.float32(0))

    def train(self, examples, order, size, rates):
        self._reset_sums()
        depth = self.program.steps_of_call(size) if len(order) > size else 1
        rates = np.pad(rates, (0, -len(rates) % depth))
        for i, (n_batches, stack) in enumerate(stacks(examples, order, size, depth)):
            self.state = self.program.steps(
                self.state,
                np.int32(n_batches),
                stack,
                rates[i * depth : (i + 1) * depth],
                self.settings,
            )

    def loss(self):
        return float(self.state["loss_sum"]) / float(self.state["weight_sum"])

    def is_sound(self):
        return math.isfinite(self.state["squares"])

    def evaluate(self, examples, size):
        variables = {name: self.state[self.trained[name]] for name in _OF_MODEL}
        parts = []
        for batch in batches(examples, np.arange(len(examples)), size):
            if len(parts) >= _MOST_WAITING:
                jax.block_until_ready(parts[-_MOST_WAITING])
            part = self.program.evaluate(size, variables, batch, self.settings)
            parts.append(part)
        losses, weights = zip(*parts)
        return float(sum(losses) / sum(weights))


# A call holds its batch until its turn; JAX itself lets 32 of them wait.
_MOST_WAITING = 4
_OF_MODEL = ("trainable", "non_trainable")
_AVERAGE = {name: f"average_{name}" for name in _OF_MODEL}

# Calls with so few rows are over in less than a millisecond, or are slept through.
_AWAITED_ROWS = 32
_MOST_YIELDS = 2000
_yield_core = getattr(os, "sched_yield", lambda: None)  # Windows has none


# By way of numpy: JAX compiles a program for each shape that it copies or fills.
def _to_host(values):
    return [np.array(value) for value in values]


def _to_device(values):
    return [on_device(value) for value in values]


class JaxPredictor:
    """Outputs of one model by a shared program."""

    def __init__(self, model):
        key = architecture_key(model)
        self.program = PROGRAMS.get(
            key and ("predict", key), lambda: PredictProgram(model, key is not None)
        )
        self.variables = (
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
        )

    def __call__(self, x):
        outputs = self.program.call(len(x), self.variables, x)
        if len(x) <= _AWAITED_ROWS:
            _stay_awake(outputs)
        return outputs


def _stay_awake(outputs):
    """Wait without sleeping: to wake up takes a third of the time one row takes."""
    for _ in range(_MOST_YIELDS):
        if outputs.is_ready():
            return
        _yield_core()
