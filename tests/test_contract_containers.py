"""X and y come back from every resampler as what they were."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from resamplers import (
    by_name,
    each_resampler,
    effects_are_not_at_issue,
    mixed_frame,
)
from sklearn.base import clone

pytestmark = effects_are_not_at_issue


class TestContainers:
    """X and y come back as what they were."""

    @pytest.fixture
    def table(self):
        rng = np.random.RandomState(0)
        X = np.column_stack([rng.randint(0, 2, 120), rng.randint(0, 9, (120, 2))])
        return X, (rng.rand(120) < 0.3).astype(int)

    @pytest.mark.parametrize(
        "dtype", ["float32", "float64", "int16", "int64", "bool", "object", "U5"]
    )
    @each_resampler
    def test_array(self, prototype, table, dtype):
        X, y = table
        X = X.astype(dtype)
        X_resampled, y_resampled = by_name(prototype, 0).fit_resample(X, y)
        assert type(X_resampled) is np.ndarray
        assert X_resampled.dtype == X.dtype
        np.testing.assert_array_equal(X_resampled[:120], X)
        assert y_resampled.dtype == y.dtype
        assert len(y_resampled) == len(X_resampled) > 120
        assert set(X_resampled[:, 0]) == set(X[:, 0])

    @each_resampler
    def test_lists(self, prototype, table):
        X, y = table
        X = [["F" if a else "M", int(b), float(c)] for a, b, c in X]
        X_resampled, y_resampled = by_name(prototype, 0).fit_resample(X, y.tolist())
        assert X_resampled[:120] == X
        assert y_resampled[:120] == y.tolist()
        assert type(X_resampled) is type(y_resampled) is list
        assert {tuple(map(type, row)) for row in X_resampled} == {(str, int, float)}

    @pytest.mark.parametrize(
        "form",
        [
            lambda y: y.astype(np.int8),
            lambda y: y.astype(bool),
            lambda y: np.where(y, "yes", "no"),
            lambda y: y.reshape(-1, 1),
            lambda y: y.tolist(),
            lambda y: np.where(y, "yes", "no").tolist(),
            lambda y: np.eye(2, dtype=int)[y],
            lambda y: pd.Series(y, name="died", index=np.arange(120) * 2),
            lambda y: pd.Series(y, dtype="Int64"),
            lambda y: pd.Series(y, dtype="boolean"),
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype="str"),
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype=object),
            lambda y: pd.Series(pd.Categorical.from_codes(y, ["b", "a", "c"][:2])),
            lambda y: pd.DataFrame({"died": y}),
            lambda y: pd.DataFrame(np.eye(2, dtype=int)[y], columns=["no", "yes"]),
        ],
    )
    @each_resampler
    def test_target(self, prototype, table, form):
        X, y = table
        given = form(y)
        resampler = by_name(prototype, 0)
        _, resampled = resampler.fit_resample(X, given)
        _, sampled = resampler.sample(40, random_state=0)
        for found in (resampled, sampled):
            assert type(found) is type(given)
            if isinstance(given, pd.Series):
                assert (found.dtype, found.name) == (given.dtype, given.name)
            elif isinstance(given, pd.DataFrame):
                pd.testing.assert_series_equal(found.dtypes, given.dtypes)
            elif isinstance(given, np.ndarray):
                assert found.dtype == given.dtype
            assert {str(row) for row in _rows(found)} == {
                str(row) for row in _rows(given)
            }
        assert _rows(resampled)[:120] == _rows(given)
        real, final = (Counter(map(str, _rows(found))) for found in (given, resampled))
        assert sorted((final - real).values()) == sorted(
            owed for owed in resampler.sampling_strategy_.values() if owed
        )

    @each_resampler
    def test_sparse_columns(self, prototype, table):
        X, y = table
        X = pd.DataFrame(X, columns=list("abc"), dtype=pd.SparseDtype(float, 0))
        X_resampled, _ = by_name(prototype, "a").fit_resample(X, y)
        pd.testing.assert_series_equal(X_resampled.dtypes, X.dtypes)

    @each_resampler
    def test_plan_that_owes_nothing_returns_the_real_rows(self, prototype, table):
        X, y = table
        X = pd.DataFrame(X, columns=list("abc"), index=np.arange(120) + 5)
        resampler = by_name(prototype, "a", sampling_strategy={0: (y == 0).sum()})
        X_resampled, y_resampled = resampler.fit_resample(X, y)
        pd.testing.assert_frame_equal(X_resampled, X.reset_index(drop=True))
        np.testing.assert_array_equal(y_resampled, y)

    @each_resampler
    def test_values_stand_for_columns(self, prototype, table):
        X, y = table
        X = pd.DataFrame(X[:, 1:], columns=list("bc"))
        race = pd.Series(table[0][:, 0], name="race").map({0: "A", 1: "B"})
        resampler = clone(prototype).set_params(sensitive_features=None)
        X_resampled, y_resampled = resampler.fit_resample(X, y, sensitive_features=race)
        assert list(X_resampled.columns) == ["b", "c"]
        groups = resampler.sensitive_features_
        assert groups.name == "race"
        final = pd.crosstab(groups.to_numpy(), y_resampled).to_numpy()
        owed = np.reshape(list(resampler.rows_owed_.values()), final.shape)
        np.testing.assert_array_equal(final, resampler.cell_counts_ + owed)
        _, drawn = resampler.sample(9, conditions={"race": "B", "y": 1})
        assert resampler.sensitive_features_.tolist() == ["B"] * 9
        assert drawn.tolist() == [1] * 9

    @each_resampler
    def test_intersectional_groups(self, prototype):
        X, y = mixed_frame()
        resampler = by_name(prototype, ["sex", "race"], sampling_strategy="cells")
        X_resampled, y_resampled = resampler.fit_resample(X, y)
        assert ("F", "C") in resampler.groups_
        cells = pd.crosstab([X_resampled["sex"], X_resampled["race"]], y_resampled)
        assert cells.shape == (6, 2)
        assert np.ptp(cells.to_numpy()) == 0
        groups = resampler.sensitive_features_
        assert list(groups.columns) == ["sex", "race"]
        assert groups["race"].tolist() == X_resampled["race"].tolist()
        assert groups["sex"].tolist() == X_resampled["sex"].tolist()
        X_drawn, _ = resampler.sample(9, conditions={"sex": "F", "race": "C"})
        assert X_drawn["sex"].eq("F").all()
        assert X_drawn["race"].eq("C").all()

    @each_resampler
    def test_missing_group_stays_missing_in_its_column(self, prototype):
        X, y = mixed_frame()
        X["race"] = X["race"].mask(X["race"] == "C")
        resampler = by_name(prototype, missing_sensitive="group")
        X_resampled, _ = resampler.fit_resample(X, y)
        assert resampler.groups_ == ["A", "B", "missing"]
        assert set(X_resampled["race"].dropna()) == {"A", "B"}
        missing = resampler.sensitive_features_ == "missing"
        assert missing.tolist() == X_resampled["race"].isna().tolist()
        X_drawn, _ = resampler.sample(5, conditions={"race": "missing"})
        assert X_drawn["race"].isna().all()


def _rows(y):
    """Return y as a list of scalars, or of one-hot rows."""
    y = np.asarray(y)
    return (y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y).tolist()
