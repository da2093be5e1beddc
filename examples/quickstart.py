"""Three families of networks, fused, distilled, tuned and saved: digits in a minute.

    python examples/quickstart.py

trains on scikit-learn's digits and leaves ``quickstart.png`` and ``best_model.joblib``
in the current folder. All seeds are fixed.
"""

import importlib.util
import subprocess
import sys
import time

if missing := [n for n in ("matplotlib", "pandas") if not importlib.util.find_spec(n)]:
    sys.exit(
        f"This example needs {' and '.join(missing)}: pip install 'skopt-nn[plot]', "
        'or pip install -e ".[plot]" in a checkout.'
    )

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split

from skopt_nn import (
    CNNClassifier,
    DistilledClassifier,
    ModelComparisonDisplay,
    SharedWeightClassifier,
    compare,
    make_parallel_fusion,
    make_serial_fusion,
    make_stacked_fusion,
    training,
)

START = time.perf_counter()
IMAGE = (8, 8, 1)
FIGURE, BEST_MODEL = "quickstart.png", "best_model.joblib"
PREDICT_IN_NEW_PROCESS = """
import sys, joblib, numpy as np
X = np.frombuffer(sys.stdin.buffer.read()).reshape(-1, 64)
sys.stdout.buffer.write(joblib.load(sys.argv[1]).predict_proba(X).tobytes())
"""

models, kinds, seconds = {}, {}, {}


def say(text):
    print(f"[{time.perf_counter() - START:4.1f} s] {text}", flush=True)


def fit(name, kind, model, parts=()):
    """Train a model and keep it, with the seconds that it and its parts took."""
    begin = time.perf_counter()
    models[name], kinds[name] = model.fit(X_train, y_train), kind
    seconds[name] = time.perf_counter() - begin + sum(seconds[part] for part in parts)
    say(f"{name}: {model.score(X_valid, y_valid):.3f} of the validation rows right")


def best(names):
    """The model whose probabilities suit the validation rows best."""
    loss = {n: log_loss(y_valid, models[n].predict_proba(X_valid)) for n in names}
    return min(loss, key=loss.get)


def cnn(random_state):
    return CNNClassifier(
        input_shape=IMAGE,
        dropout=0.3,
        learning_rate=2e-3,
        epochs=15,
        random_state=random_state,
    )


def shared(random_state):
    return SharedWeightClassifier(
        (32, 32, 32), input_shape=IMAGE, epochs=20, random_state=random_state
    )


def distilled(teacher):
    student = CNNClassifier((16, 24), input_shape=IMAGE, random_state=0)
    return DistilledClassifier(FrozenEstimator(teacher), student, random_state=0)


# A quarter of the digits judges all models at the end; a part of the others chooses
# among them.
X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
X_train, X_valid, y_train, y_valid = train_test_split(
    X, y, test_size=0.15, stratify=y, random_state=0
)
say(f"{len(X_train)} training, {len(X_valid)} validation, {len(X_test)} test digits")

say("Three families ...")
families = ["CNN", "shared weights", "distilled CNN"]
fit("CNN", "network", cnn(0))
fit("shared weights", "shared weights", shared(0))
fit("distilled CNN", "distilled", distilled(models["CNN"]), ["CNN"])

say("Three fusions ...")
fusions = ["parallel fusion", "serial fusion", "stacked fusion"]
members = [FrozenEstimator(models[name]) for name in families]
fit("parallel fusion", "fusion", make_parallel_fusion(*members), families[1:])
fit("serial fusion", "fusion", make_serial_fusion(shared(1), cnn(1), cv=2))
fit("stacked fusion", "fusion", make_stacked_fusion(cnn(2), shared(2), cv=2))

best_fusion = best(fusions)
say(f"Distilling the {best_fusion} into one student ...")
fit("student", "distilled", distilled(models[best_fusion]), [best_fusion])

say("Tuning the learning rate of the CNN ...")
programs = training.cache_info().misses
search = GridSearchCV(cnn(0), {"learning_rate": [1e-3, 2e-3, 4e-3]}, cv=3)
fit("tuned CNN", "network", search)
programs = training.cache_info().misses - programs
say(f"10 networks trained, {programs} programs compiled; best: {search.best_params_}")

best_model = best(models)
say(f"Saving the best model, the {best_model}, and loading it in a new process ...")
joblib.dump(models[best_model], BEST_MODEL)
child = subprocess.run(
    [sys.executable, "-c", PREDICT_IN_NEW_PROCESS, BEST_MODEL],
    input=X_test.tobytes(),
    stdout=subprocess.PIPE,
    check=True,
)
expected = models[best_model].predict_proba(X_test)
loaded = np.frombuffer(child.stdout).reshape(expected.shape)
if not np.allclose(loaded, expected, rtol=0, atol=1e-6):
    sys.exit(f"{BEST_MODEL} predicts something else in a new process.")
say("The loaded model gives the same probabilities.")

table = compare(models, X_test, y_test)
table["fit_seconds"] = seconds
print(
    f"""
{"model":16}{"accuracy":>10}{"parameters":>12}{"bytes":>10}{"fit s":>8}\
{"ms, 1 row":>12}{"ms, 256 rows":>14}"""
)
for row in table.itertuples():
    print(
        f"{row.Index:16}{row.score:10.4f}{row.parameters:12,.0f}{row.bytes:10,d}"
        f"{row.fit_seconds:8.1f}{row.predict_ms_1:12.2f}{row.predict_ms_256:14.2f}"
    )
teacher, student = table.loc[best_fusion], table.loc["student"]
print(
    f"""
The student has {teacher.parameters / student.parameters:.0f}x fewer parameters than \
the {best_fusion} that taught it, and knows {student.score:.1%}
of the test digits where its teacher knows {teacher.score:.1%}. Seconds to fit include \
those of the models
that a model is made of, and the compilation of new programs.
"""
)
display = ModelComparisonDisplay.from_table(
    table, kinds=kinds, score_name="Accuracy on the test digits"
)
display.figure_.savefig(FIGURE, dpi=150)
say(f"Wrote {FIGURE} and {BEST_MODEL}.")
print(
    """
What to try next: your own images as an array of shape (n, height, width, channels) in
CNNClassifier(), your own data frame in TabularClassifier(), and one of the examples
beside this one; docs/start.md leads on from here."""
)
