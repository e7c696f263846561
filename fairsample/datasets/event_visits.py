"""Visits of patients of whom only events with times are known."""

import numpy as np
import pandas as pd

from fairsample.datasets.visit_table import HOURS, VisitTable

__all__ = ["EventVisits", "beginnings"]

_FEWEST_WAITING = 1 << 20
_DAY = np.timedelta64(1, "D").astype("timedelta64[us]")
_MOMENT = np.timedelta64(1, "us")


class EventVisits:
    """Cut the events of patients into visits, while their times stream in.

    A visit is a day with an event, or a window of some hours, counted from the
    patient's first event, or an event that begins a visit with all that comes before
    the next one; what comes before the first is a visit, too. Days without an event are
    no visits; windows without an event between others are. Memory is bounded by the
    visits.

    Parameters
    ----------
    n_patients : int
        Patients are numbered from 0 to ``n_patients - 1``.
    visit : "day", "event" or float
        What makes a visit: a day with an event, an event that begins one, or hours.
    cutoff : array-like of datetime of shape (n_patients,), default=None
        Later events of the patient make no visit. None or NaT: no limit.

    Raises
    ------
    ValueError
        If `visit` is something else.

    See Also
    --------
    VisitTable : What it makes.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.datasets.event_visits import EventVisits
    >>> times = np.array(["2100-01-01T08", "2100-01-01T20", "2100-01-03T05"], "M8[us]")
    >>> patients = pd.DataFrame({"race": ["Asian"]}, index=[7])
    >>> for visit in "day", 24:
    ...     visits = EventVisits(1, visit)
    ...     visits.add(np.zeros(3, int), times)
    ...     print(visits.table(patients).at_time([7] * 3, times))
    [0 0 1]
    [0 0 1]
    """

    def __init__(self, n_patients, visit, *, cutoff=None):
        is_hours = HOURS.is_satisfied_by(visit) and not isinstance(visit, bool)
        if not (is_hours or (isinstance(visit, str) and visit in ("day", "event"))):
            raise ValueError(
                f"visit is {visit!r}. Give 'day', what begins a visit, or the hours of "
                f"a window: {HOURS}."
            )
        self.visit = visit
        if cutoff is None:
            cutoff = np.full(n_patients, "NaT", dtype="datetime64[us]")
        self.cutoff = np.asarray(cutoff).astype("datetime64[us]")
        self._first = np.full(n_patients, np.iinfo(np.int64).max)
        self._last = np.full(n_patients, np.iinfo(np.int64).min)
        self._merged = np.empty((0, 2), np.int64)
        self._waiting, self._n_waiting = [], 0

    def add(self, patient, times, begins=None):
        """Take the times of events in.

        Parameters
        ----------
        patient : ndarray of int of shape (n,)
            Numbers of the patients, from 0 on.
        times : ndarray of datetime of shape (n,)
            When; none is missing.
        begins : ndarray of bool of shape (n,), default=None
            Which events begin a visit, for ``visit="event"``.
        """
        known = ~(times > self.cutoff[patient])
        patient, moments = patient[known], times[known].astype("datetime64[us]")
        np.minimum.at(self._first, patient, moments.view(np.int64))
        np.maximum.at(self._last, patient, moments.view(np.int64))
        if self.visit == "day":
            moments = moments.astype("datetime64[D]").astype("datetime64[us]")
        elif self.visit == "event":
            begins = begins[known]
            patient, moments = patient[begins], moments[begins]
        else:
            return
        self._waiting.append(_distinct(np.c_[patient, moments.view(np.int64)]))
        self._n_waiting += len(self._waiting[-1])
        if self._n_waiting > max(_FEWEST_WAITING, len(self._merged)):
            self._merge()

    def table(self, patients):
        """Make the visits.

        Parameters
        ----------
        patients : DataFrame of shape (n_patients, n_columns)
            The patients, in the order of their numbers, indexed by their ids.

        Returns
        -------
        VisitTable

        Raises
        ------
        ValueError
            If there are too many windows.
        """
        if self.visit not in ("day", "event"):
            return self._windows(patients)
        if self.visit == "event":
            patient = np.flatnonzero(self._first <= self._last)
            self._waiting.append(np.c_[patient, self._first[patient]])
        self._merge()
        patient, start = self._merged.T
        start = np.ascontiguousarray(start).view("datetime64[us]")
        if self.visit == "day":
            end = start + _DAY - _MOMENT
        else:
            is_last = np.ones(len(patient), dtype=bool)
            is_last[:-1] = patient[1:] != patient[:-1]
            end = np.r_[start[1:] - _MOMENT, start[:1]]
            end[is_last] = self._last[patient[is_last]].view("datetime64[us]")
        visits = pd.DataFrame({"patient": patient, "start": start, "end": end})
        return VisitTable(patients, visits, cutoff=self.cutoff)

    def _windows(self, patients):
        patient = np.flatnonzero(self._first <= self._last)
        first, last = self._first[patient], self._last[patient]
        visits = pd.DataFrame(
            {
                "patient": patient,
                "start": first.view("datetime64[us]"),
                "end": last.view("datetime64[us]"),
            }
        )
        return VisitTable(patients, visits, cutoff=self.cutoff).in_windows(self.visit)

    def _merge(self):
        self._merged = _distinct(np.concatenate([self._merged, *self._waiting]))
        self._waiting, self._n_waiting = [], 0


def beginnings(visit):
    """Take the beginnings of codes that begin a visit.

    Parameters
    ----------
    visit : str or sequence of str
        What was given for them.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If there is none, or one is no text.

    Examples
    --------
    >>> from fairsample.datasets.event_visits import beginnings
    >>> beginnings("ADMISSION//"), beginnings(["ADM:", "ICU:"])
    (('ADMISSION//',), ('ADM:', 'ICU:'))
    """
    given = (visit,) if isinstance(visit, str) else tuple(visit)
    if not given or not all(isinstance(code, str) and code for code in given):
        raise ValueError(
            f"visit is {visit!r}. Give beginnings of codes as texts, such as "
            "['ADMISSION'], or one number of hours."
        )
    return given


def _distinct(rows):
    """Return the different rows of two columns, sorted by the first and the second."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    is_new = np.ones(len(rows), dtype=bool)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[is_new]
