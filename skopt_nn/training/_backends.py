"""Which trainer and predictor serve the backend that Keras runs on."""

from skopt_nn._backend import keras

if keras.backend.backend() == "jax":
    from skopt_nn.training._jax import JaxPredictor as PREDICTOR
    from skopt_nn.training._jax import JaxTrainer as TRAINER
else:
    from skopt_nn.training._portable import PortablePredictor as PREDICTOR
    from skopt_nn.training._portable import PortableTrainer as TRAINER

__all__ = ["PREDICTOR", "TRAINER"]
