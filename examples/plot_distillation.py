"""
Distillation: a small student of a large fusion
===============================================

Any scikit-learn classifier with probabilities can teach a small network. The claim: a
student with a tenth of the parameters comes within a hundredth of the accuracy of the
fusion that teaches it.
"""

# %%
# The teacher is a parallel fusion: three networks that differ in their seeds.

from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from skopt_nn import (
    CNNClassifier,
    DistilledClassifier,
    ModelComparisonDisplay,
    make_parallel_fusion,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

members = [
    CNNClassifier(input_shape=(8, 8, 1), dropout=0.3, epochs=12, random_state=seed)
    for seed in range(3)
]
teacher = make_parallel_fusion(*members).fit(X_train, y_train)

# %%
# The student learns from the labels and from the teacher's probabilities, also of
# mixtures of two images, which no label tells of. Frozen, the teacher is asked as it
# is, and not trained again.

student = CNNClassifier(
    (16, 24),
    dense_units=(),
    input_shape=(8, 8, 1),
    random_state=0,
)
distilled = DistilledClassifier(FrozenEstimator(teacher), student, random_state=0)
distilled.fit(X_train, y_train)
print(
    f"agrees with its teacher on {distilled.fidelity(X_test).agreement:.1%} of the test"
)

# %%
# All on the digits that none has seen:

models = {
    "one member": teacher.estimators_[0],
    "teacher: parallel fusion": teacher,
    "student": distilled,
}
display = ModelComparisonDisplay.from_estimators(models, X_test, y_test)
print(display.table[["score", "parameters", "bytes", "predict_ms_256"]])

# %%
# What is seen: the student stands one and a half decades to the left of its teacher
# and at nearly its height, and its file is smaller by as much.
