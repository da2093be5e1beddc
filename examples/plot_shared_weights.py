"""
Shared weights: a deep network that stores one set of weights
=============================================================

Layers of equal shape can be one layer, applied again and again. The claim: on
scikit-learn's digits such a network stores less than a quarter of the weights of a
plain convolutional network, and is right as often, within a hundredth.
"""

# %%
# Both are scikit-learn classifiers. The digits go in as flat rows of 64 pixels,
# ``input_shape`` says what a row looks like.

from sklearn.datasets import load_digits

from skopt_nn import CNNClassifier, ModelComparisonDisplay, SharedWeightClassifier

X, y = load_digits(return_X_y=True)
settings = {"input_shape": (8, 8, 1), "epochs": 20, "random_state": 0}

cnn = CNNClassifier(**settings)
shared = SharedWeightClassifier((32, 32, 32), **settings)

# %%
# ``from_estimators`` trains clones on three quarters of the digits and judges them by
# the others.

models = {"CNN": cnn, "shared weights": shared}
display = ModelComparisonDisplay.from_estimators(models, X, y)
print(display.table[["score", "parameters", "bytes"]])

# %%
# Which layers share, and how much it saves against the same layers unshared:

shared.fit(X, y)
print(shared.shared_weights_)
print(f"{shared.compression_ratio_:.1f}x fewer parameters than without sharing")

# %%
# What is seen: the network with shared weights stands far to the left of the other, at
# about the same height. It is the deeper of the two, so it takes longer to train.
