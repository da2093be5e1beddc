"""
Boosted trees in a small file
=============================

Any scikit-learn model teaches a small network. The claim: a student stands in for
boosted trees in less than a third of their bytes, with an accuracy within a hundredth
of theirs.
"""

# %%
# The teacher: boosted trees for breast cancer.

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from skopt_nn import DistilledClassifier, FidelityDisplay, compare

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.4, stratify=y, random_state=0
)
trees = HistGradientBoostingClassifier(random_state=0).fit(X_train, y_train)

# %%
# ``student=None`` is a small network of tables. It learns from the labels, from what
# the trees say about the same rows, and about rows whose columns are drawn anew.

distilled = DistilledClassifier(FrozenEstimator(trees), random_state=0)
distilled.fit(X_train, y_train)
table = compare({"boosted trees": trees, "student": distilled}, X_test, y_test)
print(table[["score", "log_loss", "bytes"]])

# %%
# How sure both are, against how often they are right, and where they agree:

display = FidelityDisplay.from_estimator(distilled, X_test, y_test)

# %%
# What is seen: the student says what its teacher says about nearly all rows.
