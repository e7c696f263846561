"""Columns of every type go through FairSynth and come back as what they were."""

import datetime

import numpy as np
import pandas as pd
import pytest

from fairsample import FairSynthResampler

N_ROWS = 400
N_SYNTHETIC = 600
DAY = pd.Timedelta(days=1)
MIXED = ["a", 1, True, None, datetime.date(2024, 2, 29)]


def columns():
    """Columns of every type; a tenth of the cells is missing wherever it can be."""
    rng = np.random.RandomState(0)

    def with_missing(values, marker=None):
        return pd.Series(values).mask(rng.rand(N_ROWS) < 0.1, marker)

    words = np.array(["low", "mid", "high"], dtype=object)[rng.randint(0, 3, N_ROWS)]
    days = pd.Timestamp("2020-02-29") + DAY * rng.randint(0, 900, N_ROWS)
    levels = ["low", "mid", "never", "high"]
    whole = rng.randint(-40, 4000, N_ROWS) * 5
    return pd.DataFrame(
        {
            "int": whole,
            "int8": rng.randint(0, 3, N_ROWS).astype(np.int8),
            "float32": with_missing(rng.normal(size=N_ROWS).astype(np.float32)),
            "decimals": with_missing(rng.gamma(2, 9, N_ROWS).round(2)),
            "Int64": with_missing(pd.array(whole, dtype="Int64"), pd.NA),
            "UInt8": with_missing(pd.array(rng.randint(0, 9, N_ROWS), "UInt8"), pd.NA),
            "Float64": with_missing(pd.array(rng.rand(N_ROWS), dtype="Float64"), pd.NA),
            "bool": rng.rand(N_ROWS) < 0.3,
            "boolean": with_missing(pd.array(rng.rand(N_ROWS) < 0.6, "boolean"), pd.NA),
            "str": with_missing(pd.array(words, dtype="str")),
            "string": with_missing(pd.array(words, dtype="string"), pd.NA),
            "object": pd.Series(
                np.where(rng.rand(N_ROWS) < 0.1, None, words), dtype=object
            ),
            "mixed": pd.Series(
                [MIXED[i] for i in rng.randint(0, 5, N_ROWS)], dtype=object
            ),
            "ordered": with_missing(pd.Categorical(words, levels, ordered=True)),
            "unordered": with_missing(pd.Categorical(rng.choice([30, 10], N_ROWS))),
            "datetime": with_missing(pd.Series(days)),
            "seconds": with_missing(pd.Series(days).astype("datetime64[s]")),
            "zoned": with_missing(pd.Series(days).dt.tz_localize("Europe/Paris")),
            "timedelta": with_missing(pd.Series(rng.randint(0, 99, N_ROWS) * DAY)),
            "missing": pd.Series(np.nan, index=range(N_ROWS)),
            "constant": pd.Series(7, index=range(N_ROWS)),
            "race": pd.Categorical(rng.choice(["A", "B"], N_ROWS), ["B", "A", "C"]),
        }
    )


def visits():
    rng = np.random.RandomState(1)
    codes = np.array(["DX:428", "DX:250", "RX:insulin", "LAB:glucose:3"], dtype=object)
    return [
        [codes[rng.rand(4) < 0.5].tolist() for _ in range(rng.randint(1, 5))]
        for _ in range(N_ROWS)
    ]


def target():
    died = np.random.RandomState(2).rand(N_ROWS) < 0.3
    return pd.Series(died.astype(np.int8), name="died")


@pytest.fixture(scope="module", params=["plain", "with visits"])
def run(request):
    """Real rows, and the synthetic ones below them."""
    X = columns()
    if request.param == "with visits":
        X.insert(3, "visits", visits())
    X = X.set_axis(np.random.RandomState(3).permutation(N_ROWS) + 1000)
    before = X.copy(deep=True)
    resampler = FairSynthResampler(
        "race",
        sampling_strategy="cells",
        n_synthetic=N_SYNTHETIC,
        max_epochs=2,
        fairness_epochs=1,
        batch_size=128,
        hidden=32,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="'missing'|'constant'"):
        X_resampled, y_resampled = resampler.fit_resample(X, target())
    pd.testing.assert_frame_equal(X, before)
    return resampler, X, X_resampled, y_resampled


