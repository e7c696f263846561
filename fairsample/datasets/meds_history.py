"""The subjects of a MEDS data set: first who and when, then what happened."""

from numbers import Real

import numpy as np
import pandas as pd

from fairsample.datasets.event_visits import EventVisits
from fairsample.datasets.meds_folder import NO_SUBJECT
from fairsample.datasets.meds_statics import SEPARATOR, as_doubles, static_columns
from fairsample.datasets.meds_writer import EMPTY_VISIT
from fairsample.datasets.row_fates import RowFates
from fairsample.messages import quote

__all__ = ["MedsHistory", "add_events"]

_BIRTH, _DEATH = "MEDS_BIRTH", "MEDS_DEATH"
_STATIC_COLUMNS = ["patient", "code", "numeric_value", "text_value"]


class MedsHistory:
    """What the first reading of the events tells: static columns, births and visits.

    Parameters
    ----------
    ids : Index of shape (n_patients,)
        The subjects who are read.
    visit : "day", float or sequence of str
        What makes a visit; beginnings of codes for events that begin one.
    cutoff : array-like of datetime of shape (n_patients,), default=None
        Later events of the subject make no visit.

    Attributes
    ----------
    birth : Series of datetime of shape (n_patients,), indexed by subject id
        The first event ``MEDS_BIRTH``; NaT where there is none.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from fairsample.datasets import write_meds
    >>> from fairsample.datasets.meds_folder import MedsFolder
    >>> from fairsample.datasets.meds_history import MedsHistory
    >>> X = pd.DataFrame({"race": ["Asian"], "visits": [[["DX:428"], ["DX:250"]]]})
    >>> history = MedsHistory(pd.Index([0]), "day")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for chunk in MedsFolder(write_meds(folder, X)).chunks():
    ...         history.add(chunk)
    >>> history.statics(None)
        race
    0  Asian
    >>> len(history.visits.table(history.statics(None)))
    2
    """

    def __init__(self, ids, visit, cutoff=None):
        self._ids = ids
        self._begins = None if isinstance(visit, str | Real) else tuple(visit)
        kind = visit if self._begins is None else "event"
        self.visits = EventVisits(len(ids), kind, cutoff=cutoff)
        never = np.full(len(ids), "NaT", dtype="datetime64[us]")
        self.birth = pd.Series(never, index=ids)
        self._static_events = []
        self._result_codes = set()

    def add(self, chunk):
        """Take events in.

        Parameters
        ----------
        chunk : MedsChunk
            The next events.
        """
        codes, times = chunk.code, chunk.time
        patient = self._ids.get_indexer(chunk.subject_id)
        known = (patient >= 0) & (codes.codes >= 0)
        is_static = known & np.isnat(times)
        is_birth = known & ~is_static & _says(codes, _BIRTH.__eq__)
        self._static_events.append(
            pd.DataFrame(
                {
                    "patient": patient[is_static],
                    "code": codes[is_static].astype(object),
                    "numeric_value": chunk.numeric_value[is_static],
                    "text_value": chunk.text_value[is_static].astype(object),
                }
            )
        )
        is_result = known & ~is_static & np.isfinite(chunk.numeric_value)
        self._result_codes.update(
            codes[is_result].remove_unused_categories().categories
        )
        births = pd.Series(times[is_birth]).groupby(patient[is_birth]).min()
        earlier = np.fmin(self.birth.to_numpy()[births.index], births.to_numpy())
        self.birth.iloc[births.index] = earlier
        happens = known & ~is_static & ~is_birth & ~_says(codes, _DEATH.__eq__)
        begins = None
        if self._begins is not None:
            begins = _says(codes, lambda code: code.startswith(self._begins))[happens]
        self.visits.add(patient[happens], times[happens], begins)

    def tests(self, lab_prefix):
        """Name the tests that have results.

        Parameters
        ----------
        lab_prefix : str
            As `add_events` takes it.

        Returns
        -------
        set of str
        """
        return {_test(code, lab_prefix) for code in self._result_codes}

    def statics(self, wanted):
        """Gather the static columns.

        Parameters
        ----------
        wanted : sequence of str or None
            Their names in any case; None for all.

        Returns
        -------
        DataFrame of shape (n_patients, n_columns), indexed by subject id

        Raises
        ------
        ValueError
            If one is not there. The message lists those that are.
        """
        parts = [part for part in self._static_events if len(part)]
        empty = pd.DataFrame(columns=_STATIC_COLUMNS)
        events = pd.concat(parts or [empty], ignore_index=True)
        self._static_events = [events]
        asked = np.ones(len(events), dtype=bool)
        if wanted is not None:
            names = events["code"].str.partition(SEPARATOR)[0].str.lower()
            missing = [name for name in wanted if name.lower() not in set(names)]
            if missing:
                raise ValueError(
                    f"Static columns {quote(missing)} are not there. There are "
                    f"{quote(names.unique(), limit=30)}."
                )
            asked = names.isin([name.lower() for name in wanted]).to_numpy()
        columns, fault = static_columns(
            events[asked].reset_index(drop=True), len(self._ids)
        )
        self._fault = np.full(len(events), "static column not asked for", dtype=object)
        self._fault[asked] = fault
        return columns.set_index(self._ids)

    def count_statics(self, shown_ids, reading):
        """Count the static events that were not used, now that it is known who is kept.

        Parameters
        ----------
        shown_ids : Index
            The subjects who are kept.
        reading : ReadingReport
            Gets the counts.
        """
        of_kept = self._ids.isin(shown_ids)[
            self._static_events[0]["patient"].to_numpy(int)
        ]
        for fault, n in pd.Series(self._fault[of_kept]).value_counts().items():
            if fault:
                reading.add_rows("data", 0, {fault: n})


