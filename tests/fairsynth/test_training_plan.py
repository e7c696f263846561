"""Batches, epochs and sizes follow the number of rows, within bounds."""

import pytest

from fairsample.fairsynth.training_plan import (
    FINE_TUNING_STEPS,
    HIDDEN_UNITS,
    STEPS,
    TrainingPlan,
    plan_fine_tuning,
    plan_training,
    units_per_column,
)

N_ROWS = [20, 400, 1500, 3000, 10_000, 32_561, 100_000, 1_000_000]


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "max_epochs", "n_steps"),
    [(100, 32, 5, 20), (96, 32, 5, 15), (97, 32, 1, 4), (10, 32, 3, 3)],
)
def test_steps_count_the_last_batch_too(n_rows, batch_size, max_epochs, n_steps):
    assert TrainingPlan(batch_size, max_epochs).n_steps(n_rows) == n_steps


class TestLikelihood:
    @pytest.mark.parametrize("n_rows", N_ROWS)
    def test_what_the_user_fixed_stays(self, n_rows):
        assert plan_training(n_rows, batch_size=7, max_epochs=3) == (7, 3)
        assert plan_training(n_rows, batch_size=7).batch_size == 7
        assert plan_training(n_rows, max_epochs=3).max_epochs == 3

    @pytest.mark.parametrize("n_rows", N_ROWS)
    def test_batches_are_powers_of_two(self, n_rows):
        batch_size = plan_training(n_rows).batch_size
        assert 32 <= batch_size <= 1024
        assert batch_size & (batch_size - 1) == 0

    def test_batches_grow_with_the_rows(self):
        sizes = [plan_training(n_rows).batch_size for n_rows in N_ROWS]
        assert sizes == sorted(sizes)
        assert sizes[0] == 32
        assert sizes[-1] == 1024

    @pytest.mark.parametrize("n_rows", [n for n in N_ROWS if n >= 5000])
    def test_as_many_steps_as_the_likelihood_needs(self, n_rows):
        assert plan_training(n_rows).n_steps(n_rows) >= STEPS

    @pytest.mark.parametrize("n_rows", N_ROWS)
    def test_epochs_stay_within_bounds(self, n_rows):
        fewest = 10 if n_rows <= 131_072 else 3
        assert fewest <= plan_training(n_rows).max_epochs <= 100

    def test_steps_grow_more_slowly_than_many_rows(self):
        rows = [131_072, 1_000_000, 10_000_000, 100_000_000]
        epochs = [plan_training(n_rows).max_epochs for n_rows in rows]
        assert epochs == [14, 5, 3, 3]


class TestFineTuning:
    @pytest.mark.parametrize("n_rows", N_ROWS)
    @pytest.mark.parametrize("batch_size", [32, 256])
    def test_about_as_many_steps_as_planned(self, n_rows, batch_size):
        plan = plan_fine_tuning(n_rows, batch_size)
        assert plan.batch_size == batch_size
        assert plan.n_steps(n_rows) >= FINE_TUNING_STEPS
        one_epoch_less = (plan.max_epochs - 1) * n_rows
        assert one_epoch_less < FINE_TUNING_STEPS * batch_size

    def test_what_the_user_fixed_stays(self):
        assert plan_fine_tuning(400, 32, max_epochs=1) == (32, 1)


class TestUnits:
    @pytest.mark.parametrize("n_rows", N_ROWS)
    def test_columns_share_them(self, n_rows):
        widths = [units_per_column(n, n_rows) for n in (2, 5, 20, 100, 1000)]
        assert widths == sorted(widths, reverse=True)
        assert 8 <= min(widths) <= max(widths) <= 64
        assert 20 * widths[2] <= HIDDEN_UNITS

    def test_more_rows_bear_more_units(self):
        widths = [units_per_column(20, n_rows) for n_rows in N_ROWS]
        assert widths == sorted(widths)
        assert widths[0] < widths[-1]
