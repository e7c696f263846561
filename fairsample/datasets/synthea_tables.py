"""The tables of a Synthea export, each row with its patient, encounter and time."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from fairsample.datasets.csv_table import open_tables
from fairsample.datasets.row_fates import RowFates
from fairsample.datasets.table_files import find_tables

__all__ = ["EVENT_TABLES", "SyntheaRows", "SyntheaTables"]

EVENT_TABLES = {
    "conditions": "DX",
    "medications": "RX",
    "procedures": "PX",
    "allergies": "ALLERGY",
    "immunizations": "IMM",
    "encounters": "ENC",
    "observations": "LAB",
}
_PATIENTS = {
    "id": "text",
    "birthdate": "time",
    "deathdate": "time",
    "gender": "text",
    "race": "text",
    "ethnicity": "text",
    "marital": "text",
}
_EVENTS = {
    "start": "time",
    "date": "time",
    "patient": "text",
    "encounter": "text",
    "code": "text",
    "description": "text",
}
_ENCOUNTERS = {
    "id": "text",
    "start": "time",
    "stop": "time",
    "patient": "text",
    "encounterclass": "text",
}
_KINDS = {
    "patients": {"kinds": _PATIENTS, "optional": ("ethnicity", "marital")},
    "encounters": {"kinds": _ENCOUNTERS, "optional": ("stop",)},
    "observations": {
        "kinds": _EVENTS | {"value": "number"},
        "optional": ("encounter", "description"),
        "one_of": ("start", "date"),
    },
}
_EVENT_KINDS = {
    "kinds": _EVENTS,
    "optional": ("encounter", "description"),
    "one_of": ("start", "date"),
}


class SyntheaRows(NamedTuple):
    """Some consecutive rows of a table of events.

    Attributes
    ----------
    fates : RowFates
        Rows without a patient, time or code are left out.
    patient : ndarray of int of shape (n_rows,)
        Position of the patient, -1 if unknown.
    time : ndarray of datetime64[us] of shape (n_rows,)
        When the event began.
    stop : ndarray of datetime64[us] of shape (n_rows,)
        When the encounter ended; of other events, when they began.
    encounter : ndarray of str of shape (n_rows,), dtype object
        Id of the encounter, None if there is none.
    code : Categorical of shape (n_rows,)
        With the prefix of the table; of observations the bare code.
    value : ndarray of float of shape (n_rows,)
        NaN where there is no number.
    text : ndarray of str of shape (n_rows,), dtype object
        What the code means, None where it is not told.
    """

    fates: RowFates
    patient: np.ndarray
    time: np.ndarray
    stop: np.ndarray
    encounter: np.ndarray
    code: pd.Categorical
    value: np.ndarray
    text: np.ndarray

    def descriptions(self):
        """Tell what the codes mean, as a dict of code to text."""
        rows = pd.DataFrame({"code": self.code, "text": self.text}).dropna()
        return dict(rows.drop_duplicates("code").itertuples(index=False))

    def tests(self):
        """Tell which codes have numbers, as a set of str."""
        return set(self.code[~np.isnan(self.value)].unique().dropna())


class SyntheaTables:
    r"""The folder of a Synthea export.

    Names, addresses and the numbers of papers are never read.

    Parameters
    ----------
    folder : path-like
        Where ``patients.csv`` and at least one table of events lie, gzipped or not.
    verbose : int, default=0
        Show the progress.

    Attributes
    ----------
    events : list of str
        The tables of events that are there.

    Raises
    ------
    FileNotFoundError
        If patients.csv or all tables of events are missing. The message lists what is
        in the folder.
    ValueError
        If columns are not there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets import ReadingReport
    >>> from fairsample.datasets.synthea_tables import SyntheaTables
    >>> people = "ID,BIRTHDATE,DEATHDATE,GENDER,RACE\nann,1950-01-01,,F,white"
    >>> allergies = "START,PATIENT,ENCOUNTER,CODE\n2018-05-01,ann,e1,91935009"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "patients.csv").write_text(people)
    ...     _ = Path(folder, "allergies.csv").write_text(allergies)
    ...     tables = SyntheaTables(folder)
    ...     patients = tables.patients(ReadingReport())
    ...     (rows,) = tables.rows("allergies", patients.index)
    >>> tables.events, list(rows.code), rows.encounter.tolist()
    (['allergies'], ['ALLERGY:91935009'], ['e1'])
    """

    def __init__(self, folder, *, verbose=0):
        paths = find_tables(folder, ["patients"], optional=list(EVENT_TABLES))
        self.events = [name for name in EVENT_TABLES if name in paths]
        if not self.events:
            find_tables(folder, list(EVENT_TABLES))
        columns = {name: _KINDS.get(name, _EVENT_KINDS) for name in paths}
        self._tables = open_tables(folder, columns, verbose=verbose)

    def patients(self, reading):
        """Read who the patients are.

        Parameters
        ----------
        reading : ReadingReport
            Gets the counts.

        Returns
        -------
        DataFrame of shape (n_patients, 6), indexed by patient id
            ``birthdate``, ``deathdate``, and as text ``gender``, ``race``,
            ``ethnicity`` and ``marital``, ``"Unknown"`` where missing.
        """
        table, parts, seen = self._tables["patients"], [], set()
        for chunk in table:
            rows = pd.DataFrame(
                {name: _plain(cells) for name, cells in chunk.cells.items()}
            )
            fates = RowFates(chunk.n_rows)
            fates.leave_out(rows["id"].isna().to_numpy(), "no patient")
            repeated = rows["id"].duplicated() | rows["id"].isin(seen)
            fates.leave_out(repeated.to_numpy(), "repeated patient")
            for name in ("birthdate", "deathdate"):
                fates.leave_out(chunk.unparseable.get(name), "unparseable time")
            reading.add_rows("patients.csv", chunk.n_rows, fates.counts())
            parts.append(rows.iloc[fates.used()])
            seen |= set(parts[-1]["id"])
        _count_malformed(table, "patients", reading)
        texts = ["gender", "race", "ethnicity", "marital"]
        patients = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        patients = patients.reindex(columns=list(_PATIENTS)).set_index("id")
        reading.add_patients(len(patients))
        return patients.assign(**patients[texts].astype(object).fillna("Unknown"))

    def rows(self, name, patient_ids):
        """Read a table of events.

        Parameters
        ----------
        name : str
            One of `events`.
        patient_ids : Index
            Ids of the patients who are known.

        Yields
        ------
        SyntheaRows
        """
        for chunk in self._tables[name]:
            yield _rows(chunk, name, patient_ids)

    def count(self, name, reading):
        """Count the malformed lines of a table that has been read."""
        _count_malformed(self._tables[name], name, reading)


def _rows(chunk, name, patient_ids):
    cells, prefix = chunk.cells, EVENT_TABLES[name]
    is_encounter = name == "encounters"
    fates = RowFates(chunk.n_rows)
    patient = _positions(cells["patient"], patient_ids)
    fates.leave_out(patient < 0, "unknown patient")
    time = _first_there(cells, "start", "date")
    for column in ("start", "date", "stop"):
        fates.leave_out(chunk.unparseable.get(column), "unparseable time")
    fates.leave_out(np.isnat(time), "no time")
    given = cells["encounterclass" if is_encounter else "code"]
    start = "" if name == "observations" else f"{prefix}:"
    code = _categorical(given, lambda text: start + text)
    fates.leave_out(code.codes < 0, "no code")
    key = cells.get("id" if is_encounter else "encounter")
    missing = np.full(chunk.n_rows, None, dtype=object)
    value = cells.get("value", np.full(chunk.n_rows, np.nan))
    stop = cells.get("stop", time)
    return SyntheaRows(
        fates=fates,
        patient=patient,
        time=time,
        stop=np.where(np.isnat(stop), time, np.maximum(stop, time)),
        encounter=missing if key is None else _plain(key),
        code=code,
        value=value,
        text=_plain(cells["description"]) if "description" in cells else missing,
    )


def _first_there(cells, *names):
    times = [cells[name] for name in names if name in cells]
    return np.where(np.isnat(times[0]), times[-1], times[0])


def _plain(cells):
    """Return text as an array of objects, None where missing; others as they are."""
    if not hasattr(cells, "dictionary"):
        return cells
    return _categorical(cells, str).astype(object)


def _positions(cells, ids):
    """Return the position of each text among ids, -1 where it is not there."""
    found = ids.get_indexer(_stripped(cells))
    numbers = cells.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.append(found, -1)[numbers]


def _categorical(cells, spelling):
    """Return a text column with its texts spelled anew; blank ones are missing."""
    numbers = cells.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    spelled = [spelling(text) if text else None for text in _stripped(cells)]
    number, names = pd.factorize(np.array(spelled, dtype=object))
    return pd.Categorical.from_codes(np.append(number, -1)[numbers], names)


def _stripped(cells):
    return [text.strip() for text in cells.dictionary.to_pylist()]


def _count_malformed(table, name, reading):
    n = table.n_malformed
    reading.add_rows(f"{name}.csv", n, {"malformed line": n})
