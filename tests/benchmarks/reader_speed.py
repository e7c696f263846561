"""How fast are long laboratory tables read, and how much memory does it take?

    python tests/benchmarks/reader_speed.py

Writes a folder in the layout of MIMIC-III: 46,000 patients, 58,000 admissions and
10,000,000 rows of LABEVENTS on 400 items, one in 10,000 of them malformed or with a
time or a number that cannot be read, one in five without an admission. `read_mimic3`
reads it in a process of its own with ``label=None``, so that every row within an
admission is used; rows per second are those of LABEVENTS over the whole call, peak
memory is that of the process. "gzip" reads the table compressed.
"""

import argparse
import gzip
import shutil
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from report import add_out_argument, peak_gigabytes, write_report

from fairsample.datasets import read_mimic3
from fairsample.validation import DataWarning

N_PATIENTS, N_ADMISSIONS, N_ITEMS = 46_000, 58_000, 400
FIRST_ITEM, FIRST_ADMISSION = 50_800, 100_000
BLOCK = 1_000_000
FAULTS = ["{id},7,100000,50800,2150-01-01 00:00:00\n", "{id},7,,50800,soon,1,1,mg,\n"]
FAULTS += ["{id},7,,50800,2150-01-01 00:00:00,1,high,mg,\n"]


def write_folder(folder, n_rows, seed=0):
    """Write patients, admissions and laboratory results.

    Parameters
    ----------
    folder : Path
        Where.
    n_rows : int
        Rows of LABEVENTS.
    seed : int, default=0
        What draws.
    """
    rng = np.random.default_rng(seed)
    admissions = _admissions(rng)
    patients = pd.DataFrame({"SUBJECT_ID": np.arange(1, N_PATIENTS + 1)})
    patients["GENDER"] = rng.choice(["F", "M"], N_PATIENTS)
    patients["DOB"] = "2080-01-01 00:00:00"
    patients.to_csv(folder / "PATIENTS.csv", index=False)
    admissions.to_csv(folder / "ADMISSIONS.csv", index=False)
    items = np.arange(FIRST_ITEM, FIRST_ITEM + N_ITEMS)
    pd.DataFrame({"ITEMID": items, "LABEL": items}).to_csv(
        folder / "D_LABITEMS.csv", index=False
    )
    with open(folder / "LABEVENTS.csv", "w") as file:
        file.write(
            "ROW_ID,SUBJECT_ID,HADM_ID,ITEMID,CHARTTIME,VALUE,VALUENUM,VALUEUOM,FLAG\n"
        )
        for start in range(0, n_rows, BLOCK):
            lines = _lab_lines(rng, admissions, start, min(BLOCK, n_rows - start))
            file.writelines(lines)


def _admissions(rng):
    subjects = np.r_[
        np.arange(1, N_PATIENTS + 1),
        rng.integers(1, N_PATIENTS + 1, N_ADMISSIONS - N_PATIENTS),
    ]
    start = np.datetime64("2110-01-01T00:00:00") + rng.integers(
        0, 10**9, N_ADMISSIONS
    ).astype("timedelta64[s]")
    days = 1 + rng.exponential(6, N_ADMISSIONS)
    end = start + (days * 86_400).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "SUBJECT_ID": subjects,
            "HADM_ID": FIRST_ADMISSION + np.arange(N_ADMISSIONS),
            "ADMITTIME": start,
            "DISCHTIME": end,
            "HOSPITAL_EXPIRE_FLAG": rng.integers(0, 10, N_ADMISSIONS) == 0,
            "ADMISSION_TYPE": "EMERGENCY",
            "INSURANCE": rng.choice(["Medicare", "Private"], N_ADMISSIONS),
            "ETHNICITY": rng.choice(["WHITE", "ASIAN"], N_ADMISSIONS),
        }
    ).astype({"HOSPITAL_EXPIRE_FLAG": int})


def _lab_lines(rng, admissions, start, n_rows):
    """Return lines of LABEVENTS, in no order of patients."""
    chosen = rng.integers(0, N_ADMISSIONS, n_rows)
    item = FIRST_ITEM + (N_ITEMS * rng.beta(0.6, 3, n_rows)).astype(int)
    begin = admissions["ADMITTIME"].to_numpy()[chosen]
    span = admissions["DISCHTIME"].to_numpy()[chosen] - begin
    when = begin + (span * rng.random(n_rows)).astype("timedelta64[s]")
    values = np.round(np.exp(rng.normal(2, 0.5, n_rows)), 1)
    rows = pd.DataFrame(
        {
            "ROW_ID": start + np.arange(n_rows),
            "SUBJECT_ID": admissions["SUBJECT_ID"].to_numpy()[chosen],
            "HADM_ID": pd.array(FIRST_ADMISSION + chosen, dtype="Int64"),
            "ITEMID": item,
            "CHARTTIME": when,
            "VALUE": values,
            "VALUENUM": values,
            "VALUEUOM": "mg/dL",
            "FLAG": "",
        }
    )
    rows.loc[rng.random(n_rows) < 0.2, "HADM_ID"] = pd.NA
    lines = rows.to_csv(index=False, header=False).splitlines(keepends=True)
    for row in np.flatnonzero(rng.random(n_rows) < 1e-4):
        lines[row] = FAULTS[row % len(FAULTS)].format(id=start + row)
    return lines


def read(folder):
    """Read the folder, and tell what it took."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        bunch = read_mimic3(folder, label=None, tables=["labs"])
    seconds = time.perf_counter() - start
    n_read = bunch.reading.rows["LABEVENTS"]["read"]
    print(bunch.reading, file=sys.stderr)
    return {
        "rows": n_read,
        "used": bunch.reading.n_used("LABEVENTS"),
        "seconds": round(seconds, 1),
        "rows_per_second": round(n_read / seconds),
        "peak_gb": peak_gigabytes(),
    }


def main():
    """Write the folder and read it, plain and gzipped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-rows", type=int, default=10_000_000)
    parser.add_argument("--folder", help="where to write; a temporary one by default")
    add_out_argument(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder, results = Path(name), {}
        write_folder(folder, options.n_rows)
        for form in ("plain", "gzip"):
            if form == "gzip":
                plain = folder / "LABEVENTS.csv"
                with (
                    open(plain, "rb") as text,
                    gzip.open(f"{plain}.gz", "wb", compresslevel=4) as zipped,
                ):
                    shutil.copyfileobj(text, zipped, 1 << 24)
                plain.unlink()
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                results[form] = pool.submit(read, folder).result()
    table = pd.DataFrame(results).T
    write_report("reader_speed", table, results, out=options.out)


if __name__ == "__main__":
    main()