@pytest.fixture(scope="module")
def synthetic(run):
    return run[2].iloc[N_ROWS:]


def test_real_rows_come_first_and_are_unchanged(run):
    _, X, X_resampled, y_resampled = run
    assert len(X_resampled) == N_ROWS + N_SYNTHETIC == len(y_resampled)
    pd.testing.assert_frame_equal(
        X_resampled.iloc[:N_ROWS], X.reset_index(drop=True), check_index_type="exact"
    )
    pd.testing.assert_index_equal(
        X_resampled.index, pd.RangeIndex(N_ROWS + N_SYNTHETIC), exact=True
    )
    assert y_resampled.dtype == np.int8
    assert set(y_resampled) == {0, 1}


def test_columns_dtypes_and_categories(run, synthetic):
    X = run[1]
    pd.testing.assert_index_equal(synthetic.columns, X.columns)
    for name in X:
        assert synthetic[name].dtype == X[name].dtype, name
    assert synthetic["ordered"].cat.ordered
    assert list(synthetic["race"].cat.categories) == ["B", "A", "C"]


def test_missing_cells_are_where_they_can_be(run, synthetic):
    """Missing where some were, by the marker that stood there; elsewhere never."""
    X = run[1]
    for name in X.columns.drop("visits", errors="ignore"):
        real, drawn = X[name].isna(), synthetic[name].isna()
        assert drawn.any() == real.any(), name
        assert drawn.all() == real.all(), name
        markers = set(map(repr, X[name][real].astype(object)))
        assert set(map(repr, synthetic[name][drawn].astype(object))) == markers, name


def test_levels_are_those_that_occur(run, synthetic):
    X = run[1]
    of_levels = "int8 UInt8 bool boolean str string object mixed ordered unordered"
    for name in [*of_levels.split(), "constant", "race"]:
        real, drawn = (
            {(type(v), v) for v in column.dropna().astype(object)}
            for column in (X[name], synthetic[name])
        )
        assert drawn <= real, name
        assert len(drawn) == len(real), name


def test_numbers_and_times_are_within_their_range(run, synthetic):
    X = run[1]
    numbers = "int float32 decimals Int64 Float64 datetime seconds zoned timedelta"
    for name in numbers.split():
        drawn = synthetic[name].dropna()
        assert drawn.between(X[name].min(), X[name].max()).all(), name
        assert drawn.nunique() > 50, name


def test_numbers_and_times_are_on_their_resolution(synthetic):
    assert (synthetic["int"] % 5 == 0).all()
    assert (synthetic["Int64"].dropna() % 5 == 0).all()
    decimals = synthetic["decimals"].dropna()
    np.testing.assert_array_equal(decimals, decimals.round(2))
    for name in ("datetime", "seconds", "zoned"):
        days = synthetic[name].dropna()
        assert (days == days.dt.normalize()).all(), name
    assert (synthetic["timedelta"].dropna() % DAY == DAY * 0).all()


@pytest.mark.parametrize("run", ["with visits"], indirect=True)
def test_visits_are_lists_of_known_codes(run, synthetic):
    X = run[1]
    known = {code for cell in X["visits"] for visit in cell for code in visit}
    lengths = synthetic["visits"].map(len)
    assert lengths.between(1, 4).all()
    assert lengths.nunique() == 4
    for cell in synthetic["visits"]:
        assert type(cell) is list
        for visit in cell:
            assert type(visit) is list
            assert {type(code) for code in visit} <= {str}
            assert set(visit) <= known
            assert len(set(visit)) == len(visit)


def test_sampled_rows_have_the_same_form(run):
    resampler, X, *_ = run
    drawn, y = resampler.sample(30, conditions={"race": "A", "died": 1})
    pd.testing.assert_series_equal(drawn.dtypes, X.dtypes)
    assert drawn["race"].eq("A").all()
    assert (y == 1).all()
