import pytest

from skopt_nn.training import Training, resolved


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "epochs"),
    [
        (36, 16, 667),  # 3 steps a pass, at least 2,000 in all
        (1_797, 32, 36),
        (5_000, 64, 26),
        (60_000, 128, 10),
        (1_000_000, 128, 2),  # 7,813 steps a pass, at most 20,000
        (10_000_000, 128, 1),
    ],
)
def test_small_data_sets_are_seen_more_often_than_large_ones(
    n_rows, batch_size, epochs
):
    training = resolved(Training(), n_rows)
    assert (training.batch_size, training.epochs) == (batch_size, epochs)


def test_numbers_stay_as_they_are():
    training = resolved(Training(epochs=3, batch_size=None), 1_000)
    assert (training.batch_size, training.epochs) == (None, 3)
