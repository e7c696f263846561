"""From the folder of a hospital database to patients with visits."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
from sklearn.utils._param_validation import StrOptions

from fairsample.datasets.csv_table import open_tables
from fairsample.datasets.hospital_events import HospitalEvents
from fairsample.datasets.hospital_items import ItemNames
from fairsample.datasets.hospital_labels import HOSPITAL_LABELS, shown_visits
from fairsample.datasets.hospital_layout import EVENT_TABLES, HospitalLayout
from fairsample.datasets.hospital_stays import read_stays
from fairsample.datasets.reading_report import ReadingReport
from fairsample.datasets.record_bunch import (
    DAYS,
    READER_CONSTRAINTS,
    record_bunch,
    refuse_empty,
)
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.visit_events import VisitEvents
from fairsample.datasets.visit_table import HOURS, VisitTable
from fairsample.encoding.labs import LabBins
from fairsample.messages import quote

__all__ = ["HOSPITAL_CONSTRAINTS", "HospitalReader"]

HOSPITAL_CONSTRAINTS = READER_CONSTRAINTS | {
    "label": [StrOptions(set(HOSPITAL_LABELS)), None],
    "visit": [StrOptions({"admission"}), HOURS],
    "tables": ["array-like"],
    "charts": ["array-like", str, None],
    "observation_hours": [HOURS],
    "readmission_days": [DAYS],
}


@dataclass(frozen=True)
class HospitalReader:
    """Read patients, admissions and events, and show what the label allows to be shown.

    Parameters
    ----------
    layout : HospitalLayout
        What the database is like.
    statics : callable
        ``(patients, last_visits) -> DataFrame``: the columns of every patient, from
        ``gender`` and ``age`` (years, with fractions) and the row of each one's last
        visit shown; both are indexed alike.
    sensitive : str
        Column with the sensitive attribute.
    description : str
        Text for ``DESCR``.
    label, visit, filters, labs, lab_value, imputation, n_bins, min_code_patients, \
tables, charts, observation_hours, readmission_days, verbose : object
        As :func:`read_mimic3` takes them.
    beside : dict of str to str, default={}
        Entries of the Bunch that are columns of `statics` and no features.
    """

    layout: HospitalLayout
    statics: Callable
    sensitive: str
    description: str
    label: str | None
    visit: str | float
    filters: object
    labs: object
    lab_value: str
    imputation: str | None
    n_bins: int
    min_code_patients: int
    tables: tuple
    observation_hours: float
    readmission_days: float
    verbose: int
    charts: object = None
    beside: dict = field(default_factory=dict)

    def read(self, folder):
        """Read a folder.

        Parameters
        ----------
        folder : path-like
            Where the tables lie.

        Returns
        -------
        :class:`~sklearn.utils.Bunch`
            As :func:`record_bunch` gives it.

        Raises
        ------
        FileNotFoundError
            If tables are not there.
        ValueError
            If a parameter is wrong, columns are not there, or no patient is left.
        """
        filters = RecordFilters.of(
            self.filters, cannot_answer=self.layout.unanswered_filters
        )
        columns = {name: self.layout.columns(name) for name in self._files(filters)}
        tables = open_tables(folder, columns, verbose=self.verbose)
        tests = self._tests(tables)
        reading = ReadingReport()
        found = read_stays(tables, self.layout, filters, reading)
        every = VisitTable(found.patients, found.stays)
        hours = None if self.visit == "admission" else self.visit
        shown = shown_visits(
            found,
            self.label,
            hours,
            self.observation_hours,
            self.readmission_days,
            reading,
        )
        birth, oldest = found.patients["birth"], self.layout.oldest
        shown = filters.to_visits(shown, reading, birth=birth, oldest=oldest)
        refuse_empty(shown, reading)
        events = VisitEvents(len(shown), lab_value=self.lab_value)
        self._read_events(tables, tests, HospitalEvents(shown, every, events, reading))
        shown.patients = self._patients(shown)
        return record_bunch(
            shown,
            events,
            filters=filters,
            reading=reading,
            sensitive=self.sensitive,
            target_names=HOSPITAL_LABELS.get(self.label),
            description=self.description,
            labs=self.labs if isinstance(self.labs, LabBins) else "all",
            imputation=self.imputation,
            n_bins=self.n_bins,
            min_code_patients=self.min_code_patients,
            target=self.label,
            beside=self.beside,
            stacklevel=6,
        )

    def _files(self, filters):
        """Return the names of the tables that are needed."""
        unknown = [name for name in self.tables if name not in self.layout.events]
        if unknown:
            raise ValueError(
                f"{self.layout.name} has no tables {quote(unknown)}; tables takes "
                f"{quote(self.layout.events)}."
            )
        files = ["PATIENTS", "ADMISSIONS"]
        files += [EVENT_TABLES[name] for name in self.tables if name != "labs"]
        if filters.first_icu_stay:
            files.append("ICUSTAYS")
        if "diagnoses" in self.tables and self.layout.diagnosis_codes:
            files.append("D_ICD_DIAGNOSES")
        if "labs" in self.tables and _asks(self.labs):
            files += ["LABEVENTS", "D_LABITEMS"]
        if _asks(self.charts):
            files += ["CHARTEVENTS", "D_ITEMS"]
        return files

    def _tests(self, tables):
        """Return for each table of results the names of its tests and the wanted ones.

        All wanted ones are looked up before a long file is read.
        """
        tests, taken = {}, set()
        for events, items, asked in (
            ("LABEVENTS", "D_LABITEMS", self.labs),
            ("CHARTEVENTS", "D_ITEMS", self.charts),
        ):
            if events in tables:
                names = ItemNames(tables[items], taken=taken)
                tests[events] = names, names.wanted(asked)
                taken |= set(names.names.values())
        return tests

    def _read_events(self, tables, tests, into):
        if "DIAGNOSES_ICD" in tables:
            codes = _diagnosis_codes(tables.get("D_ICD_DIAGNOSES"), self.layout)
            into.read_codes(
                tables["DIAGNOSES_ICD"],
                "DX",
                (self.layout.diagnosis,),
                spelling=lambda text: codes.get(text.strip(), text.strip()),
            )
        if "PROCEDURES_ICD" in tables:
            into.read_codes(tables["PROCEDURES_ICD"], "PX", ("icd9_code",))
        if "PRESCRIPTIONS" in tables:
            into.read_codes(
                tables["PRESCRIPTIONS"],
                "RX",
                self.layout.drugs,
                day="startdate",
                spelling=lambda text: " ".join(text.lower().split()),
            )
        for name, (names, wanted) in tests.items():
            into.read_results(tables[name], names, wanted)

    def _patients(self, shown):
        """Return the columns of the patients, in the order of the visit table."""
        last = shown.visits.drop_duplicates("patient", keep="last")
        last = last.set_axis(shown.patients.index)
        columns = self.statics(shown.patients, last)
        labels = [] if self.label is None else [self.label]
        return pd.concat([columns, shown.patients[labels]], axis=1)


def _asks(tests):
    """Tell whether any test is asked for."""
    if tests is None or isinstance(tests, str | LabBins):
        return tests is not None
    return len(tests) > 0


def _diagnosis_codes(table, layout):
    """Return what a diagnosis code in the dictionary stands for."""
    codes = {}
    for chunk in table or ():
        given, meant = (
            chunk.cells[name].cast("string").to_pylist()
            for name in (layout.diagnosis, layout.diagnosis_codes)
        )
        codes |= {
            code.strip(): other.strip()
            for code, other in zip(given, meant, strict=True)
            if code and other and other.strip()
        }
    return codes
