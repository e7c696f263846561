"""FairSynthResampler where a cell has a handful of rows, or none."""

import numpy as np
import pandas as pd
import pytest
from small_cohort import WARDS, make_cohort, tiny_resampler

from fairsample.validation import DataWarning


class TestSmallCells:
    """A cell of four rows is taught and generated with those of the other groups."""

    @pytest.fixture(scope="class")
    @classmethod
    def cohort(cls):
        X, y = make_cohort(400)
        small = X.index[(X["race"] == "D") & (y == 1)]
        X = X.drop(index=small[4:])
        return X.reset_index(drop=True), y.loc[X.index].reset_index(drop=True)

    @pytest.fixture
    def resampled(self, cohort):
        resampler = tiny_resampler(sampling_strategy="cells")
        with pytest.warns(DataWarning, match=r"fewer than 10 rows: \('D', 1\).*pooled"):
            rows = resampler.fit_resample(*cohort)
        return resampler, *rows

    def test_rows_are_generated_in_the_right_group(self, resampled, cohort):
        resampler, X, y = resampled
        n_real = len(cohort[0])
        drawn = X.iloc[n_real:].assign(died=y.iloc[n_real:])
        owed = resampler.rows_owed_["D", 1]
        assert owed > 30
        assert ((drawn["race"] == "D") & (drawn["died"] == 1)).sum() == owed
        assert resampler.sensitive_features_.tolist() == X["race"].tolist()

    def test_samples_of_the_cell_too(self, resampled):
        X, y = resampled[0].sample(60, conditions={"race": "D", "died": 1})
        assert X["race"].eq("D").all()
        assert y.eq(1).all()
        assert X["ward"].nunique() == len(WARDS)

    def test_the_generator_knows_a_group_more(self, resampled):
        module = resampled[0].net_.module_
        assert module.block_sizes[:2] == [5, 2]
        assert resampled[0].groups_ == ["A", "B", "C", "D"]

    def test_what_the_group_determines_is_its_own(self, cohort):
        X, y = cohort
        X = X.assign(clinic=X["race"].map({"A": "x", "B": "x", "C": "y", "D": "z"}))
        resampler = tiny_resampler(sampling_strategy="cells")
        with pytest.warns(DataWarning, match="pooled"):
            X_resampled, _ = resampler.fit_resample(X, y)
        pairs = X_resampled[["race", "clinic"]].drop_duplicates()
        assert len(pairs) == 4

    def test_empty_cells_are_owed_nothing(self, cohort):
        X, y = cohort
        keep = ~((X["race"] == "D") & (y == 1))
        resampler = tiny_resampler(sampling_strategy="cells")
        with pytest.warns(DataWarning, match=r"without a row: \('D', 1\)"):
            X_resampled, y_resampled = resampler.fit_resample(X[keep], y[keep])
        assert resampler.rows_owed_["D", 1] == 0
        assert ((X_resampled["race"] == "D") & (y_resampled == 1)).sum() == 0

    @pytest.mark.parametrize("objective", ["worst_group_tpr", "equal_opportunity"])
    def test_a_group_without_positives(self, cohort, objective):
        X, y = cohort
        keep = ~((X["race"] == "D") & (y == 1))
        resampler = tiny_resampler(objective=objective)
        with pytest.warns(DataWarning, match="without a row"):
            resampler.fit(X[keep], y[keep])
        assert np.isfinite(resampler.net_.history[:, "train_loss"]).all()
        for parameter in resampler.net_.module_.parameters():
            assert parameter.isfinite().all()


def test_pooled_cells_look_like_the_class_elsewhere():
    """Seven rows cannot teach what 400 of the other group can."""
    rng = np.random.RandomState(0)
    n = 1200
    race = np.where(np.arange(n) < 900, "A", "B")
    y = (np.arange(n) % 2 == 0).astype(int)
    y[(race == "B") & (np.arange(n) >= 914)] = 0
    marker = np.where(rng.rand(n) < np.where(y == 1, 0.95, 0.05), "yes", "no")
    X = pd.DataFrame({"race": race, "marker": marker})
    resampler = tiny_resampler(fairness_weight=0, max_epochs=10)
    with pytest.warns(DataWarning, match=r"\('B', 1\)"):
        resampler.fit(X, y)
    drawn, _ = resampler.sample(400, conditions={"race": "B", "y": 1}, random_state=0)
    assert drawn["marker"].eq("yes").mean() > 0.75
    drawn, _ = resampler.sample(400, conditions={"race": "B", "y": 0}, random_state=0)
    assert drawn["marker"].eq("yes").mean() < 0.2
