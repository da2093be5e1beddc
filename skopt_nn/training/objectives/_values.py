"""Values: scaled targets of a regression."""

from skopt_nn._backend import keras

ops = keras.ops


def squared_error(logits, targets, settings):
    """Mean over the outputs of the squared error."""
    (values,) = targets
    return ops.mean(ops.square(logits - values), axis=-1)


def absolute_error(logits, targets, settings):
    """Mean over the outputs of the absolute error, which is least at the median."""
    (values,) = targets
    return ops.mean(ops.abs(logits - values), axis=-1)


def quantile_error(logits, targets, settings):
    """Mean over the outputs of the pinball loss, which is least at ``quantile``.

    References
    ----------
    R. Koenker, G. Bassett. "Regression Quantiles". Econometrica 46(1), 1978, 33-50.
    doi:10.2307/1913643.
    """
    (values,) = targets
    above = values - logits
    quantile = settings["quantile"]
    return ops.mean(ops.maximum(quantile * above, (quantile - 1) * above), axis=-1)


# In units of the standard deviation of normal errors: 95 % as efficient as the mean.
_HUBER = 1.345


def huber_error(logits, targets, settings):
    """Squared up to 1.345 units and linear beyond, mean over the outputs.

    References
    ----------
    P. J. Huber. "Robust Estimation of a Location Parameter". Annals of Mathematical
    Statistics 35(1), 1964, 73-101. doi:10.1214/aoms/1177703732.
    """
    (values,) = targets
    error = ops.abs(logits - values)
    near = ops.minimum(error, _HUBER)
    return ops.mean(near * (error - near / 2), axis=-1)


def poisson_deviance(logits, targets, settings):
    """Half the Poisson deviance of ``exp(logits)``, less what only y tells."""
    (values,) = targets
    return ops.mean(ops.exp(logits) - values * logits, axis=-1)


def gamma_deviance(logits, targets, settings):
    """Half the gamma deviance of ``exp(logits)``, less what only y tells."""
    (values,) = targets
    return ops.mean(logits + values * ops.exp(-logits), axis=-1)
