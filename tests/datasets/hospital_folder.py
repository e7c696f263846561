"""Folders in the layout of MIMIC-III and of PIC, with made-up patients."""

import pandas as pd

__all__ = ["ADMISSIONS", "PATIENTS", "mimic3_tables", "pic_tables", "write_tables"]

PATIENTS = pd.DataFrame(
    {
        "SUBJECT_ID": [1, 2, 3],
        "GENDER": ["F", "M", "F"],
        "DOB": ["2050-01-01 00:00:00", "2070-06-01 00:00:00", "1820-01-01 00:00:00"],
    }
)
ADMISSIONS = pd.DataFrame(
    [
        (1, 101, "2100-01-01 08:00:00", "2100-01-05 12:00:00", 0, "WHITE - RUSSIAN"),
        (1, 102, "2100-03-01 10:00:00", "2100-03-10 10:00:00", 1, "WHITE - RUSSIAN"),
        (2, 201, "2110-05-01 06:00:00", "2110-05-04 06:00:00", 0, "ASIAN - CHINESE"),
        (2, 202, "2110-05-20 06:00:00", "2110-05-25 07:00:00", 0, "ASIAN - CHINESE"),
        (3, 301, "2120-01-01 00:00:00", "2120-01-03 20:00:00", 1, "UNABLE TO OBTAIN"),
    ],
    columns=[
        *("SUBJECT_ID", "HADM_ID", "ADMITTIME", "DISCHTIME"),
        *("HOSPITAL_EXPIRE_FLAG", "ETHNICITY"),
    ],
).assign(
    ADMISSION_TYPE=["ELECTIVE", "EMERGENCY", "EMERGENCY", "URGENT", "EMERGENCY"],
    INSURANCE=["Private", "Medicare", "Private", "Private", "Medicare"],
)
_CODES = [(1, 101), (1, 102), (2, 201), (2, 202), (3, 301)]
_STARTS = ["2100-01-02", "2100-03-02", "2110-05-02", "2110-05-21", "2120-01-01"]
_LABS = pd.DataFrame(
    [
        (1, 101, 50, "2100-01-02 08:00:00", "1.0", 1.0),
        (1, 101, 50, "2100-01-04 08:00:00", "3.0", 3.0),
        (1, None, 51, "2100-01-03 08:00:00", "7", 7.0),
        (1, None, 50, "2100-02-01 08:00:00", "5.0", 5.0),
        (1, 102, 50, "2100-03-01 11:00:00", "9.0", 9.0),
        (2, 201, 52, "2110-05-02 08:00:00", "NEG", None),
        (2, 202, 52, "2110-05-21 08:00:00", "2", 2.0),
        (3, 301, 50, "2120-01-01 12:00:00", "4.0", 4.0),
        (3, 301, 50, "2120-01-03 12:00:00", "8.0", 8.0),
    ],
    columns=["SUBJECT_ID", "HADM_ID", "ITEMID", "CHARTTIME", "VALUE", "VALUENUM"],
).astype({"HADM_ID": "Int64"})


def mimic3_tables():
    """Return the tables of three patients with five admissions."""
    subjects, admissions = zip(*_CODES, strict=True)
    ids = pd.DataFrame({"SUBJECT_ID": subjects, "HADM_ID": admissions})
    return {
        "PATIENTS": PATIENTS,
        "ADMISSIONS": ADMISSIONS,
        "ICUSTAYS": ids.assign(INTIME=ADMISSIONS["ADMITTIME"]),
        "DIAGNOSES_ICD": ids.assign(
            ICD9_CODE=["4280", "V4581", "25000", "486", "0389"]
        ),
        "PROCEDURES_ICD": ids.assign(
            ICD9_CODE=["3893", "9604", "3893", "9671", "9604"]
        ),
        "PRESCRIPTIONS": ids.assign(
            STARTDATE=_STARTS, DRUG=["Insulin", "Heparin ", "Insulin", "Iron", "Iron"]
        ),
        "LABEVENTS": _LABS,
        "D_LABITEMS": pd.DataFrame(
            {
                "ITEMID": [50, 51, 52],
                "LABEL": ["Lactate", "Glucose", "Glucose"],
                "FLUID": ["Blood", "Blood", "Urine"],
            }
        ),
    }


def pic_tables(version):
    """Return the same patients, as children, in the layout of PIC 1.0 or 1.1."""
    tables = mimic3_tables()
    del tables["PROCEDURES_ICD"]
    born = ["2099-12-20 00:00:00", "2105-06-01 00:00:00", "2107-01-01 00:00:00"]
    tables["PATIENTS"] = PATIENTS.assign(DOB=born, EXPIRE_FLAG=1)
    tables["ADMISSIONS"] = ADMISSIONS.drop(columns="ADMISSION_TYPE").assign(
        ETHNICITY="Han", ADMISSION_DEPARTMENT="PICU", DEATHTIME=""
    )
    tables["DIAGNOSES_ICD"] = (
        tables["DIAGNOSES_ICD"]
        .drop(columns="ICD9_CODE")
        .assign(ICD10_CODE_CN=["J18.901", "Q21.102", "J18.901", "X99", "Q21.102"])
    )
    tables["D_ICD_DIAGNOSES"] = pd.DataFrame(
        {
            "ICD10_CODE_CN": ["J18.901", "Q21.102", "X99"],
            "ICD10_CODE": ["J18.9  ", "Q21.1", ""],
            "TITLE_CN": ["肺炎", "房间隔缺损", "其他"],
        }
    )
    drugs = tables["PRESCRIPTIONS"].rename(columns={"DRUG": "DRUG_NAME"})
    if version == "1.1":
        tables["DIAGNOSES_ICD"]["EXTRA"] = "?"
        drugs = drugs.rename(columns={"DRUG_NAME": "DRUG_NAME_EN"})
        drugs["DRUG_NAME"] = "胰岛素"
    else:
        drugs["DRUG_NAME_CN"] = "胰岛素"
    tables["PRESCRIPTIONS"] = drugs
    tables["LABEVENTS"] = _LABS.assign(
        HADM_ID=[101, 101, 101, 101, 102, 201, 202, 301, 301]
    )
    return tables


def write_tables(folder, tables, *, lower=False, zipped=False):
    """Write tables as CSV files, with names of either case; return the folder."""
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        written = table.rename(columns=str.lower) if lower else table
        file = f"{name.lower() if lower else name}.csv{'.gz' * zipped}"
        written.to_csv(folder / file, index=False)
    return folder
