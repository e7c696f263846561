"""What every resampler says to bad input, and to data that is hard to learn from."""

import warnings

import numpy as np
import pandas as pd
import pytest
from resamplers import (
    N_ROWS,
    RESAMPLERS,
    WITHOUT_VISITS,
    by_name,
    each_resampler,
    effects_are_not_at_issue,
    mixed_frame,
)

from fairsample.base import DataWarning

pytestmark = effects_are_not_at_issue


def _without_column(X, y):
    return X.drop(columns="race"), y


def _single_group(X, y):
    return X.assign(race="A"), y


def _missing_group(X, y):
    return X.assign(race=X["race"].mask(X["race"] == "C")), y


def _single_class(X, y):
    return X, np.zeros(len(X))


def _infinity(X, y):
    return X.assign(dose=np.where(X["bool"], np.inf, 1.0)), y


def _nullable_infinity(X, y):
    dose = pd.Series(np.where(X["bool"], np.inf, 1.0), index=X.index)
    return X.assign(dose=dose.astype("Float64")), y


def _infinity_among_objects(X, y):
    return X.assign(
        dose=pd.Series([-np.inf, "x"] * (N_ROWS // 2), dtype=object).to_numpy()
    ), y


def _complex(X, y):
    return X.assign(dose=1j), y


def _duplicate_columns(X, y):
    return pd.concat([X, X[["int"]]], axis=1), y


def _lengths_differ(X, y):
    return X.iloc[:-1], y


def _class_missing(X, y):
    return X, y.mask(X["bool"])


def _continuous_target(X, y):
    return X, np.linspace(0, 1, len(X))


def _no_columns(X, y):
    return X[[]], y


def _most_rows_another_group(X, y):
    return X.assign(race=[f"r{i}" for i in range(len(X))]), y


class TestBadInput:
    """Every fault is named before anything is learned."""

    @pytest.fixture(autouse=True)
    def _never_learn(self, monkeypatch):
        def learn(*_):
            raise AssertionError("learned from bad input")

        for prototype in RESAMPLERS:
            monkeypatch.setattr(type(prototype), "_learn", learn)

    @pytest.mark.parametrize("method", ["fit", "fit_resample"])
    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (_without_column, "'race', which X does not have"),
            (_single_group, "one group only, 'A'"),
            (_missing_group, "'race' has missing values.*missing_sensitive='group'"),
            (_single_class, "needs to have more than 1 class. Got 1 class instead"),
            (_infinity, "Column 'dose' contains infinity"),
            (_nullable_infinity, "Column 'dose' contains infinity"),
            (_infinity_among_objects, "Column 'dose' contains infinity"),
            (_complex, "Complex data not supported: column 'dose'"),
            (_duplicate_columns, "more than one column called 'int'"),
            (_lengths_differ, r"inconsistent numbers of samples: \[399, 400\]"),
            (_class_missing, "y has missing values"),
            (_continuous_target, "Unknown label type"),
            (_no_columns, r"0 feature\(s\)"),
            (_most_rows_another_group, "400 groups of 400 rows"),
        ],
    )
    @each_resampler
    def test_data(self, prototype, method, spoil, message):
        X, y = spoil(*mixed_frame())
        with pytest.raises(ValueError, match=message):
            getattr(by_name(prototype), method)(X, y)

    @each_resampler
    def test_no_sensitive_features(self, prototype):
        with pytest.raises(ValueError, match="No sensitive features were given"):
            by_name(prototype, None).fit_resample(*mixed_frame())

    @each_resampler
    def test_values_of_another_length(self, prototype):
        with pytest.raises(ValueError, match="have 3 rows and X has 400"):
            by_name(prototype).fit_resample(
                *mixed_frame(), sensitive_features=[0, 1, 0]
            )

    @each_resampler
    def test_infinity_in_an_array(self, prototype):
        X = np.column_stack([np.arange(40) % 2, np.full(40, np.inf)])
        with pytest.raises(ValueError, match="Column 1 contains infinity"):
            by_name(prototype, 0).fit_resample(X, np.arange(40) // 20)

    @pytest.mark.parametrize(
        ("strategy", "message"),
        [
            ({"died": 3}, "should be greater or equal"),
            ({"cured": 300}, "cured"),
            ({("A", "died"): 3}, r"3 rows in cell \('A', 'died'\), which has"),
            ({("X", "died"): 300}, "group 'X'"),
            ({("A", "cured"): 300}, "class 'cured'"),
            ({"died": 300.5}, "new rows in class 'died'"),
            (0.1, "increase the ratio"),
        ],
    )
    @each_resampler
    def test_strategy(self, prototype, strategy, message):
        resampler = by_name(prototype, sampling_strategy=strategy)
        with pytest.raises(ValueError, match=message):
            resampler.fit_resample(*mixed_frame())

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("sampling_strategy", "majority"),
            ("sampling_strategy", [0, 1]),
            ("n_synthetic", -1),
            ("n_synthetic", 2.5),
            ("missing_sensitive", "drop"),
            ("random_state", "seed"),
            ("sensitive_features", 1.5),
        ],
    )
    @each_resampler
    def test_parameter(self, prototype, name, value):
        resampler = by_name(prototype).set_params(**{name: value})
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            resampler.fit(*mixed_frame())


