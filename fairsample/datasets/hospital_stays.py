"""The patients and the admissions of a hospital database."""

from typing import NamedTuple

import numpy as np
import pandas as pd

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
        columns of the layout. Nobody is admitted after their death.
    """

    patients: pd.DataFrame
    stays: pd.DataFrame


def read_stays(tables, layout, filters, reading):
    """Read PATIENTS and ADMISSIONS, and ICUSTAYS if the filters ask for it.

    A patient with an admission whose id, times or outcome cannot be read is left out:
    without it another admission would be the last one, and the label wrong.

    Parameters
    ----------
    tables : dict of str to CsvTable
        The files.
    layout : HospitalLayout
        What they are like.
    filters : RecordFilters
        Which admissions count.
    reading : ReadingReport
        Gets the counts.

    Returns
    -------
    HospitalStays
    """
    patients = _read_patients(tables["PATIENTS"], reading)
    stays = _read_admissions(tables["ADMISSIONS"], layout, patients.index, reading)
    unsound = stays.loc[~stays["sound"], "patient"].unique()
    reading.leave_out_patients("with an admission that cannot be read", len(unsound))
    has_stays = np.isin(np.arange(len(patients)), stays["patient"])
    reading.leave_out_patients("without an admission", (~has_stays).sum())
    has_stays[unsound] = False
    number = np.where(has_stays, np.cumsum(has_stays) - 1, -1)
    stays = stays.assign(patient=number[stays["patient"]])
    stays = stays[stays["patient"] >= 0].drop(columns="sound")
    same_patient = stays["patient"].eq(stays["patient"].shift(-1))
    stays["next_start"] = stays["start"].shift(-1).where(same_patient)
    stays["counts"] = True
    if filters.admission_types is not None:
        stays["counts"] &= stays["admission_type"].isin(filters.admission_types)
    if filters.first_icu_stay:
        first = _first_icu_admissions(tables["ICUSTAYS"], stays, reading)
        stays["counts"] &= stays["key"].isin(first)
    return HospitalStays(patients[has_stays], stays.reset_index(drop=True))


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
    """Return the admissions, whether each is sound, and count the others."""
    rows, fault = _read_all(table)
    patient = patient_ids.get_indexer(rows["subject_id"])
    flag = rows["hospital_expire_flag"]
    _fault_where(fault, patient < 0, "unknown patient")
    _fault_where(fault, rows["hadm_id"] < 0, "no admission")
    _fault_where(fault, rows["hadm_id"].duplicated(), "repeated admission")
    _fault_where(fault, rows[["admittime", "dischtime"]].isna().any(axis=1), "no time")
    _fault_where(fault, ~flag.isin([0, 1]), "no outcome")
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
            "sound": (fault == "") | (fault == "repeated admission"),
        }
    )
    order = stays.assign(fault=fault).sort_values(
        ["patient", "start", "end"], kind="stable"
    )
    died = order["died"].astype(int).where(order["fault"].eq(""), 0)
    after_death = died.groupby(order["patient"]).cumsum() - died > 0
    _fault_where(fault, after_death.sort_index(), "after the patient's death")
    _count("ADMISSIONS", rows, fault, reading)
    is_used = (order["fault"].eq("") & ~after_death) | ~order["sound"]
    known = order["patient"] >= 0
    return order[is_used & known].drop(columns="fault")


def _first_icu_admissions(table, stays, reading):
    """Return the key of each patient's admission with the first ICU stay."""
    rows, fault = _read_all(table)
    _fault_where(fault, rows["intime"].isna(), "no time")
    _fault_where(fault, ~rows["hadm_id"].isin(stays["key"]), "unknown admission")
    _count("ICUSTAYS", rows, fault, reading)
    patient_of = stays.set_index("key")["patient"]
    rows = rows[fault == ""].assign(patient=lambda r: r["hadm_id"].map(patient_of))
    rows = rows.sort_values(["patient", "intime"], kind="stable")
    return rows.drop_duplicates("patient")["hadm_id"]


def _read_all(table):
    """Return all rows of a table, and the fault of each, empty where there is none."""
    parts, faults = [], []
    for chunk in table:
        cells = {name: _series(column) for name, column in chunk.cells.items()}
        fault = pd.Series("", index=range(chunk.n_rows), dtype=object)
        for name, where in chunk.unparseable.items():
            is_time = chunk.cells[name].dtype.kind == "M"
            _fault_where(fault, where, f"unparseable {'time' if is_time else 'number'}")
        parts.append(pd.DataFrame(cells))
        faults.append(fault)
    if not parts:
        raise ValueError(f"{table.path.name} has no row.")
    rows = pd.concat(parts, ignore_index=True)
    rows.attrs["malformed"] = table.n_malformed
    return rows, pd.concat(faults, ignore_index=True)


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
