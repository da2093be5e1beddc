"""
A Keras model of one's own as a student
=======================================

Any Keras model is an estimator by ``KerasClassifier``, and a student of any teacher by
``DistilledClassifier``. The claim: taught by a forest, which gets the images as rows, a
small model of convolutions is better than alone where labels are few.
"""

# %%
# A build function, as scikeras wants it. ``meta`` knows the data.

import keras
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skopt_nn import DistilledClassifier, KerasClassifier


def build(meta):
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def as_rows(X):
    return X.reshape(len(X), -1)


X, y = load_digits(return_X_y=True)
X = X.reshape(-1, 8, 8, 1)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=200, stratify=y, random_state=0
)
model = KerasClassifier(
    build,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    optimizer__learning_rate=0.005,
    epochs=40,
    random_state=0,
    verbose=0,
)
forest = ExtraTreesClassifier(300, random_state=0)
teacher = make_pipeline(FunctionTransformer(as_rows), forest).fit(X_train, y_train)

# %%
# The same model alone, and taught: by the teacher's probabilities of rows and of
# mixtures of rows.

alone = model.fit(X_train, y_train)
distilled = DistilledClassifier(
    FrozenEstimator(teacher), model, queries="mixtures", random_state=0
)
distilled.fit(X_train, y_train)
scores = {
    "teacher": teacher.score(X_test, y_test),
    "model alone": alone.score(X_test, y_test),
    "model taught": distilled.score(X_test, y_test),
}
for name, score in scores.items():
    print(f"{name}: {score:.3f} right")
said = teacher.predict(X_test)
agreement = [(of.predict(X_test) == said).mean() for of in (alone, distilled)]
print(f"agrees with the teacher: alone {agreement[0]:.3f}, taught {agreement[1]:.3f}")

# %%

_, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
bars = ax.barh(list(scores), list(scores.values()), color=["0.7", "#56B4E9", "#0072B2"])
ax.bar_label(bars, fmt="%.3f", padding=3)
ax.set(xlabel="Accuracy", xlim=(min(scores.values()) - 0.02, 1))
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: what the trees say about mixtures of two images is worth more than their
# labels.
