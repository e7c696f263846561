"""A column read in pieces is known as well as one read at once."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import ColumnBins, ColumnSchema, ColumnSummary

N = 600
RNG = np.random.RandomState(0)
DAYS = pd.Timestamp("2024-03-20") + pd.to_timedelta(RNG.randint(0, 30, N), unit="D")

COLUMNS = {
    "integers": pd.Series(RNG.randint(-(2**60), 2**60, N)),
    "decimals": pd.Series(RNG.normal(size=N).round(2)),
    "floats": pd.Series(RNG.normal(size=N)),
    "float32": pd.Series(RNG.normal(size=N).astype("f4")),
    "missing": pd.Series(np.where(RNG.rand(N) < 0.3, np.nan, RNG.randint(0, 9, N))),
    "none present": pd.Series([np.nan] * N),
    "two zeros": pd.Series(RNG.choice([-0.0, 0.0, 1.5e-9], N)),
    "nullable": pd.Series(RNG.randint(0, 5, N)).astype("Int8").where(RNG.rand(N) < 0.8),
    "booleans": pd.Series(RNG.rand(N) < 0.5),
    "objects": pd.Series(RNG.choice(np.array([1, True, "a", 2.5, None]), N)),
    "flags": pd.Series(np.where(RNG.rand(N) < 0.2, None, RNG.rand(N) < 0.5)),
    "texts": pd.Series(RNG.choice(["b", "a", "", None], N)),
    "identifiers": pd.Series([f"p{i:03d}" for i in RNG.permutation(N)]),
    "dates": pd.Series([date(2024, 1, day) for day in RNG.randint(1, 28, N)]),
    "times": pd.Series(DAYS + pd.to_timedelta(RNG.randint(0, 99, N), unit="s")),
    "local days": pd.Series(DAYS.tz_localize("Europe/Paris")),
    "durations": pd.Series(pd.to_timedelta(RNG.randint(0, 99, N), unit="h")),
    "ordered": pd.Series(
        pd.Categorical(
            RNG.choice(["lo", "hi"], N), categories=["lo", "mid", "hi"], ordered=True
        )
    ),
}
each_column = pytest.mark.parametrize("series", COLUMNS.values(), ids=COLUMNS)


def in_pieces(series, n_pieces=7, **options):
    summary = ColumnSummary(series.name, **options)
    for rows in np.array_split(np.arange(len(series)), n_pieces):
        summary.update(series.iloc[rows])
    return summary


@each_column
def test_pieces_give_the_schema_and_the_counts_of_the_whole(series):
    whole, pieces = ColumnSummary.of(series), in_pieces(series)
    found = ColumnSchema.from_summary(pieces)
    assert found.to_json() == ColumnSchema.from_series(series).to_json()
    assert (pieces.n_rows, pieces.n_missing) == (N, int(series.isna().sum()))
    distinct = {(type(cell), cell) for cell in series.dropna().tolist()}
    assert pieces.n_distinct == whole.n_distinct == len(distinct)
    if found.categories is not None:
        cells, counts = pieces.cells()
        assert cells == list(found.categories)
        assert counts.tolist() == [
            sum(type(cell) is type(c) and cell == c for cell in series.tolist())
            for c in cells
        ]
    elif whole.numbers() is None:
        assert pieces.numbers() is None
    else:
        for one, other in zip(whole.numbers(), pieces.numbers(), strict=True):
            np.testing.assert_equal(one, other)
        assert pieces.numbers().counts.sum() == series.notna().sum()


def test_the_summary_of_local_days_counts_local_time():
    assert in_pieces(COLUMNS["local days"]).numbers().wall_clock
    later = COLUMNS["local days"] + pd.Timedelta("1h")
    assert not in_pieces(later).numbers().wall_clock


def test_integers_that_become_floats_in_a_later_piece_are_floats():
    summary = ColumnSummary("x")
    summary.update(pd.Series([2, 1, 2]))
    summary.update(pd.Series([2, None]))
    levels = summary.numbers()
    assert levels.values.dtype == np.float64
    assert levels.values.tolist() == [1, 2]
    assert levels.counts.tolist() == [1, 3]


def test_categories_of_pieces_are_joined_in_order_of_appearance():
    summary = ColumnSummary("x")
    for cells, categories in ((["y"], ["z", "y"]), (["x", "y"], ["x", "y"])):
        summary.update(pd.Series(pd.Categorical(cells, categories=categories)))
    assert summary.dtype.categories.tolist() == ["z", "y", "x"]
    cells, counts = summary.cells()
    assert (cells, counts.tolist()) == (["y", "x"], [2, 1])


def test_too_many_numbers_become_quantiles_of_known_range_and_resolution():
    pytest.importorskip("datasketches")
    values = RNG.permutation(np.arange(0, 3 * 20_000, 3))
    exact = ColumnSummary.of(pd.Series(values)).numbers()
    sketch = in_pieces(pd.Series(values), most_distinct=1000)
    levels = sketch.numbers()
    assert levels.lattice == exact.lattice
    assert levels.values[[0, -1]].tolist() == [0, 3 * 19_999]
    assert levels.counts.sum() == len(values)
    assert sketch.n_distinct == 1000
    assert ColumnSchema.from_summary(sketch).maximum == 3 * 19_999

    bins = ColumnBins().fit_levels(levels.values, levels.counts, levels.lattice)
    truth = ColumnBins().fit(values)
    assert bins.n_codes_ == truth.n_codes_
    wrong = bins.transform(values) != truth.transform(values)
    assert wrong.mean() < 0.05


def test_a_sketch_takes_what_a_sketch_has_seen():
    pytest.importorskip("datasketches")
    one, other = RNG.normal(size=(2, 5000)).round(3)
    merged = ColumnSummary.of(pd.Series(one), most_distinct=100)
    merged.merge(ColumnSummary.of(pd.Series(other), most_distinct=100))
    merged.merge(ColumnSummary.of(pd.Series([1e6, 2e6]), most_distinct=100))
    levels = merged.numbers()
    assert levels.counts.sum() == 10_002
    assert levels.values[-1] == 2e6
    assert levels.lattice.decimals == 3
    median = np.median(np.repeat(levels.values, levels.counts))
    assert abs(median - np.median(np.append(one, other))) < 0.005


def test_an_empty_summary_takes_a_sketch():
    pytest.importorskip("datasketches")
    summary = ColumnSummary("x", most_distinct=10)
    summary.update(pd.Series(np.arange(100)))
    assert summary.numbers().counts.sum() == 100


def test_too_many_texts_are_refused_by_name():
    with pytest.raises(ValueError, match="'note' has more than 50 distinct texts"):
        in_pieces(COLUMNS["identifiers"].rename("note"), most_distinct=50)


@pytest.mark.parametrize("cell", [np.inf, [1], 1j])
def test_what_is_no_value_of_a_table_is_refused_by_name(cell):
    with pytest.raises(ValueError, match="'x'"):
        ColumnSummary("x").update(pd.Series([cell, cell], name="x"))


def test_a_negative_zero_is_zero():
    for zeros in ([-0.0, 1e-9], [0.0, -0.0, 1e-9], [-0.0, 0.0, 1e-9]):
        levels = ColumnSummary.of(pd.Series(zeros)).numbers()
        assert levels.values.tolist() == [0, 1e-9]
        assert not np.signbit(levels.values).any()
