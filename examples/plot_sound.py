"""
Sound: waves, and pictures of them
==================================

``LogMelSpectrogram`` turns waves into images of time and pitch, on a scale of loudness
that ears have. The claim: in a pipeline with the default network it tells how a tone
moves, whatever its pitch and loudness.
"""

# %%
# Half a second of a tone that rises, falls, or trembles, at 8,000 samples a second.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skopt_nn import CNNClassifier, LogMelSpectrogram

rate, n = 8_000, 360
rng = np.random.default_rng(0)
time = np.arange(rate // 2) / rate
y = rng.permutation(np.repeat(["falls", "rises", "trembles"], n // 3))
base, loud = rng.uniform(400, 1_600, (n, 1)), rng.uniform(0.05, 1, (n, 1))
moves = {
    "falls": 1.5 - time[None, :],
    "rises": 1.0 + time[None, :],
    "trembles": 1.25 + 0.1 * np.sin(2 * np.pi * 9 * time)[None, :],
}
bend = np.concatenate([moves[name] for name in y])
X = loud * np.sin(2 * np.pi * np.cumsum(base * bend, axis=1) / rate)
X += rng.normal(0, 0.02, X.shape)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# One pipeline from waves to labels. The spectrogram has no channels yet: as series of
# 40 bands it would do as well; here it is an image.

picture = LogMelSpectrogram(sample_rate=rate, n_mels=40)
model = make_pipeline(picture, CNNClassifier((8, 16, 32), epochs=12, random_state=0))
model.fit(X_train, y_train)
print(f"{model.score(X_test, y_test):.3f} of the test sounds right")

# %%
# A sound of each kind, as the network sees it:

_, axes = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True, layout="constrained")
for ax, name in zip(axes, model.classes_):
    i = np.flatnonzero(y_test == name)[:1]
    ax.imshow(
        picture.transform(X_test[i])[0].squeeze().T, origin="lower", aspect="auto"
    )
    ax.set(title=f"{name}: read as {model.predict(X_test[i])[0]}", xlabel="Frame")
axes[0].set_ylabel("Mel band")

# %%
# What is seen: a line that goes up is an edge, and edges are what convolutions look
# for.
