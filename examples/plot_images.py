"""
Images: where a digit stands does not matter
============================================

Convolutions look for the same thing everywhere. The claim: of digits that stand
anywhere in an image, a convolutional network reads nearly all, and a forest, which
knows pixels by their place, little more than half.
"""

# %%
# Each digit of 8 x 8 pixels is put somewhere into an image of 16 x 16.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from skopt_nn import CNNClassifier

digits, y = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
X = np.zeros((len(digits), 16, 16, 1), dtype=np.uint8)
for image, digit, (row, column) in zip(X, digits, rng.integers(9, size=(len(X), 2))):
    image[row : row + 8, column : column + 8, 0] = digit.reshape(8, 8)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# X has the shape (images, rows, columns, channels) and raw pixels: nothing else is to
# be said. The forest sees the same pixels as 256 columns.

cnn = CNNClassifier((16, 32), epochs=20, random_state=0).fit(X_train, y_train)
forest = RandomForestClassifier(random_state=0)
forest.fit(X_train.reshape(-1, 256), y_train)
scores = {
    "convolutional network": cnn.score(X_test, y_test),
    "random forest": forest.score(X_test.reshape(-1, 256), y_test),
}
for name, score in scores.items():
    print(f"{name}: {score:.3f} of the test images right")

# %%
# Images that the forest gets wrong, with what both say:

said = cnn.predict(X_test), forest.predict(X_test.reshape(-1, 256))
shown = np.flatnonzero(said[1] != y_test)[:10]
_, axes = plt.subplots(2, 5, figsize=(8, 4), layout="constrained")
for ax, i in zip(axes.flat, shown):
    ax.imshow(X_test[i, :, :, 0], cmap="gray_r")
    ax.set_title(f"network {said[0][i]}, forest {said[1][i]}", fontsize="medium")
    ax.set_axis_off()

# %%
# What is seen: the same digit in another place is another thing to the forest.
