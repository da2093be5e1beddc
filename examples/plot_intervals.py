"""
Intervals: networks that say how sure they are
==============================================

Two networks that learn quantiles give an interval for each row. The claim: such an
interval promises nothing, and holds less than it says; conformal prediction makes it
hold what it says on rows that nobody has seen.
"""

# %%
# Three networks learn the 5 %, 50 % and 95 % quantile of the same rows: between the
# first and the last should lie nine rows of ten.

import matplotlib.pyplot as plt
import numpy as np
from mapie.regression import ConformalizedQuantileRegressor
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from skopt_nn import TabularRegressor

X, y = load_diabetes(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(X, y, test_size=0.6, random_state=0)
X_conform, X_test, y_conform, y_test = train_test_split(
    X_rest, y_rest, test_size=0.5, random_state=0
)

low, median, high = (
    TabularRegressor(loss="quantile", quantile=quantile, random_state=0).fit(
        X_train, y_train
    )
    for quantile in (0.05, 0.5, 0.95)
)


def coverage(lower, upper):
    return np.mean((lower <= y_test) & (y_test <= upper))


plain = low.predict(X_test), high.predict(X_test)
print(f"quantile networks alone: {coverage(*plain):.1%} of the test rows inside")

# %%
# MAPIE takes the fitted networks and moves their intervals by what is missing on rows
# that were kept for that.

conformal = ConformalizedQuantileRegressor(
    [low, high, median], confidence_level=0.9, prefit=True
)
conformal.conformalize(X_conform, y_conform)
_, intervals = conformal.predict_interval(X_test)
lower, upper = intervals[:, 0, 0], intervals[:, 1, 0]
print(f"conformal: {coverage(lower, upper):.1%} of the test rows inside")

# %%
# The test rows, ordered by their prediction:

order = np.argsort(median.predict(X_test))
rows = np.arange(len(order))
_, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
ax.fill_between(rows, lower[order], upper[order], color="#0072B2", alpha=0.2, lw=0)
ax.plot(rows, plain[0][order], color="#0072B2", lw=1, label="quantile networks")
ax.plot(rows, plain[1][order], color="#0072B2", lw=1)
inside = (lower <= y_test) & (y_test <= upper)
for name, shown, colour in (("inside", inside, "0.4"), ("outside", ~inside, "#D55E00")):
    kept = shown[order]
    ax.scatter(rows[kept], y_test[order][kept], s=12, c=colour, label=name)
ax.set(xlabel="Test rows, by their predicted median", ylabel="Disease progression")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: the shaded intervals are wider than those of the networks by the same
# amount everywhere, and miss about one row of ten.
