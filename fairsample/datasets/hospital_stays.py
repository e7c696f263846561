"""The patients and the admissions of a hospital database."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from fairsample.datasets.table_cells import as_cells

__all__ = ["HospitalStays", "read_stays"]


class HospitalStays(NamedTuple):
    """Patients and their admissions.

    Attributes
    ----------
    patients : DataFrame of shape (n_patients, 2), indexed by subject id
        ``gender`` and ``birth``; only patients all of whose admissions can be placed.
    stays : DataFrame
        Sorted by patient and start: ``patient`` (position), ``key``, ``start``,
        ``end``, ``died``, ``next_start`` (of the patient's next admission),
        ``counts`` (True if the filters let the admission count) and the further
        columns of the layout. Nobody is admitted after their death; admissions may
        overlap, also with the one that ends in it.
    """

    patients: pd.DataFrame
    stays: pd.DataFrame


def read_stays(tables, layout, filters, reading):
    """Read PATIENTS and ADMISSIONS, and ICUSTAYS if the filters ask for it.

    A patient with an admission that cannot be read is left out: without it another
    admission would be the last one, and the label wrong. That goes for lines with too
    few or too many fields, for ids, times or outcomes that are missing or no numbers,
    and for rows of the same admission that differ; and, if the filters ask for the
    first stay in intensive care, for such stays without a time. An admission that
    begins when the patient has died is no such fault, and left out.

    Parameters
    ----------
    tables : dict of str to CsvTable
        The files; ADMISSIONS and ICUSTAYS keep their malformed lines.
    layout : HospitalLayout
        What they are like.
    filters : RecordFilters
        Which admissions count.
    reading : ReadingReport
        Gets the counts.

    Returns
    -------
    HospitalStays

    Raises
    ------
    ValueError
        If a line of ADMISSIONS does not even tell whose it is.
    """
    patients = _read_patients(tables["PATIENTS"], reading)
    stays, unsound = _read_admissions(
        tables["ADMISSIONS"], layout, patients.index, reading
    )
    reading.leave_out_patients("with an admission that cannot be read", len(unsound))
    number = np.arange(len(patients))
    has_stays, is_sound = np.isin(number, stays["patient"]), ~np.isin(number, unsound)
    reading.leave_out_patients("without an admission", (~has_stays & is_sound).sum())
    patients, stays = _of_patients(has_stays & is_sound, patients, stays)
    first = None
    if filters.first_icu_stay:
        first, unsound = _first_icu_admissions(tables["ICUSTAYS"], stays, reading)
        reading.leave_out_patients("with an ICU stay that cannot be read", len(unsound))
        is_kept = ~np.isin(np.arange(len(patients)), unsound)
        patients, stays = _of_patients(is_kept, patients, stays)
    same_patient = stays["patient"].eq(stays["patient"].shift(-1))
    stays["next_start"] = stays["start"].shift(-1).where(same_patient)
    stays["counts"] = True
    if filters.admission_types is not None:
        stays["counts"] &= stays["admission_type"].isin(filters.admission_types)
    if first is not None:
        stays["counts"] &= stays["key"].isin(first)
    return HospitalStays(patients, stays.reset_index(drop=True))


def _of_patients(is_kept, patients, stays):
    """Return some of the patients and their admissions."""
    number = np.where(is_kept, np.cumsum(is_kept) - 1, -1)
    stays = stays.assign(patient=number[stays["patient"]])
    return patients[is_kept], stays[stays["patient"] >= 0]


def _read_patients(table, reading):
    rows, fault = _read_all(table)
    _fault_where(fault, rows["subject_id"] < 0, "no patient")
    _fault_where(fault, rows["subject_id"].duplicated(), "repeated patient")
    _fault_where(fault, rows["dob"].isna(), "no date of birth")
    _count("PATIENTS", rows, fault, reading)
    rows = rows[fault == ""].set_index("subject_id").rename(columns={"dob": "birth"})
    reading.add_patients(len(rows))
    rows["gender"] = rows["gender"].fillna("Unknown")
    return rows


def _read_admissions(table, layout, patient_ids, reading):
    """Return the admissions, and the patients with one that cannot be read."""
    rows, fault = _read_all(table)
    patient = patient_ids.get_indexer(rows["subject_id"])
    flag = rows["hospital_expire_flag"]
    nobodys = (rows["subject_id"] < 0).to_numpy()
    is_copy = rows.duplicated() & (rows["hadm_id"] >= 0)
    is_first = ~is_copy & (rows["hadm_id"] >= 0)
    contradicts = rows["hadm_id"].isin(
        rows.loc[is_first & rows["hadm_id"].duplicated(), "hadm_id"]
    )
    _fault_where(fault, patient < 0, "unknown patient")
    _fault_where(fault, rows["hadm_id"] < 0, "no admission")
    _fault_where(fault, contradicts, "rows of one admission that differ")
    _fault_where(fault, is_copy, "repeated admission")
    _fault_where(fault, rows[["admittime", "dischtime"]].isna().any(axis=1), "no time")
    _fault_where(fault, ~flag.isin([0, 1]), "no outcome")
    of_malformed = patient_ids.get_indexer(_whole_numbers(table, "subject_id"))
    _refuse_nobodys(table, nobodys.sum() + (of_malformed < 0).sum())
    further = {name: rows[name].fillna("Unknown") for name in layout.admission_columns}
    start = rows["admittime"]
    stays = pd.DataFrame(
        {
            "patient": patient,
            "key": rows["hadm_id"],
            "start": start,
            "end": np.maximum(start, rows["dischtime"]),
            "died": flag.eq(1),
            **further,
        }
    )
    unsound = patient[~fault.isin(["", "repeated admission"])]
    unsound = np.unique(np.r_[unsound, of_malformed])
    after_death = _after_death(stays, fault == "")
    _fault_where(fault, after_death, "after the patient's death")
    _count("ADMISSIONS", rows, fault, reading)
    stays = stays[fault == ""].sort_values(["patient", "start", "end"], kind="stable")
    return stays, unsound[unsound >= 0]


def _after_death(stays, is_read):
    """Return which admissions begin when the patient has died in another one."""
    deaths = stays[is_read & stays["died"]].sort_values("end", kind="stable")
    first_death = deaths.drop_duplicates("patient")
    died_at = stays["patient"].map(first_death.set_index("patient")["end"])
    return (stays["start"] >= died_at) & ~stays.index.isin(first_death.index)


def _refuse_nobodys(table, n_lines):
    if n_lines:
        raise ValueError(
            f"{table.path.name} has {n_lines} malformed lines or rows that do not tell "
            "whose admission they are, so that no label is certain. Mend them, or "
            "delete them."
        )


def _first_icu_admissions(table, stays, reading):
    """Return the key of each patient's admission with the first ICU stay.

    And the patients of whom a stay cannot be read.
    """
    rows, fault = _read_all(table)
    _fault_where(fault, rows["intime"].isna(), "no time")
    _fault_where(fault, ~rows["hadm_id"].isin(stays["key"]), "unknown admission")
    _count("ICUSTAYS", rows, fault, reading)
    patient_of = stays.set_index("key")["patient"]
    timeless = rows.loc[rows["intime"].isna(), "hadm_id"]
    keys = np.r_[timeless, _whole_numbers(table, "hadm_id")]
    unsound = patient_of.reindex(keys).dropna().astype(int).unique()
    rows = rows[fault == ""].assign(patient=lambda r: r["hadm_id"].map(patient_of))
    rows = rows.sort_values(["patient", "intime"], kind="stable")
    return rows.drop_duplicates("patient")["hadm_id"], unsound


def _whole_numbers(table, name):
    """Return the ids in the malformed lines of a table, -1 where there is none."""
    import pyarrow as pa

    cells = pa.array(table.malformed_cells(name), pa.string())
    return as_cells(cells, "integer")[0]


def _read_all(table):
    """Return all rows of a table, and the fault of each, empty where there is none."""
    parts, faults = [], []
    for chunk in table:
        cells = {name: _series(column) for name, column in chunk.cells.items()}
        fault = pd.Series("", index=range(chunk.n_rows), dtype=object)
        for name, where in chunk.unparseable.items():
            _fault_where(fault, where, f"unparseable {_what(name, chunk)}")
        parts.append(pd.DataFrame(cells))
        faults.append(fault)
    if not parts:
        raise ValueError(f"{table.path.name} has no row.")
    rows = pd.concat(parts, ignore_index=True)
    rows.attrs["malformed"] = table.n_malformed
    return rows, pd.concat(faults, ignore_index=True)


def _what(name, chunk):
    if name.endswith("_id"):
        return "id"
    return "time" if chunk.cells[name].dtype.kind == "M" else "number"


def _series(cells):
    if hasattr(cells, "dictionary"):
        cells = cells.cast("string").to_numpy(zero_copy_only=False)
        return pd.Series(cells, dtype=object).str.strip()
    return pd.Series(cells)


def _fault_where(fault, bad, reason):
    fault[np.asarray(bad, dtype=bool) & (fault == "").to_numpy()] = reason


def _count(table, rows, fault, reading):
    n_malformed = rows.attrs["malformed"]
    reasons = fault[fault != ""].value_counts().to_dict()
    reading.add_rows(
        table, len(rows) + n_malformed, reasons | {"malformed line": n_malformed}
    )
