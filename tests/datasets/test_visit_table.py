import numpy as np
import pandas as pd
import pytest

from fairsample.datasets.visit_table import VisitTable

START = pd.Timestamp("2100-01-01")


def hours(values):
    return START + pd.to_timedelta(values, unit="h")


def random_table(rng, *, cutoff=None):
    n_visits = 60
    start = rng.integers(0, 200, n_visits)
    visits = pd.DataFrame(
        {
            "patient": rng.integers(0, 6, n_visits),
            "start": hours(start),
            "end": hours(start + rng.integers(0, 60, n_visits)),
            "key": rng.permutation(n_visits) + 1_000,
        }
    )
    patients = pd.DataFrame(index=[f"p{i}" for i in range(6)])
    return VisitTable(patients, visits, cutoff=cutoff)


def one_by_one(table, ids, times):
    """Return the last visit to begin among those that hold each time."""
    found = []
    for patient, time in zip(ids, times, strict=True):
        limit = table.cutoff[int(patient[1:])]
        holding = [
            row
            for row, visit in enumerate(table.visits.itertuples())
            if visit.patient == int(patient[1:])
            and visit.start <= time <= visit.end
            and (np.isnat(limit) or time <= pd.Timestamp(limit))
        ]
        found.append(holding[-1] if holding else -1)
    return found


@pytest.mark.parametrize("with_cutoff", [False, True])
@pytest.mark.parametrize("window", [None, 7])
def test_at_time_finds_what_a_search_one_by_one_finds(window, with_cutoff):
    rng = np.random.default_rng(3)
    cutoff = None
    if with_cutoff:
        cutoff = hours(rng.integers(0, 200, 6)).to_numpy(copy=True)
        cutoff[0] = np.datetime64("NaT")
    table = random_table(rng, cutoff=cutoff)
    table = table if window is None else table.in_windows(window)
    ids = np.array([f"p{i}" for i in rng.integers(0, 6, 400)])
    times = hours(rng.integers(-10, 270, 400))
    expected = one_by_one(table, ids, times)
    found = table.at_time(ids, times)
    if window is None:
        assert found.tolist() == expected
    else:  # windows of overlapping visits may begin at the same time
        rows = np.flatnonzero(np.array(expected) >= 0)
        assert ((found >= 0) == (np.array(expected) >= 0)).all()
        starts = table.visits["start"].to_numpy()
        assert (starts[found[rows]] == starts[np.array(expected)[rows]]).all()
    assert (found >= 0).sum() > 50


def test_unknown_patients_and_missing_times_have_no_visit():
    table = random_table(np.random.default_rng(0))
    times = pd.to_datetime([table.visits["start"][0], None])
    assert table.at_time(["nobody", "p0"], times).tolist() == [-1, -1]


def test_keys_find_visits_and_never_those_after_the_cutoff():
    visits = pd.DataFrame(
        {
            "patient": [0, 0, 0],
            "start": hours([0, 100, 200]),
            "end": hours([50, 150, 300]),
            "key": [1, 2, 3],
            "whole": [True, True, False],
        }
    )
    table = VisitTable(pd.DataFrame(index=["a"]), visits, cutoff=hours([220]))
    assert table.of_key([1, 2, 3, 4]).tolist() == [0, 1, -1, -1]
    times = hours([210, 220, 221, 10])
    assert table.of_key([3, 3, 3, 3], times).tolist() == [2, 2, -1, 2]
    assert table.of_key([1], pd.to_datetime([None])).tolist() == [-1]
    early = VisitTable(pd.DataFrame(index=["a"]), visits, cutoff=hours([149]))
    assert early.of_key([1, 2]).tolist() == [0, -1]


def test_windows_cover_the_visit_and_take_what_is_outside_at_its_ends():
    visits = pd.DataFrame(
        {
            "patient": [0, 0],
            "start": hours([0, 60]),
            "end": hours([50, 60]),
            "key": [1, 2],
        }
    )
    table = VisitTable(pd.DataFrame(index=["a"]), visits).in_windows(24)
    assert table.visits["start"].tolist() == list(hours([0, 24, 48, 60]))
    assert table.visits["end"].tolist() == list(hours([24, 48, 50, 60]))
    assert table.of_key([1, 2]).tolist() == [2, 3]
    times = hours([-5, 0, 23, 24, 49, 90])
    assert table.of_key([1] * 6, times).tolist() == [0, 0, 0, 1, 2, 2]
    assert table.at_time(["a"] * 3, hours([24, 50, 55])).tolist() == [1, 2, -1]


