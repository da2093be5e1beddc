"""What a stage hands on."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_array

from skopt_nn import (
    SerialStage,
    make_serial_fusion,
)
from skopt_nn._compat import safe_indexing
from skopt_nn.fusion import StageOutput


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((150, 2, 2, 1), dtype=np.uint8),
        pd.DataFrame({"a": range(150), "b": 1.0}),
        pl.DataFrame({"a": range(150), "b": [1.0] * 150}),
        csr_array(np.eye(150)),
        [[float(k), 1.0] for k in range(150)],
    ],
    ids=["images", "pandas", "polars", "sparse", "list"],
)
def test_samples_stay_what_they_are(iris, X):
    y = iris[1]

    class Seen(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            self.seen_ = type(X)
            return super().fit(X, y, sample_weight)

    output = SerialStage(Seen()).fit_transform(X, y)
    assert output.X is X
    second = SerialStage(Seen())
    again = second.fit_transform(output, y)
    assert again.X is X
    assert second.estimator_.seen_ is type(X)
    rows = again[[3, 1]]
    assert type(rows.X) is type(X)
    assert len(rows) == 2
    assert again.shape == check_array(again).shape


def test_the_output_of_a_stage_reads_as_an_array(iris):
    X, y = iris
    output = SerialStage(GaussianNB()).fit(X, y).transform(X)
    proba = GaussianNB().fit(X, y).predict_proba(X)
    assert_allclose(np.asarray(output), np.hstack([X, proba]))
    assert_allclose(safe_indexing(output, [5, 7]).scores[:, 0], proba[[5, 7]])
    assert_allclose(output[:, 4], proba[:, 0])
    assert_array_equal(output[7], np.hstack([X, proba])[7])
    assert_array_equal(pickle.loads(pickle.dumps(output)).scores, output.scores)


def test_the_array_of_an_output_is_always_a_copy():
    output = StageOutput(np.zeros((2, 3)), np.ones((2, 1, 2)))
    array = np.array(output, copy=True)
    array[:] = 7
    assert_array_equal(output.X, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="got copy=False"):
        np.array(output, copy=False)


def test_columns_of_that_array_have_names():
    frame, y = load_iris(return_X_y=True, as_frame=True)
    fusion = make_serial_fusion(GaussianNB(), DecisionTreeClassifier()).fit(frame, y)
    stages = [f"stage{stage}_{label}" for stage in (0, 1) for label in (0, 1, 2)]
    names = fusion[:-1].get_feature_names_out()
    assert list(names) == [*frame.columns, *stages]
    assert list(fusion[1].get_feature_names_out()) == list(names)
    assert np.asarray(fusion[:-1].transform(frame)).shape[1] == len(names)
