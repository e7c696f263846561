"""Which visits are shown, when they were, and to which of them an event belongs."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval

__all__ = ["HOURS", "VisitTable"]

HOURS = Interval(Real, 1 / 3600, 1e7, closed="both")
_HOUR = 3_600_000_000
_MAX_WINDOWS = 50_000_000


class VisitTable:
    """The visits of patients, and what may be shown of them.

    This is the one place that says whether an event may be shown: nothing later than
    the patient's prediction time (`cutoff`) ever gets a visit here. What has no time of
    its own, such as a discharge diagnosis, is known when its visit ends.

    Parameters
    ----------
    patients : DataFrame of shape (n_patients, n_columns)
        One row per patient, indexed by the patient's id.
    visits : DataFrame of shape (n_visits, n_columns)
        In any order. ``patient``: position in `patients`. ``start``, ``end``: times;
        both belong to the visit. ``key`` (optional): the id of the visit at its source.
        ``whole`` (optional, default True): False for a visit that goes on after what is
        shown of it, so that nothing without a time may be shown.
    cutoff : array-like of datetime of shape (n_patients,), default=None
        Prediction times; what happened later is not shown. None or NaT: no limit.

    Attributes
    ----------
    patients : DataFrame
        As given.
    visits : DataFrame
        Sorted by patient and start. Positions in it are the numbers of the visits.
    cutoff : ndarray of datetime64[us] of shape (n_patients,)
        Prediction times.

    Raises
    ------
    ValueError
        If a patient id is there twice, or a visit has no patient, start or end.

    See Also
    --------
    VisitEvents : Gathers the codes of the visits.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets.visit_table import VisitTable
    >>> start = pd.to_datetime(["2100-01-01", "2100-03-01"])
    >>> table = VisitTable(
    ...     pd.DataFrame({"gender": ["F"]}, index=[7]),
    ...     pd.DataFrame(
    ...         {"patient": 0, "start": start, "end": start + pd.Timedelta("3D")}
    ...     ).assign(key=[20, 30]),
    ... )
    >>> table.of_key([30, 99])
    array([ 1, -1])
    >>> table.at_time([7, 7, 8], pd.to_datetime(["2100-01-02", "2100-02-01"] + [None]))
    array([ 0, -1, -1])
    >>> table.in_windows(24).at_time([7], pd.to_datetime(["2100-03-02 05:00"]))
    array([4])
    """

    def __init__(self, patients, visits, *, cutoff=None):
        if not patients.index.is_unique:
            raise ValueError("A patient id is there twice in patients.")
        times = visits.assign(
            start=_microseconds(visits["start"]), end=_microseconds(visits["end"])
        )
        if not (times["patient"].between(0, len(patients) - 1)).all():
            raise ValueError("A visit has no patient. Leave it out.")
        if times[["start", "end"]].isna().any(axis=None):
            raise ValueError("A visit has no start or no end. Leave it out.")
        self.patients = patients
        self.visits = times.sort_values(
            ["patient", "start", "end"], kind="stable", ignore_index=True
        )
        if cutoff is None:
            cutoff = np.full(len(patients), "NaT", dtype="datetime64[us]")
        self.cutoff = _microseconds(cutoff)
        self._hours = None
        self._build_arrays()

    def __len__(self):
        return len(self.visits)

    def of_key(self, keys, times=None):
        """Find visits by their ids.

        Parameters
        ----------
        keys : array-like of shape (n,)
            Ids of visits at their source.
        times : array-like of datetime of shape (n,), default=None
            When the events were. An event before its visit began belongs to the first
            window of the visit, one after its end to the last. None: the events are
            known when the visit ends, and belong to its last window.

        Returns
        -------
        ndarray of int of shape (n,)
            Numbers of the visits; -1 where there is no such visit, where the time is
            missing, and where the event is not known at the prediction time.
        """
        stay = self._stays.get_indexer(pd.Index(keys))
        if len(self._stays) == 0:
            return stay
        if times is None:
            last = self._window(stay, self._n_windows[stay] - 1)
            known = (stay >= 0) & (last >= 0) & self._known_whole[last]
            return np.where(known, last, -1)
        times = _microseconds(times)
        number = np.zeros(len(stay), np.int64)
        if self._hours is not None:
            since = (times - self._began[stay]).view(np.int64)
            number = np.clip(
                since // _length(self._hours), 0, self._n_windows[stay] - 1
            )
        window = self._window(stay, number)
        shown = (stay >= 0) & (window >= 0) & ~np.isnat(times)
        return np.where(shown & ~(times > self._visit_cutoff[window]), window, -1)

    def at_time(self, patient_ids, times):
        """Find the visits during which something happened.

        Parameters
        ----------
        patient_ids : array-like of shape (n,)
            Ids as in the index of `patients`.
        times : array-like of datetime of shape (n,)
            When.

        Returns
        -------
        ndarray of int of shape (n,)
            Numbers of the visits, of overlapping ones the one that began last; -1 where
            there is none, and for what is later than the prediction time.
        """
        times = _microseconds(times)
        patient = self.patients.index.get_indexer(pd.Index(patient_ids))
        if len(self.visits) == 0:
            return np.full(len(patient), -1)
        width = len(self._distinct_starts) + 1
        began = np.searchsorted(self._distinct_starts, times, side="right")
        found = np.searchsorted(self._order, patient * width + began, "right") - 1
        known = (patient >= 0) & (found >= 0) & ~np.isnat(times)
        known &= self._patient[found] == patient
        known &= ~(times > self._visit_cutoff[found])
        while True:
            over = known & (times > self._end[found])
            known &= ~(over & (times > self._reach[found]))
            over &= known
            if not over.any():
                return np.where(known, found, -1)
            found = found - over

    def in_windows(self, hours):
        """Cut the visits into windows of fixed length, counted from each one's start.

        Parameters
        ----------
        hours : float
            Length of a window, from a second to ten million hours. The last one of a
            visit ends with the visit.

        Returns
        -------
        VisitTable
            The windows are its visits, with the further columns ``window``, counted
            from 0, and ``n_windows``, how many the visit has.

        Raises
        ------
        ValueError
            If `hours` is out of range, or there are too many windows.
        """
        if not HOURS.is_satisfied_by(hours):
            raise ValueError(
                f"Windows of {hours!r} hours are no windows: give {HOURS}."
            )
        length = np.timedelta64(_length(hours), "us")
        n_windows = np.maximum(-(-(self._end - self._start) // length), 1)
        if n_windows.sum() > _MAX_WINDOWS:
            raise ValueError(
                f"Windows of {hours} hours make {n_windows.sum():,} visits of "
                f"{len(self.patients):,} patients. Give more hours, or another kind of "
                "visit."
            )
        visit = np.repeat(np.arange(len(self.visits)), n_windows)
        number = np.arange(len(visit)) - np.repeat(
            np.cumsum(n_windows) - n_windows, n_windows
        )
        start = self._start[visit] + number * length
        windows = self.visits.iloc[visit].assign(
            start=start,
            end=np.minimum(start + length, self._end[visit]),
            window=number,
            n_windows=n_windows[visit],
        )
        windows = windows.sort_values(["patient", "start", "end"], kind="stable")
        return self._with(self.patients, windows, self.cutoff, hours)

    def assign(self, **columns):
        """Give the visits further columns, in a new table."""
        return self._with(
            self.patients, self.visits.assign(**columns), self.cutoff, self._hours
        )

    def select(self, is_kept):
        """Keep some visits, and the patients who have one of them.

        Parameters
        ----------
        is_kept : array-like of bool of shape (n_visits,)
            Which visits are kept.

        Returns
        -------
        VisitTable
            Patients and visits are numbered anew.
        """
        visits = self.visits[np.asarray(is_kept, dtype=bool)]
        kept = np.unique(visits["patient"])
        number = np.full(len(self.patients), -1)
        number[kept] = np.arange(len(kept))
        visits = visits.assign(patient=number[visits["patient"]])
        return self._with(
            self.patients.iloc[kept], visits, self.cutoff[kept], self._hours
        )

    def n_visits_of_patients(self):
        """Count the visits of each patient, as an array of shape (n_patients,)."""
        return np.bincount(self._patient, minlength=len(self.patients))

    def first_starts(self):
        """Tell when each patient's first visit began; NaT for a patient without one."""
        first = np.full(len(self.patients), "NaT", dtype="datetime64[us]")
        first[self._patient[::-1]] = self._start[::-1]
        return first

    def _with(self, patients, visits, cutoff, hours):
        table = object.__new__(VisitTable)
        table.patients, table.cutoff, table._hours = patients, cutoff, hours
        table.visits = visits.reset_index(drop=True)
        table._build_arrays()
        return table

    def _build_arrays(self):
        visits = self.visits
        self._patient = visits["patient"].to_numpy()
        self._start = _microseconds(visits["start"])
        self._end = _microseconds(visits["end"])
        self._reach = _microseconds(visits.groupby("patient")["end"].cummax())
        self._visit_cutoff = self.cutoff[self._patient]
        self._distinct_starts = np.unique(self._start)
        began = np.searchsorted(self._distinct_starts, self._start, side="right")
        self._order = self._patient * (len(self._distinct_starts) + 1) + began
        whole = visits["whole"].to_numpy(bool) if "whole" in visits else True
        self._known_whole = whole & ~(self._end > self._visit_cutoff)
        self._stays = pd.Index([])
        if "key" in visits:
            self._build_keys()

    def _build_keys(self):
        """Index the keys and the windows of each."""
        stay, self._stays = pd.factorize(self.visits["key"])
        number, n_windows = np.zeros_like(stay), np.ones_like(stay)
        began = self._start
        if self._hours is not None:
            number, n_windows = self.visits[["window", "n_windows"]].to_numpy().T
            began = began - number * np.timedelta64(_length(self._hours), "us")
        elif len(self._stays) < len(stay):
            raise ValueError("A key of a visit is there twice. Keys are unique.")
        _, row = np.unique(stay, return_index=True)
        self._began, self._n_windows = began[row], n_windows[row]
        self._offset = np.cumsum(self._n_windows) - self._n_windows
        self._place = np.full(self._n_windows.sum(), -1)
        self._place[self._offset[stay] + number] = np.arange(len(stay))

    def _window(self, stay, number):
        """Return the visit that is this window of this stay, -1 if it is not kept."""
        return self._place[self._offset[stay] + number]


def _length(hours):
    return int(hours * _HOUR)


def _microseconds(times):
    return np.asarray(times).astype("datetime64[us]")
