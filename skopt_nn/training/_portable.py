"""The same training on any Keras backend, by Keras' own step functions."""

import numpy as np

from skopt_nn._backend import keras
from skopt_nn.training._batches import batches
from skopt_nn.training._losses import LOSSES
from skopt_nn.training._optimizers import make_optimizer

ops = keras.ops


class PortableTrainer:
    """Trains one model by ``train_on_batch``; there is no program to share."""

    def __init__(self, model, loss, settings, optimizer, learning_rate, state=None):
        self.model = model
        self.row_loss = LOSSES[loss]
        self.settings = {k: v for k, v in settings.items() if k != "weight_decay"}
        self.optimizer = self._make_optimizer(
            optimizer, learning_rate, settings["weight_decay"]
        )
        if state is not None:
            for variable, value in zip(self.optimizer.variables, state):
                variable.assign(value)
        self.learning_rate = learning_rate
        model.compile(self.optimizer, loss=self._loss, jit_compile=False)
        self.reset_loss()

    def _make_optimizer(self, name, learning_rate, weight_decay):
        optimizer = make_optimizer(name, learning_rate, weight_decay)
        spared = [v for v in self.model.trainable_variables if v.name != "kernel"]
        if weight_decay and spared:
            optimizer.exclude_from_weight_decay(var_list=spared)
        optimizer.build(self.model.trainable_variables)
        return optimizer

    def _loss(self, packed, logits):
        """Keras hands over one array of targets: ours are packed side by side."""
        weights = packed[:, 0]
        targets, start = [], 1
        for shape in self.target_shapes:
            width = int(np.prod(shape))
            columns = packed[:, start : start + width]
            targets.append(ops.reshape(columns, (-1, *shape)))
            start += width
        losses = self.row_loss(logits, tuple(targets), self.settings)
        # Keras takes the mean over rows; the weights already average to one.
        return losses * weights

    def _packed(self, batch):
        x, targets, weights = batch
        self.target_shapes = [target.shape[1:] for target in targets]
        columns = [target.reshape(len(x), -1) for target in targets]
        share = weights / weights.mean()
        packed = np.hstack([share[:, None], *columns]).astype(np.float32)
        return x, packed, float(weights.sum())

    def read(self):
        """Nothing to take: the model itself is trained."""

    sync = read

    @property
    def learning_rate(self):
        return float(
            ops.convert_to_numpy(ops.convert_to_tensor(self.optimizer.learning_rate))
        )

    @learning_rate.setter
    def learning_rate(self, value):
        self.optimizer.learning_rate = value

    @property
    def optimizer_state(self):
        return [
            np.array(ops.convert_to_numpy(v.value)) for v in self.optimizer.variables
        ]

    @property
    def _variables(self):
        return [*self.model.variables, *self.optimizer.variables]

    def snapshot(self):
        return [np.array(ops.convert_to_numpy(v.value)) for v in self._variables]

    def restore(self, snapshot):
        for variable, value in zip(self._variables, snapshot):
            variable.assign(value)

    def reset_loss(self):
        self.loss_sum = self.weight_sum = 0.0

    def train(self, rows, order, size):
        """Take the rows in this order, ``size`` to a step."""
        for x, packed, weight in self._batches(rows, order, size):
            self.loss_sum += weight * float(self.model.train_on_batch(x, packed))
            self.weight_sum += weight

    def _batches(self, rows, order, size):
        # Another shape is traced again; batch normalization must not see rows that pad.
        filled = not any(hasattr(layer, "row_weights") for layer in self.model.layers)
        return map(self._packed, batches(rows, order, size, filled=filled))

    def loss(self):
        return self.loss_sum / self.weight_sum

    def is_sound(self):
        """Whether the weights are finite, and so are products with them."""
        squares = (ops.sum(ops.square(v)) for v in self.model.trainable_variables)
        return bool(np.isfinite(float(ops.convert_to_numpy(sum(squares)))))

    def evaluate(self, rows, size):
        losses = weights = 0.0
        for x, packed, weight in self._batches(rows, np.arange(len(rows)), size):
            losses += weight * float(self.model.test_on_batch(x, packed))
            weights += weight
        return losses / weights


class PortablePredictor:
    def __init__(self, model):
        self.model = model

    def __call__(self, x):
        return self.model.predict_on_batch(x)
