"""
Series: shapes in time
======================

A series is an image of one axis. The claim: waves of three shapes, of any pitch and
phase and under noise, are told apart by the default network with no feature made by
hand, where nearest neighbours see next to nothing.
"""

# %%
# Sines, saws and squares of 96 steps.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skopt_nn import CNNClassifier

rng = np.random.default_rng(0)
n, steps = 900, np.arange(96)
pitch, phase = rng.uniform(3, 9, (n, 1)), rng.uniform(0, 1, (n, 1))
turns = (pitch * steps / len(steps) + phase) % 1
y = rng.permutation(np.repeat(["saw", "sine", "square"], n // 3))
waves = {
    "saw": 2 * turns - 1,
    "sine": 1.4 * np.sin(2 * np.pi * turns),
    "square": np.where(turns < 0.5, 1.0, -1.0),
}
X = np.select([(y == name)[:, None] for name in waves], list(waves.values()))
X += rng.normal(0, 0.5, X.shape)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# ``input_shape`` says that columns are steps in time, each of one channel. The rest of
# the network follows from the data: wide kernels, and a mean over time.

cnn = CNNClassifier(input_shape=(96, 1), epochs=25, random_state=0)
cnn.fit(X_train, y_train)
neighbours = KNeighborsClassifier().fit(X_train, y_train)
for name, model in (("network", cnn), ("nearest neighbours", neighbours)):
    print(f"{name}: {model.score(X_test, y_test):.3f} of the test series right")

# %%
# A series of each shape, and how sure the network is of it:

_, axes = plt.subplots(3, 1, figsize=(8, 5), sharex=True, layout="constrained")
for ax, name in zip(axes, cnn.classes_):
    i = np.flatnonzero(y_test == name)[0]
    proba = cnn.predict_proba(X_test[[i]])[0]
    said = ", ".join(f"{k} {p:.2f}" for k, p in zip(cnn.classes_, proba))
    ax.plot(X_test[i], color="#0072B2")
    ax.set_title(f"{name}: {said}", fontsize="medium", loc="left")
    ax.spines[["top", "right"]].set_visible(False)
axes[-1].set_xlabel("Step")

# %%
# What is seen: noise half as loud as the wave does not hide its shape from a network
# that looks at nine steps at once, wherever they are.