def add_events(chunk, table, events, reading, *, tests, lab_prefix):
    """Put events into the visits during which they happened, and count the others.

    Parameters
    ----------
    chunk : MedsChunk
        The next events.
    table : VisitTable
        The visits shown.
    events : VisitEvents
        Takes the codes and the results.
    reading : ReadingReport
        Gets the counts, but for static events of patients who are kept.
    tests : WantedTests
        Tests that are read.
    lab_prefix : str
        ``"LAB"``, if the code ``"LAB//glucose"`` is the test ``"glucose"``.
    """
    codes, times, numbers = chunk.code, chunk.time, chunk.numeric_value
    patient = table.patients.index.get_indexer(chunk.subject_id)
    visit = table.at_time(chunk.subject_id, times)
    fates = RowFates(chunk.n_rows)
    fates.leave_out(chunk.subject_id == NO_SUBJECT, "no subject")
    fates.leave_out(codes.codes < 0, "no code")
    fates.leave_out(patient < 0, "of a patient left out")
    is_timed = ~np.isnat(times) & ~_says(codes, _BIRTH.__eq__)
    fates.leave_out(_says(codes, _DEATH.__eq__), "death, never shown")
    if len(table.cutoff):
        is_late = is_timed & (times > table.cutoff[patient])
        fates.leave_out(is_late, "after the prediction time")
    fates.leave_out(is_timed & (visit < 0), "outside the shown visits")
    fates.leave_out(is_timed & np.isinf(numbers), "unparseable number")
    is_result = is_timed & ~np.isnan(numbers)
    is_wanted = _says(codes, lambda code: _test(code, lab_prefix) in tests)
    fates.leave_out(is_result & ~is_wanted, "test not asked for")
    reading.add_rows("data", chunk.n_rows, fates.counts())

    rows = fates.used()
    rows = rows[(is_timed & ~_says(codes, EMPTY_VISIT.__eq__))[rows]]
    of_codes, of_results = rows[~is_result[rows]], rows[is_result[rows]]
    events.add_codes(visit[of_codes], codes[of_codes])
    events.add_results(
        visit[of_results],
        _tests(codes[of_results], lab_prefix),
        as_doubles(numbers[of_results]),
        times[of_results],
    )


def _says(codes, is_meant):
    """Return where a code is one that is meant, asking once for each category."""
    meant = [is_meant(code) for code in codes.categories]
    return np.array([*meant, False], dtype=bool)[codes.codes]


def _tests(codes, lab_prefix):
    """Return the tests of results as a pyarrow DictionaryArray."""
    import pyarrow as pa

    names = [_test(code, lab_prefix) for code in codes.categories]
    return pa.DictionaryArray.from_arrays(codes.codes, pa.array(names, pa.string()))


def _test(code, lab_prefix):
    return str(code).removeprefix(lab_prefix + SEPARATOR)
