"""
Cascade: the dear model for hard rows alone
===========================================

In a cascade the first member that is sure enough answers. The claim: a small network
before a fusion of three large ones keeps the accuracy of all four, and asks the large
ones about a part of the rows only.
"""

# %%
# A small network and three large ones, of digits.

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skopt_nn import CNNClassifier, make_cascade, make_parallel_fusion

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
shape = {"input_shape": (8, 8, 1), "epochs": 15}
small = CNNClassifier((8, 16), **shape, random_state=0)
large = make_parallel_fusion(
    *(CNNClassifier((48, 96), **shape, random_state=seed) for seed in range(3))
)

# %%
# The thresholds are learned on out-of-fold outputs: the least expected time at which no
# row leaves with a wrong answer where all members together have the right one.

cascade = make_cascade(small, large, costs=[1, 40], cv=2).fit(X_train, y_train)
proba = sum(member.predict_proba(X_test) for member in cascade.estimators_)
whole = np.mean(cascade.classes_[proba.argmax(axis=1)] == y_test)
sure = cascade.estimators_[0].predict_proba(X_test).max(axis=1)
stays = np.mean(sure < cascade.thresholds_[0])
print(f"all members: {whole:.3f}, cascade: {cascade.score(X_test, y_test):.3f}")
print(f"the large ones are asked about {stays:.0%} of the test rows")


def milliseconds(model):
    start = time.perf_counter()
    model.predict_proba(X_test)
    return 1000 * (time.perf_counter() - start)


milliseconds(cascade), milliseconds(cascade.estimators_[1])  # the first calls compile
print(f"cascade {milliseconds(cascade):.0f} ms", end=", ")
print(f"the large ones alone {milliseconds(cascade.estimators_[1]):.0f} ms")

# %%
# How sure the small network is of the rows it gets right and wrong:

right = cascade.estimators_[0].predict(X_test) == y_test
_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
bins = np.linspace(sure.min(), 1, 40)
ax.hist([sure[right], sure[~right]], bins, color=["#0072B2", "#D55E00"], stacked=True,
        label=["right", "wrong"])  # fmt: skip
ax.axvline(cascade.thresholds_[0], color="0.3", ls="--", lw=1, label="threshold")
ax.set(xlabel="Largest probability of the small network", ylabel="Test rows")
ax.set_yscale("log")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: most mistakes of the small network lie left of the threshold, and most
# rows right of it.
