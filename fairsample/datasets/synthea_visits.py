"""The visits of Synthea patients, and what happened in them."""

import numpy as np
import pandas as pd

from fairsample.datasets.event_visits import EventVisits
from fairsample.datasets.visit_table import VisitTable

__all__ = ["SyntheaVisits", "add_rows"]

_NO_ENCOUNTER = pd.DataFrame(
    {
        "key": np.empty(0, dtype=object),
        "patient": np.empty(0, dtype=np.int64),
        "start": np.empty(0, dtype="datetime64[us]"),
        "end": np.empty(0, dtype="datetime64[us]"),
    }
)


class SyntheaVisits:
    """What the first reading of the events tells: visits, and when the data end.

    Nothing that happened on the day of death or later makes a visit.

    Parameters
    ----------
    patients : DataFrame of shape (n_patients, n_columns)
        With the column ``deathdate``.
    visit : "encounter", "day" or float
        What makes a visit.

    Attributes
    ----------
    end : datetime64[us]
        The last event of any patient; NaT if there is none.

    See Also
    --------
    EventVisits : Cuts days and windows.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets import ReadingReport
    >>> from fairsample.datasets.synthea_visits import SyntheaVisits
    >>> deaths = pd.to_datetime(["2020-06-01", None])
    >>> patients = pd.DataFrame({"deathdate": deaths}, index=["bob", "ann"])
    >>> visits = SyntheaVisits(patients, "encounter")
    >>> len(visits.shown(None, ReadingReport()))
    0
    """

    def __init__(self, patients, visit):
        self.day_of_death = _day_of_death(patients)
        self.end = np.datetime64("NaT", "us")
        self._patients = patients
        self._encounters = []
        self._cuts = None if visit == "encounter" else EventVisits(len(patients), visit)

    def add(self, rows):
        """Take rows in.

        Parameters
        ----------
        rows : SyntheaRows
            The next rows.
        """
        used = rows.fates.used()
        patient, time = rows.patient[used], rows.time[used]
        if len(used):
            self.end = np.fmax(self.end, time.max())
        alive = ~(time >= self.day_of_death[patient])
        if self._cuts is not None:
            self._cuts.add(patient[alive], time[alive])
            return
        encounters = pd.DataFrame(
            {
                "key": rows.encounter[used],
                "patient": patient,
                "start": time,
                "end": rows.stop[used],
            }
        )
        self._encounters.append(_distinct(encounters[alive]))

    def table(self):
        """Make the visits.

        Returns
        -------
        VisitTable
            Of all patients; encounters have their id as ``key``.
        """
        if self._cuts is not None:
            return self._cuts.table(self._patients)
        visits = _distinct(pd.concat([_NO_ENCOUNTER, *self._encounters]))
        return VisitTable(self._patients, visits)

    def shown(self, horizon, reading):
        """Choose the visits that may be shown.

        Parameters
        ----------
        horizon : timedelta64 or None
            Of those who live, visits are shown that ended so long before the end of
            the data. None: all are.
        reading : ReadingReport
            Counts the patients of whom none is shown.

        Returns
        -------
        VisitTable
        """
        table = self.table()
        patient = table.visits["patient"].to_numpy()
        end = table.visits["end"].to_numpy("datetime64[us]")
        is_shown = ~(end >= self.day_of_death[patient])
        if horizon is not None:
            is_shown &= ~np.isnat(self.day_of_death[patient]) | (
                end <= self.end - horizon
            )
        shown = table.select(is_shown)
        n_without = len(table.patients) - len(shown.patients)
        reading.leave_out_patients("without a visit that can be shown", n_without)
        return shown


def add_rows(rows, name, every, shown, events, reading, *, tests):
    """Put rows into the visits during which they happened, and count the others.

    Parameters
    ----------
    rows : SyntheaRows
        The next rows.
    name : str
        Their table.
    every, shown : VisitTable
        All visits of all patients, and those shown.
    events : VisitEvents
        Takes the codes and the results.
    reading : ReadingReport
        Gets the counts.
    tests : WantedTests
        Tests that are read.
    """
    fates = rows.fates
    is_test = name == "observations"
    if is_test:
        fates.leave_out(np.isnan(rows.value), "no number")
        is_wanted = [test in tests for test in rows.code.categories] + [False]
        fates.leave_out(~np.array(is_wanted)[rows.code.codes], "test not asked for")
    ids = every.patients.index
    patient = shown.patients.index.get_indexer(ids)[rows.patient]
    fates.leave_out(patient < 0, "of a patient left out")
    is_late = rows.time >= _day_of_death(every.patients)[rows.patient]
    fates.leave_out(is_late, "on the day of death or later")
    visit, is_known, is_own = _visits(rows, patient, ids, every, shown)
    fates.leave_out(~is_known, "unknown encounter")
    fates.leave_out(~is_own, "encounter of another patient")
    last = shown.visits.groupby("patient")["end"].max().to_numpy("datetime64[us]")
    if len(last):
        fates.leave_out(rows.time > last[patient], "after the last visit shown")
    fates.leave_out(visit < 0, "outside the shown visits")
    reading.add_rows(f"{name}.csv", len(rows.time), fates.counts())
    used = fates.used()
    if is_test:
        codes, values = rows.code[used], rows.value[used]
        events.add_results(visit[used], codes, values, rows.time[used])
    else:
        events.add_codes(visit[used], rows.code[used])


def _visits(rows, patient, ids, every, shown):
    """Return each row's visit, whether it is known at all, and is the patient's."""
    always = np.ones(len(patient), dtype=bool)
    if "key" not in every.visits:
        return shown.at_time(ids.to_numpy()[rows.patient], rows.time), always, always
    if len(shown) == 0:
        return np.full(len(patient), -1), always, always
    visit, place = shown.of_key(rows.encounter), every.of_key(rows.encounter)
    owner = every.visits["patient"].to_numpy()[place]
    return visit, place >= 0, owner == rows.patient


def _day_of_death(patients):
    days = patients["deathdate"].to_numpy().astype("datetime64[D]")
    return days.astype("datetime64[us]")


def _distinct(encounters):
    """Return each encounter once, from its first to its last row."""
    return (
        encounters.dropna(subset="key")
        .groupby("key", as_index=False, sort=False)
        .agg({"patient": "first", "start": "min", "end": "max"})
    )
