"""Sizes that follow from the number of rows, unless they are given."""

import pytest

from fairsample.flip.network_settings import NetworkSettings

LEFT_OPEN = (
    "batch_size",
    "units_per_column",
    "max_epochs",
    "denoiser_epochs",
    "fairness_epochs",
)


@pytest.mark.parametrize("n_rows", [1, 50, 2000, 32_561, 1_000_000])
@pytest.mark.parametrize("n_columns", [2, 16, 200])
def test_everything_is_settled(n_rows, n_columns):
    settled = NetworkSettings().settled(n_rows, n_columns)
    assert all(getattr(settled, name) >= 1 for name in LEFT_OPEN)


def test_what_is_given_stays():
    given = NetworkSettings(**dict.fromkeys(LEFT_OPEN, 3))
    assert given.settled(1000, 10) == given


def test_batches_grow_and_epochs_fall_with_the_rows():
    settled = [NetworkSettings().settled(n, 10) for n in (500, 5000, 50_000, 500_000)]
    sizes = [s.batch_size for s in settled]
    assert sizes == sorted(sizes)
    for name in ("max_epochs", "denoiser_epochs"):
        epochs = [getattr(s, name) for s in settled]
        assert epochs == sorted(epochs, reverse=True)


def test_all_training_follows_the_epochs_that_are_given():
    one, seven = (NetworkSettings(max_epochs=n).settled(1000, 10) for n in (1, 7))
    assert (one.denoiser_epochs, one.fairness_epochs) == (4, 1)
    assert (seven.denoiser_epochs, seven.fairness_epochs) == (28, 1)
