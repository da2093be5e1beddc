"""
Probabilities that mean what they say, and a threshold for what mistakes cost
=============================================================================

scikit-learn's tools for probabilities take a network as any classifier. The claim:
after calibration a network that was trained for too long is as often right as it says,
and a threshold tuned for costs makes mistakes cheaper.
"""

# %%
# A network that is too sure of itself: trained for long, with nothing against it.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.metrics import make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from skopt_nn import CNNClassifier, compare

X, y = make_classification(2_400, 20, n_informative=6, flip_y=0.15, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
network = CNNClassifier((), dense_units=(64,), epochs=60, random_state=0)
models = {
    "network": network,
    "calibrated": CalibratedClassifierCV(network, method="isotonic", cv=3),
}
for model in models.values():
    model.fit(X_train, y_train)
table = compare(models, X_test, y_test)
print(table[["score", "log_loss", "calibration_error"]])

# %%
# A miss (1 that is called 0) costs five times a false alarm.


def gain(y, said):
    return -(5 * np.sum((y == 1) & (said == 0)) + np.sum((y == 0) & (said == 1)))


tuned = TunedThresholdClassifierCV(
    models["calibrated"], scoring=make_scorer(gain), cv="prefit", refit=False
)
half = len(X_test) // 2
tuned.fit(X_test[:half], y_test[:half])
for name, model in (("threshold 0.5", models["calibrated"]), ("tuned", tuned)):
    print(f"{name}: costs {-gain(y_test[half:], model.predict(X_test[half:]))}")

# %%
# How sure both are, against how often they are right:

_, ax = plt.subplots(figsize=(6, 4.4), layout="constrained")
ax.plot([0.5, 1], [0.5, 1], color="0.8", lw=1)
for (name, model), colour in zip(models.items(), ("#D55E00", "#0072B2")):
    proba = model.predict_proba(X_test)
    sure, right = proba.max(axis=1), proba.argmax(axis=1) == y_test
    bins = np.clip(((sure - 0.5) * 16).astype(int), 0, 7)
    at = [bins == k for k in range(8) if np.sum(bins == k) > 9]
    ax.plot([sure[k].mean() for k in at], [right[k].mean() for k in at], "o-",
            color=colour, label=name)  # fmt: skip
ax.set(xlabel="Confidence", ylabel="Share of right predictions")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: below the line a network promises more than it holds.