@each_resampler
def test_visits_come_back_or_are_refused_by_name(prototype):
    X, y = mixed_frame()
    X = X[["race", "int"]].assign(stays=[[["a"], ["b", "c"]], [["c"]]] * (N_ROWS // 2))
    resampler = by_name(prototype)
    if type(prototype).__name__ in WITHOUT_VISITS:
        with pytest.raises(ValueError, match="takes plain tables, and 'stays' hold"):
            resampler.fit_resample(X, y)
        return
    X_resampled, _ = resampler.fit_resample(X, y)
    for cell in X_resampled["stays"]:
        assert {code for visit in cell for code in visit} <= {"a", "b", "c"}


class TestWarnings:
    """Data that can be learned from, but not as one may expect."""

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            (np.full(N_ROWS, np.nan), "without a single value: 'extra'"),
            (["mg"] * N_ROWS, "with a single value: 'extra'"),
            ([f"id{i}" for i in range(N_ROWS)], "another text in every row: 'extra'"),
        ],
    )
    @each_resampler
    def test_columns(self, prototype, column, message):
        X, y = mixed_frame()
        X["extra"] = column
        with pytest.warns(DataWarning, match=message):
            X_resampled, _ = by_name(prototype).fit_resample(X, y)
        assert X_resampled["extra"].dtype == X["extra"].dtype

    @each_resampler
    def test_small_cells(self, prototype):
        X, y = mixed_frame()
        keep = (X["race"] != "C") | (y != "died")
        keep[X.index[(X["race"] == "C") & (y == "died")][:4]] = True
        with pytest.warns(DataWarning, match=r"fewer than 10 rows: \('C', 'died'\)"):
            X_resampled, y_resampled = by_name(prototype).fit_resample(X[keep], y[keep])
        assert ((X_resampled["race"] == "C") & (y_resampled == "died")).sum() > 4

    @each_resampler
    def test_empty_cells_are_owed_nothing(self, prototype):
        X, y = mixed_frame()
        keep = (X["race"] != "C") | (y != "died")
        resampler = by_name(prototype, sampling_strategy="cells")
        with pytest.warns(DataWarning, match=r"without a row: \('C', 'died'\)"):
            resampler.fit_resample(X[keep], y[keep])
        assert resampler.rows_owed_["C", "died"] == 0
        assert resampler.rows_owed_["C", "lived"] > 0
        with pytest.raises(ValueError, match="No real row has race='C' and outcome="):
            resampler.sample(2, conditions={"race": "C", "outcome": "died"})


def test_warnings_are_user_warnings():
    assert issubclass(DataWarning, UserWarning)
    with pytest.raises(DataWarning), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.warn("small", DataWarning, stacklevel=1)
