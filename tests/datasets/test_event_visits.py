"""Visits cut out of the times of events."""

import numpy as np
import pandas as pd
import pytest

from fairsample.datasets.event_visits import EventVisits

TIMES = np.array(
    [
        "2100-01-01T08",
        "2100-01-01T20",
        "2100-01-04T08",
        "2100-01-02T00",
        "2100-01-02T23",
    ],
    dtype="datetime64[us]",
)
PATIENT = np.array([0, 0, 0, 1, 1])
IDS = np.array([30, 30, 30, 10, 10])


def visits_of(visit, *, cutoff=None, begins=None, order=(0, 1, 2, 3, 4)):
    """Give the visit of each event, the events coming one by one."""
    cut = EventVisits(2, visit, cutoff=cutoff)
    for row in order:
        rows = [row]
        cut.add(PATIENT[rows], TIMES[rows], None if begins is None else begins[rows])
    table = cut.table(pd.DataFrame(index=[30, 10]))
    return table, table.at_time(IDS, TIMES).tolist()


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 2, 0, 3, 1)])
@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ("day", [0, 0, 1, 2, 2]),
        (24, [0, 0, 2, 3, 3]),  # 72 hours after the first: the third window ends
        (12, [0, 1, 5, 6, 7]),
        (0.5, [0, 24, 143, 144, 189]),
    ],
)
def test_days_and_windows(visit, expected, order):
    assert visits_of(visit, order=order)[1] == expected


def test_windows_without_events_are_visits_and_days_are_not():
    windows, _ = visits_of(24)
    days, _ = visits_of("day")
    assert windows.n_visits_of_patients().tolist() == [3, 1]
    assert days.n_visits_of_patients().tolist() == [2, 1]


def test_events_begin_visits_and_what_comes_before_the_first_is_one_too():
    begins = np.array([False, True, True, True, False])
    assert visits_of("event", begins=begins)[1] == [0, 1, 2, 3, 3]


def test_the_last_visit_lasts_to_the_last_event():
    begins = np.array([True, False, False, False, False])
    table, found = visits_of("event", begins=begins)
    assert found == [0, 0, 0, 1, 1]
    assert table.n_visits_of_patients().tolist() == [1, 1]


@pytest.mark.parametrize("visit", ["day", 24, "event"])
def test_nothing_after_the_cutoff_makes_a_visit_or_has_one(visit):
    cutoff = np.array(["2100-01-01T20", "NaT"], dtype="datetime64[us]")
    table, found = visits_of(visit, cutoff=cutoff, begins=np.ones(5, bool))
    assert found[2] == -1
    assert -1 not in found[:2] + found[3:]
    assert table.visits["start"].max() < pd.Timestamp("2100-01-04")


@pytest.mark.parametrize("visit", ["day", 24, "event"])
def test_no_events_no_visits(visit):
    assert len(EventVisits(2, visit).table(pd.DataFrame(index=[30, 10]))) == 0


@pytest.mark.parametrize(
    "visit", [0, -1, "week", np.inf, np.nan, True, None, [1], 1e300, 1e-5]
)
def test_other_visits_are_refused(visit):
    with pytest.raises(ValueError, match="visit is"):
        EventVisits(1, visit)


def test_windows_by_the_million_are_refused():
    cut = EventVisits(1, 0.001)
    cut.add(np.zeros(2, int), np.array(["1900-01-01", "2000-01-01"], "M8[us]"))
    with pytest.raises(ValueError, match="Give more hours"):
        cut.table(pd.DataFrame(index=[1]))


def test_many_chunks_are_merged():
    rng = np.random.default_rng(0)
    cut, patient, days = EventVisits(50, "day"), [], []
    for _ in range(30):
        patient.append(rng.integers(50, size=100_000))
        days.append(rng.integers(1000, size=100_000))
        cut.add(
            patient[-1], np.datetime64("2100-01-01", "us") + days[-1].astype("m8[D]")
        )
    table = cut.table(pd.DataFrame(index=range(50)))
    expected = np.unique(np.concatenate(patient) * 1000 + np.concatenate(days))
    assert len(table) == len(expected)
    assert (table.visits["patient"].to_numpy() == expected // 1000).all()
