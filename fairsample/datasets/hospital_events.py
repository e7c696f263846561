"""The events of a hospital database, each given to the visit that may show it."""

import numpy as np

from fairsample.datasets.hospital_items import item_id
from fairsample.datasets.row_fates import RowFates

__all__ = ["HospitalEvents"]


class HospitalEvents:
    """Read tables of events into the visits that are shown.

    Every row is either used or counted with the reason why not.

    Parameters
    ----------
    shown : VisitTable
        The visits that are shown. It alone decides whether an event is among them.
    every : VisitTable
        All admissions of all patients, to tell why an event is not shown.
    events : VisitEvents
        Gets the events.
    reading : ReadingReport
        Gets the counts.
    """

    def __init__(self, shown, every, events, reading):
        self.shown = shown
        self.every = every
        self.events = events
        self.reading = reading
        self._owner = shown.patients.index.to_numpy()[shown.visits["patient"]]
        self._true_end = every.visits["end"].to_numpy("datetime64[us]")

    def read_codes(self, table, prefix, columns, *, day=None, spelling=str.strip):
        """Read a table in which every row is a code.

        Parameters
        ----------
        table : CsvTable
            The file, with the columns subject_id and hadm_id.
        prefix : str
            What the codes begin with.
        columns : tuple of str
            Columns with the code: of those that are there the first.
        day : str, default=None
            Column with the day. None: codes without a time, which are known when the
            admission ends. A time at midnight means the day, at the end of which (or at
            the end of the admission, if that is earlier) the event is known.
        spelling : callable, default=str.strip
            ``str -> str``: the code as it is written in the visits.
        """
        column = next(name for name in columns if name in table.columns)
        for chunk in table:
            fates = RowFates(chunk.n_rows)
            names, number = _names(chunk.cells[column], spelling)
            fates.leave_out(number < 0, "no code")
            times = None
            if day is not None:
                _leave_out_without_time(fates, chunk, day)
                times = self._known_at(chunk.cells[day], chunk.cells["hadm_id"])
            visit, rows = self._place(chunk, fates, times, table)
            codes = [f"{prefix}:{name}" for name in names]
            self.events.add_codes(visit, _dictionary(number[rows], codes))
        self._count_malformed(table)

    def read_results(self, table, items, wanted):
        """Read a table in which every row is a result.

        Parameters
        ----------
        table : CsvTable
            The file, with the columns subject_id and hadm_id.
        items : ItemNames
            The tests.
        wanted : set of str or None
            Names of the tests that are read; None for all.
        """
        for chunk in table:
            fates = RowFates(chunk.n_rows)
            names, number = _names(
                chunk.cells["itemid"],
                lambda text: items.names.get(item_id(text), item_id(text)),
            )
            fates.leave_out(number < 0, "no item")
            if wanted is not None:
                unwanted = np.array([name not in wanted for name in names] + [True])
                fates.leave_out(unwanted[number], "test not asked for")
            if "error" in chunk.cells:
                fates.leave_out(chunk.cells["error"] == 1, "marked as an error")
            values = chunk.cells["valuenum"]
            unparseable = chunk.unparseable.get("valuenum")
            fates.leave_out(unparseable, "unparseable number")
            fates.leave_out(np.isnan(values), "no number")
            _leave_out_without_time(fates, chunk, "charttime")
            times = chunk.cells["charttime"]
            visit, rows = self._place(chunk, fates, times, table)
            self.events.add_results(
                visit, _dictionary(number[rows], names), values[rows], times[rows]
            )
        self._count_malformed(table)

    def _place(self, chunk, fates, times, table):
        """Return the visits of the rows that are used, and these rows."""
        for name in ("subject_id", "hadm_id"):
            fates.leave_out(chunk.unparseable.get(name), "unparseable id")
        rows = fates.used()
        ids, keys = chunk.cells["subject_id"][rows], chunk.cells["hadm_id"][rows]
        when = None if times is None else times[rows]
        keyed = keys >= 0
        visit = np.full(len(rows), -1)
        visit[keyed] = self.shown.of_key(
            keys[keyed], None if when is None else when[keyed]
        )
        if when is not None and not keyed.all():
            visit[~keyed] = self.shown.at_time(ids[~keyed], when[~keyed])
        foreign = (visit >= 0) & (self._owner[visit] != ids)
        visit[foreign] = -1
        lost = np.flatnonzero(visit < 0)
        lost_when = None if when is None else when[lost]
        for where, reason in self._reasons(ids[lost], keys[lost], lost_when):
            mask = np.zeros(chunk.n_rows, dtype=bool)
            mask[rows[lost[where]]] = True
            fates.leave_out(mask, reason)
        self.reading.add_rows(_table_name(table), chunk.n_rows, fates.counts())
        return visit[visit >= 0], rows[visit >= 0]

    def _reasons(self, ids, keys, times):
        """Yield where a reason holds why rows are not shown, and the reason."""
        keyed = keys >= 0
        stay = np.full(len(keys), -1)
        stay[keyed] = self.every.of_key(keys[keyed])
        if times is None:
            yield ~keyed, "no admission"
        else:
            stay[~keyed] = self.every.at_time(ids[~keyed], times[~keyed])
        patient = self.every.patients.index.get_indexer(ids)
        stay_patient = self.every.visits["patient"].to_numpy()[stay]
        yield patient < 0, "of a patient left out"
        yield keyed & (stay < 0), "unknown admission"
        yield keyed & (stay_patient != patient), "admission of another patient"
        patient = self.shown.patients.index.get_indexer(ids)
        yield patient < 0, "of a patient left out"
        cutoff = self.shown.cutoff[patient]
        if times is not None:
            yield times > cutoff, "after the prediction time"
            yield stay < 0, "outside every admission"
        else:
            yield self._true_end[stay] > cutoff, "after the prediction time"
        yield np.ones(len(keys), dtype=bool), "outside the shown visits"

    def _known_at(self, times, keys):
        """Return when events are known that may be told by their day only."""
        day = times.astype("datetime64[D]").astype(times.dtype)
        end_of_day = day + np.timedelta64(86_400_000_000 - 1, "us")
        stay = self.every.of_key(keys)
        discharge = np.where(stay >= 0, self._true_end[stay], end_of_day)
        known = np.minimum(end_of_day, np.maximum(discharge, times))
        return np.where(times == day, known, times)

    def _count_malformed(self, table):
        n = table.n_malformed
        self.reading.add_rows(_table_name(table), n, {"malformed line": n})


def _names(column, spelling):
    """Return the distinct names in a column, and each cell's number, -1 if none."""
    names = [spelling(text) for text in column.dictionary.to_pylist()]
    number = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    is_blank = np.array([not name for name in names] + [True])
    return names, np.where(is_blank[number], -1, number)


def _dictionary(number, names):
    """Return names as a categorical array; names may be there twice."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(number), pa.array(names, pa.string())
    )


def _leave_out_without_time(fates, chunk, name):
    fates.leave_out(chunk.unparseable.get(name), "unparseable time")
    fates.leave_out(np.isnat(chunk.cells[name]), "no time")


def _table_name(table):
    return table.path.name.split(".")[0].upper()