def test_events_of_windows_that_are_not_kept_have_no_visit():
    visits = pd.DataFrame(
        {"patient": [0], "start": hours([0]), "end": hours([50]), "key": [1]}
    )
    table = VisitTable(pd.DataFrame(index=["a"]), visits).in_windows(24)
    kept = table.select([False, True, True])
    times = hours([-5, 10, 30, 49, 90])
    assert kept.of_key([1] * 5, times).tolist() == [-1, -1, 0, 1, 1]
    assert kept.of_key([1]).tolist() == [1]
    kept = table.select([True, True, False])
    assert kept.of_key([1] * 5, times).tolist() == [0, 0, 1, -1, -1]
    assert kept.of_key([1]).tolist() == [-1]


def test_windows_are_in_the_order_of_time():
    table = random_table(np.random.default_rng(5)).in_windows(9)
    starts = table.visits.groupby("patient")["start"]
    assert starts.apply(lambda times: times.is_monotonic_increasing).all()
    keys, times = table.visits["key"], table.visits["start"]
    assert table.of_key(keys, times).tolist() == list(range(len(table)))


def test_select_numbers_patients_and_visits_anew():
    table = random_table(np.random.default_rng(1), cutoff=hours(np.full(6, 150)))
    kept = table.visits["patient"].isin([2, 4])
    part = table.select(kept)
    assert part.patients.index.tolist() == ["p2", "p4"]
    assert part.visits["patient"].unique().tolist() == [0, 1]
    assert len(part.cutoff) == 2
    keys = table.visits["key"][kept]
    shown = table.of_key(keys) >= 0
    assert ((part.of_key(keys) >= 0) == shown).all()
    nobody = table.select(np.zeros(len(table), dtype=bool))
    assert nobody.of_key(keys, hours(np.zeros(len(keys)))).tolist() == [-1] * len(keys)
    assert nobody.at_time(["p2"], hours([1])).tolist() == [-1]


def test_resolutions_of_time_are_all_the_same():
    for unit in ("s", "ms", "us", "ns"):
        table = random_table(np.random.default_rng(2))
        visits = table.visits.astype({"start": f"datetime64[{unit}]"})
        again = VisitTable(table.patients, visits)
        times = table.visits["start"].astype(f"datetime64[{unit}]")
        ids = table.patients.index[table.visits["patient"]]
        assert again.at_time(ids, times).tolist() == table.at_time(ids, times).tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": [1, 1]}, "key of a visit is there twice"),
        ({"patient": [0, 2]}, "no patient"),
        ({"end": pd.to_datetime([None, "2100-01-02"])}, "no start or no end"),
    ],
)
def test_what_is_refused(change, message):
    visits = pd.DataFrame(
        {"patient": [0, 0], "start": hours([0, 9]), "end": hours([5, 9]), "key": [1, 2]}
    )
    with pytest.raises(ValueError, match=message):
        VisitTable(pd.DataFrame(index=["a"]), visits.assign(**change))
    with pytest.raises(ValueError, match="patient id is there twice"):
        VisitTable(pd.DataFrame(index=["a", "a"]), visits)


@pytest.mark.parametrize("hours_", [0, -1, 1e-12, 1e-5, 1e8, 1e300, np.inf, np.nan])
def test_windows_of_no_sensible_length_are_refused(hours_):
    table = random_table(np.random.default_rng(0))
    with pytest.raises(ValueError, match="are no windows"):
        table.in_windows(hours_)


def test_windows_by_the_million_are_refused_before_they_are_made():
    visits = pd.DataFrame(
        {"patient": [0], "start": hours([0]), "end": hours([9e5]), "key": [1]}
    )
    with pytest.raises(ValueError, match="Give more hours"):
        VisitTable(pd.DataFrame(index=["a"]), visits).in_windows(0.001)
