"""
Tuning: halving, and a study of Optuna
======================================

Networks are tuned by whatever tunes scikit-learn's models. The claim: successive
halving with epochs as the resource, and a study of Optuna, find settings that are
better than the middle of those that were tried.
"""

# %%
# Halving: all settings for few epochs, the better ones for more.

import matplotlib.pyplot as plt
import optuna
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingGridSearchCV,
    cross_val_score,
    train_test_split,
)

from skopt_nn import CNNClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
cnn = CNNClassifier((8, 16), input_shape=(8, 8, 1), batch_size=64, random_state=0)
halving = HalvingGridSearchCV(
    cnn,
    {"learning_rate": [0.0003, 0.001, 0.003, 0.01], "dropout": [0.0, 0.5]},
    resource="epochs",
    min_resources=2,
    max_resources=16,
    factor=2,
    cv=3,
).fit(X_train, y_train)
print(f"halving: {halving.best_params_}, {halving.score(X_test, y_test):.3f} right")

# %%
# A study draws what it tries next from what it has seen. Rate and dropout are data of
# one compiled program: no trial compiles.

optuna.logging.set_verbosity(optuna.logging.WARNING)


def objective(trial):
    trial_cnn = cnn.set_params(
        learning_rate=trial.suggest_float("learning_rate", 1e-4, 3e-2, log=True),
        dropout=trial.suggest_float("dropout", 0.0, 0.6),
        epochs=4,
    )
    return cross_val_score(trial_cnn, X_train, y_train, cv=3).mean()


study = optuna.create_study(
    direction="maximize", sampler=optuna.samplers.TPESampler(seed=0)
)
study.optimize(objective, n_trials=12)
tuned = cnn.set_params(**study.best_params, epochs=16).fit(X_train, y_train)
print(f"study: {tuned.score(X_test, y_test):.3f} right")

# %%
# What was tried, and how it did on held-out folds:

rates = [trial.params["learning_rate"] for trial in study.trials]
values = [trial.value for trial in study.trials]
print(f"best of the study {max(values):.3f}, median {sorted(values)[6]:.3f}")
results = halving.cv_results_
_, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
drawn = ax.scatter(
    results["param_learning_rate"], results["mean_test_score"],
    c=results["n_resources"], cmap="viridis", label="halving",
)  # fmt: skip
ax.scatter(rates, values, marker="x", color="#D55E00", label="Optuna, 4 epochs")
ax.set(xlabel="Learning rate", ylabel="Accuracy on held-out folds", xscale="log")
ax.figure.colorbar(drawn, label="Epochs of a halving candidate")
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: the best rates lie at the right; more epochs are spent on those alone.
