"""The same training on any Keras backend, by Keras' own step functions."""

import numpy as np

from skopt_nn._backend import keras, to_host
from skopt_nn.training._averaging import averaged, averaging_decay
from skopt_nn.training._batches import batches
from skopt_nn.training._optimizers import decays, make_optimizer
from skopt_nn.training.objectives import of_prediction

ops = keras.ops


class PortableTrainer:
    """Trains one model by ``train_on_batch``; there is no program to share."""

    def __init__(self, model, objective, training, state=None):
        self.model = model
        self.objective, self._evaluates = objective, False
        self.optimizer = self._make_optimizer(training)
        self.decay = training.weight_averaging
        # The average while training goes on, the weights while the model has it.
        self._other, self._has_average = None, False
        if state is not None:
            for variable, value in zip(self.optimizer.variables, state):
                variable.assign(value)
        model.compile(self.optimizer, loss=self._loss, jit_compile=False)

    def _make_optimizer(self, training):
        weight_decay = training.weight_decay
        optimizer = make_optimizer(training.optimizer, 1e-3, weight_decay)
        optimizer.global_clipnorm = training.global_clipnorm
        spared = [v for v in self.model.trainable_variables if not decays(v)]
        if weight_decay and spared:
            optimizer.exclude_from_weight_decay(var_list=spared)
        optimizer.build(self.model.trainable_variables)
        return optimizer

    def _loss(self, packed, logits):
        """Keras hands over one array of targets: ours are packed side by side."""
        weights = packed[:, 0]
        targets, start = [], 1
        for target in self.objective.targets:
            shape = target.shape[1:]
            width = int(np.prod(shape))
            columns = packed[:, start : start + width]
            targets.append(ops.reshape(columns, (-1, *shape)))
            start += width
        # It drops the last axis of outputs that have more axes than what it hands over.
        logits = ops.reshape(logits, (-1, *self.model.output_shape[1:]))
        loss, settings = self.objective.loss, self.objective.settings
        # Keras traces a function for each: steps on batches, and tests on them.
        loss = of_prediction(loss) if self._evaluates else loss
        losses = loss(logits, tuple(targets), settings)
        # Keras takes the mean over rows; the weights already average to one.
        return losses * weights

    def read(self):
        """Nothing to take: the model itself is trained; an average starts anew."""
        self._other, self._has_average = None, False

    def sync(self):
        if self.decay is not None:
            self._show(average=True)

    def _show(self, *, average):
        """Let the model have the average of its weights, or the weights."""
        if self._other is not None and self._has_average != average:
            shown = _copies(self.model.variables)
            for variable, value in zip(self.model.variables, self._other):
                variable.assign(value)
            self._other, self._has_average = shown, average

    def _average(self):
        decay = averaging_decay(self.decay, self.optimizer.iterations)
        now = [ops.stop_gradient(v.value) for v in self.model.variables]
        before = self._other or now
        self._other = [averaged(a, v, decay) + 0 for a, v in zip(before, now)]

    @property
    def optimizer_state(self):
        return to_host(self.optimizer.variables)

    @property
    def _variables(self):
        return [*self.model.variables, *self.optimizer.variables]

    def snapshot(self):
        self._show(average=False)
        other = None if self._other is None else list(map(_array, self._other))
        return to_host(self._variables), other

    def restore(self, snapshot):
        values, self._other = snapshot
        self._has_average = False
        for variable, value in zip(self._variables, values):
            variable.assign(value)

    def train(self, examples, order, size, rates):
        self._show(average=False)
        if self.decay is not None and self._other is None:
            self._other = _copies(self.model.variables)
        rate, parts = None, []
        for next_rate, (x, packed, weight) in zip(
            rates, self._batches(examples, order, size)
        ):
            if next_rate != rate:
                self.optimizer.learning_rate = rate = float(next_rate)
            parts.append((weight, float(self.model.train_on_batch(x, packed))))
            if self.decay is not None:
                self._average()
        self._mean = _mean(parts)

    def _batches(self, examples, order, size):
        # Another shape is traced again; batch normalization must not see rows that pad.
        filled = not any(hasattr(layer, "row_weights") for layer in self.model.layers)
        return map(_packed, batches(examples, order, size, filled=filled))

    def loss(self):
        return self._mean

    def is_sound(self):
        squares = (ops.sum(ops.square(v)) for v in self.model.trainable_variables)
        return bool(np.isfinite(float(ops.convert_to_numpy(sum(squares)))))

    def evaluate(self, examples, size):
        self.sync()
        self._evaluates = True
        try:
            return _mean(
                (weight, float(self.model.test_on_batch(x, packed)))
                for x, packed, weight in self._batches(
                    examples, np.arange(len(examples)), size
                )
            )
        finally:
            self._evaluates = False


def _packed(batch):
    columns = [target.reshape(len(batch.x), -1) for target in batch.targets]
    share = batch.weights / batch.weights.mean()
    packed = np.hstack([share[:, None], *columns]).astype(np.float32)
    return batch.x, packed, float(batch.weights.sum())


def _mean(parts):
    weights, losses = zip(*parts)
    return float(np.dot(weights, losses) / sum(weights))


def _array(value):
    return np.array(ops.convert_to_numpy(value))


def _copies(variables):
    return [ops.copy(ops.stop_gradient(v.value)) for v in variables]


class PortablePredictor:
    def __init__(self, model):
        self.model = model

    def __call__(self, x):
        return self.model.predict_on_batch(x)
