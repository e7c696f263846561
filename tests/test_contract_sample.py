"""What every resampler promises about `sample`."""

import copy

import numpy as np
import pandas as pd
import pytest
from resamplers import (
    N_ROWS,
    by_name,
    digest,
    effects_are_not_at_issue,
)
from sklearn.exceptions import NotFittedError

pytestmark = effects_are_not_at_issue


class TestSample:
    """What sample draws after a fit."""

    def test_unfitted(self, run):
        with pytest.raises(NotFittedError):
            by_name(run.prototype).sample(3)

    def test_as_many_as_were_fitted(self, run, fitted):
        X, y = fitted.sample()
        assert len(X) == len(y) == N_ROWS
        pd.testing.assert_series_equal(X.dtypes, run.X.dtypes)
        pd.testing.assert_index_equal(X.index, pd.RangeIndex(N_ROWS), exact=True)
        assert isinstance(y, pd.Series)
        assert y.dtype == run.y.dtype
        assert y.name == "outcome"
        assert fitted.synthetic_mask_.tolist() == [True] * N_ROWS
        assert fitted.sensitive_features_.tolist() == X["race"].tolist()

    def test_after_fit_alone(self, run):
        resampler = by_name(run.prototype).fit(run.X, run.y)
        assert not resampler.synthetic_mask_.any()
        assert resampler.sensitive_features_.tolist() == run.X["race"].tolist()
        assert resampler.rows_owed_ == run.resampler.rows_owed_
        X, y = resampler.sample(7)
        assert len(X) == len(y) == 7

    def test_no_rows(self, run, fitted):
        X, y = fitted.sample(0)
        assert X.shape == (0, run.X.shape[1])
        assert len(y) == 0
        pd.testing.assert_series_equal(X.dtypes, run.X.dtypes)

    def test_stream_goes_on_unless_a_seed_is_given(self, fitted):
        first, second = digest(fitted.sample(30)), digest(fitted.sample(30))
        assert first != second
        seeded = digest(fitted.sample(30, random_state=5))
        assert digest(fitted.sample(30, random_state=5)) == seeded
        assert digest(fitted.sample(30, random_state=6)) != seeded

    def test_seeded_sample_leaves_the_stream_alone(self, fitted):
        other = copy.deepcopy(fitted)
        other.sample(30, random_state=5)
        assert digest(other.sample(30)) == digest(fitted.sample(30))

    def test_cells_come_in_real_proportions(self, run, fitted):
        n = 2000
        X, y = fitted.sample(n, random_state=0)
        drawn = pd.crosstab(X["race"], y).to_numpy() / n
        real = fitted.cell_counts_.to_numpy() / N_ROWS
        standard_error = np.sqrt(real * (1 - real) / n)
        assert (np.abs(drawn - real) < 4.5 * standard_error).all()

    def test_conditions_that_hold_in_every_row(self, fitted):
        X, y = fitted.sample(25, conditions={"race": "B", "outcome": "died"})
        assert X["race"].eq("B").all()
        assert y.eq("died").all()
        X, y = fitted.sample(200, conditions={"outcome": "died"}, random_state=0)
        assert y.eq("died").all()
        assert X["race"].nunique() == 3

    def test_conditions_row_by_row(self, fitted):
        wanted = pd.DataFrame(
            {"outcome": ["died", "lived", "died"] * 5, "race": list("CBA") * 5}
        )
        X, y = fitted.sample(conditions=wanted)
        assert X["race"].tolist() == wanted["race"].tolist()
        assert y.tolist() == wanted["outcome"].tolist()

    @pytest.mark.parametrize(
        ("conditions", "message"),
        [
            ({"sex": "F"}, r"'sex'.*'race', 'outcome'"),
            ({"race": "X"}, r"race='X'.*'A', 'B', 'C'"),
            ({"outcome": 1}, r"outcome=1.*'died', 'lived'"),
            ({"race": np.array(["A", "B"])}, "race="),
            ([("race", "A")], "a dict or a DataFrame"),
            (pd.DataFrame({"race": ["A", "B"]}), "2 rows and n_samples=3"),
        ],
    )
    def test_conditions_that_cannot_be_met(self, fitted, conditions, message):
        with pytest.raises(ValueError, match=message):
            fitted.sample(3, conditions=conditions)

    @pytest.mark.parametrize("n_samples", [-1, 2.5, "3", True])
    def test_number_of_rows(self, fitted, n_samples):
        with pytest.raises(ValueError, match="n_samples"):
            fitted.sample(n_samples)
