"""What the base does around the generator of a concrete resampler."""

import numpy as np
import pandas as pd
import pytest

from fairsample.base import BaseFairResampler


class AnyRow(BaseFairResampler):
    """Draws rows of X without looking at the cell that was asked for."""

    def __init__(
        self,
        sensitive_features=None,
        *,
        sampling_strategy="groups",
        n_synthetic=None,
        missing_sensitive="error",
        random_state=0,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.sensitive_features = sensitive_features
        self.n_synthetic = n_synthetic
        self.missing_sensitive = missing_sensitive
        self.random_state = random_state

    def _learn(self, X, y, groups):
        self.learned_ = X, y, groups

    def _draw(self, group, label, random_state):
        X = self.learned_[0]
        return X.iloc[random_state.randint(len(X), size=len(group))]


class OtherDtype(AnyRow):
    def _draw(self, group, label, random_state):
        return super()._draw(group, label, random_state).astype({"age": float})


class OneClassOnly(AnyRow):
    def _cell_weights(self):
        return self.cell_counts_.to_numpy() * [0, 1]


@pytest.fixture(
    params=[
        pd.Series(["F", "M"] * 60, dtype="str"),
        pd.Series(["F", "M"] * 60, dtype=object),
        pd.Series(["F", "M"] * 60, dtype=pd.CategoricalDtype(["M", "F", "X"])),
        pd.Series([1, 0] * 60, dtype="Int64"),
        pd.Series([True, False] * 60),
        pd.Series([1.5, 0.5] * 60, dtype="float32"),
        pd.Series(pd.arrays.SparseArray([1, 0] * 60)),
        pd.Series(pd.to_datetime(["2000-01-01", "1999-01-01"] * 60)),
    ],
    ids=lambda sex: str(sex.dtype),
)
def X(request):
    return pd.DataFrame({"sex": request.param, "age": range(120)}).set_axis(
        np.arange(120)[::-1] * 3
    )


@pytest.fixture
def y():
    return np.repeat([0, 1], [70, 50])


def test_group_is_written_into_the_sensitive_column(X, y):
    resampler = AnyRow("sex", sampling_strategy="cells", n_synthetic=40)
    X_resampled, _ = resampler.fit_resample(X, y)
    assert X_resampled["sex"].dtype == X["sex"].dtype
    group = X_resampled["sex"].iloc[120:].tolist()
    assert group == resampler.sensitive_features_.iloc[120:].tolist()
    owed = {}
    for (label, _), rows in resampler.rows_owed_.items():
        owed[label] = owed.get(label, 0) + rows
    assert {label: group.count(label) for label in owed} == owed


def test_values_given_leave_every_column_to_the_generator(X, y):
    resampler = AnyRow(sampling_strategy="proportional")
    X_resampled, _ = resampler.fit_resample(X, y, sensitive_features=X["sex"])
    drawn = X_resampled.iloc[120:]
    real = X.iloc[drawn["age"]]
    assert drawn["sex"].tolist() == real["sex"].tolist()
    assert drawn["sex"].tolist() != resampler.sensitive_features_.iloc[120:].tolist()


def test_what_the_generator_learns_from(X, y):
    resampler = AnyRow("sex").fit(X, np.where(y, "yes", "no"))
    frame, target, groups = resampler.learned_
    pd.testing.assert_frame_equal(frame, X.reset_index(drop=True))
    assert target.tolist() == y.tolist()
    labels = [groups.labels[code] for code in groups.codes]
    assert labels == X["sex"].tolist()


def test_generator_that_changes_a_dtype_is_stopped(X, y):
    with pytest.raises(TypeError, match="column 'age'"):
        OtherDtype("sex").fit_resample(X, y)


def test_generator_is_not_asked_for_nothing(X, y):
    balanced = OtherDtype("sex", sampling_strategy={0: 70})
    X_resampled, _ = balanced.fit_resample(X, y)
    assert len(X_resampled) == 120


def test_weights_of_cells_can_be_other_than_counts(X, y):
    resampler = OneClassOnly("sex").fit(X, y)
    _, drawn = resampler.sample(50)
    assert drawn.tolist() == [1] * 50
    assert resampler.sensitive_features_.nunique() == 2
    with pytest.raises(ValueError, match="No real row has y=0"):
        resampler.sample(1, conditions={"y": 0})


def test_refit_forgets_the_last_data(X, y):
    resampler = AnyRow("sex")
    resampler.fit_resample(X, y)
    other = np.column_stack([np.arange(80) % 2, np.arange(80)])
    resampler.set_params(sensitive_features=0)
    X_resampled, _ = resampler.fit_resample(other, np.arange(80) // 50)
    assert type(X_resampled) is np.ndarray
    assert resampler.groups_ == [0, 1]
    assert not hasattr(resampler, "feature_names_in_")
    assert type(resampler.sample(3)[0]) is np.ndarray


def test_callable_selector_is_given_X_as_the_caller_gave_it(X, y):
    seen = []

    def selector(given):
        seen.append(type(given))
        return np.arange(len(given)) % 2

    AnyRow(selector).fit(X, y)
    AnyRow(selector).fit(np.arange(240).reshape(120, 2), y)
    AnyRow(selector).fit(np.arange(240).reshape(120, 2).tolist(), y.tolist())
    assert seen == [pd.DataFrame, np.ndarray, np.ndarray]


def test_other_tables_are_told_to_become_pandas(X, y):
    class Table:
        def to_pandas(self):
            return X

    with pytest.raises(ValueError, match=r"X\.to_pandas\(\)"):
        AnyRow("sex").fit(Table(), y)
