"""Tables on disk, and the frames that they are in memory."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

N = 900


def mixed_frame(n=N, seed=0):
    """Every dtype that Parquet keeps, a class, and sensitive columns."""
    rng = np.random.RandomState(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.randint(0, 400, n), "D")
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], n),
            "race": pd.Categorical(
                rng.choice(["A", "B", "C"], n, p=[0.5, 0.45, 0.05]),
                categories=["C", "none", "B", "A"],
            ),
            "age": rng.randint(18, 90, n),
            "small": rng.randint(0, 200, n).astype("uint8"),
            "bmi": rng.normal(27, 4, n).round(1),
            "score": rng.normal(size=n),
            "single": rng.normal(size=n).astype("f4"),
            "stage": pd.Categorical(
                rng.choice(["I", "II", "III"], n),
                categories=["I", "II", "III", "IV"],
                ordered=True,
            ),
            "visits": pd.array(rng.randint(0, 9, n), dtype="Int16"),
            "insured": pd.array(rng.rand(n) < 0.7, dtype="boolean"),
            "smoker": rng.rand(n) < 0.3,
            "born": [date(1950 + year, 1, 1) for year in rng.randint(0, 40, n)],
            "seen": days + pd.to_timedelta(rng.randint(0, 1440, n), unit="min"),
            "day": days.tz_localize("Europe/Paris"),
            "stay": pd.to_timedelta(rng.randint(0, 99, n), unit="h"),
            "unit": "mg",
        }
    )
    for name in ("bmi", "visits", "insured", "seen", "stage"):
        frame.loc[rng.rand(n) < 0.1, name] = None
    frame["group"] = frame["sex"] + frame["race"].astype(str)
    frame["died"] = np.where(rng.rand(n) < 0.3, "yes", "no")
    return frame


def write_pieces(frame, folder, n_files=3, row_group_size=70):
    """Write a frame as a few files, and give the folder."""
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), n_files)):
        part = frame.iloc[rows].reset_index(drop=True)
        path = folder / f"part-{number}.parquet"
        part.to_parquet(path, row_group_size=row_group_size)
    return folder


def write_arrow(columns, path):
    """Write arrow columns (dict) without what pandas would say of them."""
    pq.write_table(pa.table(columns), path)
    return path
