"""
Text: the order of words
========================

``TokenSequencer`` turns texts into rows of token ids, the network learns a vector for
each of them and looks at neighbours together. The claim: where a "not" turns the
meaning around, it reads what a bag of words cannot.
"""

# %%
# Sentences about two things, of which one is good or not, and the other one bad or not.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skopt_nn import CNNClassifier, TokenSequencer

rng = np.random.default_rng(0)
words = {
    "thing": ["film", "plot", "music", "cast", "ending", "camera"],
    "good": ["good", "great", "moving", "clever", "fresh"],
    "bad": ["bad", "dull", "weak", "clumsy", "flat"],
    "link": ["is", "was", "seems", "felt"],
}


def sentence(is_praise):
    """One "not" each, before what is good in a complaint, else before what is bad."""
    drawn = {name: rng.choice(of, 2, replace=False) for name, of in words.items()}
    first, second = drawn["thing"]
    good, bad = drawn["good"][0], drawn["bad"][0]
    said = [good, f"not {bad}"] if is_praise else [f"not {good}", bad]
    a, b = said if rng.random() < 0.5 else said[::-1]
    return f"the {first} {drawn['link'][0]} {a} and the {second} {drawn['link'][1]} {b}"


y = rng.random(800) < 0.5
texts = [sentence(is_praise) for is_praise in y]
texts_train, texts_test, y_train, y_test = train_test_split(texts, y, random_state=0)
print(texts_test[0], "-> praise" if y_test[0] else "-> complaint")

# %%
# The same words with the same counts, so that only their order tells:

models = {
    "bag of words": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "network": make_pipeline(
        TokenSequencer(),
        CNNClassifier(vocabulary_size="auto", epochs=15, random_state=0),
    ),
}
scores = {
    name: model.fit(texts_train, y_train).score(texts_test, y_test)
    for name, model in models.items()
}
for name, score in scores.items():
    print(f"{name}: {score:.3f} of the test sentences right")

# %%
# How sure both are of one sentence and its opposite:

pair = ["the plot is good and the cast was not dull"]
pair.append("the plot is not good and the cast was dull")
_, ax = plt.subplots(figsize=(8, 3), layout="constrained")
for i, (name, colour) in enumerate((("bag of words", "0.6"), ("network", "#0072B2"))):
    proba = models[name].predict_proba(pair)[:, 1]
    ax.barh(np.arange(2) + 0.2 - 0.4 * i, proba, 0.38, color=colour, label=name)
ax.axvline(0.5, color="0.8", lw=1, zorder=0)
ax.set_yticks([0, 1], pair)
ax.set(xlabel="Probability of praise", xlim=(0, 1))
ax.invert_yaxis()
ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is seen: to the bag of words both sentences are the same.
