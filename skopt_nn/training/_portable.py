"""The same training on any Keras backend, by Keras' own step functions."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._batches import batches
from skopt_nn.training._optimizers import decays, make_optimizer

ops = keras.ops


class PortableTrainer:
    """Trains one model by ``train_on_batch``; there is no program to share."""

    def __init__(self, model, objective, optimizer, weight_decay, state=None):
        self.model = model
        self.objective = objective
        self.optimizer = self._make_optimizer(optimizer, weight_decay)
        if state is not None:
            for variable, value in zip(self.optimizer.variables, state):
                variable.assign(value)
        model.compile(self.optimizer, loss=self._loss, jit_compile=False)

    def _make_optimizer(self, name, weight_decay):
        optimizer = make_optimizer(name, 1e-3, weight_decay)
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
        settings = self.objective.settings
        losses = self.objective.loss(logits, tuple(targets), settings)
        # Keras takes the mean over rows; the weights already average to one.
        return losses * weights

    def read(self):
        """Nothing to take: the model itself is trained."""

    sync = read

    @property
    def optimizer_state(self):
        return _to_host(self.optimizer.variables)

    @property
    def _variables(self):
        return [*self.model.variables, *self.optimizer.variables]

    def snapshot(self):
        return _to_host(self._variables)

    def restore(self, snapshot):
        for variable, value in zip(self._variables, snapshot):
            variable.assign(value)

    def train(self, examples, order, size, rates):
        rate, parts = None, []
        for next_rate, (x, packed, weight) in zip(
            rates, self._batches(examples, order, size)
        ):
            if next_rate != rate:
                self.optimizer.learning_rate = rate = float(next_rate)
            parts.append((weight, float(self.model.train_on_batch(x, packed))))
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
        return _mean(
            (weight, float(self.model.test_on_batch(x, packed)))
            for x, packed, weight in self._batches(
                examples, np.arange(len(examples)), size
            )
        )


def _packed(batch):
    columns = [target.reshape(len(batch.x), -1) for target in batch.targets]
    share = batch.weights / batch.weights.mean()
    packed = np.hstack([share[:, None], *columns]).astype(np.float32)
    return batch.x, packed, float(batch.weights.sum())


def _mean(parts):
    weights, losses = zip(*parts)
    return float(np.dot(weights, losses) / sum(weights))


def _to_host(variables):
    return [np.array(ops.convert_to_numpy(v.value)) for v in variables]


class PortablePredictor:
    def __init__(self, model):
        self.model = model

    def __call__(self, x):
        return self.model.predict_on_batch(x)
