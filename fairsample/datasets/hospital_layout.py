"""How the tables of a hospital database in the manner of MIMIC-III are laid out."""

from dataclasses import dataclass

__all__ = ["EVENT_TABLES", "MIMIC3", "PIC", "HospitalLayout"]

EVENT_TABLES = {
    "diagnoses": "DIAGNOSES_ICD",
    "procedures": "PROCEDURES_ICD",
    "prescriptions": "PRESCRIPTIONS",
    "labs": "LABEVENTS",
}
_IDS = {"subject_id": "integer", "hadm_id": "integer"}
_RESULTS = _IDS | {"itemid": "text", "charttime": "time", "valuenum": "number"}
_ADMISSION = _IDS | {
    "admittime": "time",
    "dischtime": "time",
    "hospital_expire_flag": "integer",
}


@dataclass(frozen=True)
class HospitalLayout:
    """File and column names in which one hospital database differs from another.

    Parameters
    ----------
    name : str
        What the database is called.
    events : tuple of str
        Kinds of events that it has, of those in `EVENT_TABLES`.
    admission_columns : tuple of str
        Further columns of ADMISSIONS that are read, as text.
    diagnosis : str
        Column of DIAGNOSES_ICD with the code.
    drugs : tuple of str
        Columns of PRESCRIPTIONS with the drug, in the order of preference.
    diagnosis_codes : str, default=None
        Column of D_ICD_DIAGNOSES with the code that stands for the one in `diagnosis`;
        None if that one is taken as it is.
    oldest : int, default=None
        Greatest age in years that is told; whoever is older counts as this old.
    """

    name: str
    events: tuple
    admission_columns: tuple
    diagnosis: str
    drugs: tuple
    diagnosis_codes: str | None = None
    oldest: int | None = None

    @property
    def unanswered_filters(self):
        """Filters about which the database says nothing."""
        has_types = "admission_type" in self.admission_columns
        return () if has_types else ("admission_types",)

    def columns(self, table):
        """Tell which columns of a table are read.

        Parameters
        ----------
        table : str
            Name of a table.

        Returns
        -------
        dict
            What `CsvTable` takes: ``kinds``, ``optional``, ``one_of`` and
            ``keep_malformed``.
        """
        items = {"itemid": "text", "label": "text"}
        kinds = {
            "PATIENTS": {"subject_id": "integer", "gender": "text", "dob": "time"},
            "ADMISSIONS": _ADMISSION | dict.fromkeys(self.admission_columns, "text"),
            "ICUSTAYS": {"hadm_id": "integer", "intime": "time"},
            "DIAGNOSES_ICD": _IDS | {self.diagnosis: "text"},
            "PROCEDURES_ICD": _IDS | {"icd9_code": "text"},
            "PRESCRIPTIONS": _IDS
            | {"startdate": "time"}
            | dict.fromkeys(self.drugs, "text"),
            "LABEVENTS": _RESULTS,
            "CHARTEVENTS": _RESULTS | {"error": "integer"},
            "D_LABITEMS": items | {"fluid": "text"},
            "D_ITEMS": items | {"category": "text"},
            "D_ICD_DIAGNOSES": {self.diagnosis: "text", self.diagnosis_codes: "text"},
        }
        return {
            "kinds": kinds[table],
            "optional": ("error", "fluid", "category"),
            "one_of": self.drugs if table == "PRESCRIPTIONS" else (),
            "keep_malformed": table in ("ADMISSIONS", "ICUSTAYS"),
        }


MIMIC3 = HospitalLayout(
    name="MIMIC-III",
    events=("diagnoses", "procedures", "prescriptions", "labs"),
    admission_columns=("admission_type", "insurance", "ethnicity"),
    diagnosis="icd9_code",
    drugs=("drug",),
    oldest=90,
)

PIC = HospitalLayout(
    name="PIC",
    events=("diagnoses", "prescriptions", "labs"),
    admission_columns=("insurance",),
    diagnosis="icd10_code_cn",
    drugs=("drug_name_en", "drug_name"),
    diagnosis_codes="icd10_code",
)
