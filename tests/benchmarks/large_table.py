"""What does a table cost that need not fit into memory, fitted and sampled?

    OMP_NUM_THREADS=2 python tests/benchmarks/large_table.py
    python tests/benchmarks/large_table.py --n-rows 100000 --buffer-rows 20000

Writes Parquet files of 1,000,000 rows and the 15 columns of Adult: rows are drawn with
replacement, a twentieth of the texts anew, and every number is moved a little. In a
process of its own `FairSynthResampler` with default settings is fitted to the folder,
and `sample_to_parquet` writes as many rows as were fitted. Memory is the peak of that
process. `shape` compares columns of 50,000 rows of either side (1 is the same).
"""

import argparse
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from report import add_out_argument, peak_gigabytes, write_report

from fairsample import FairSynthResampler
from fairsample.datasets import TableOnDisk, fetch_adult
from fairsample.metrics import column_shapes
from fairsample.validation import DataWarning

ROWS_A_FILE = 100_000
REDRAWN = 0.05  # of the texts
MOVED = 0.02  # of a column's standard deviation
N_COMPARED = 50_000


def write_table(folder, n_rows, seed=0):
    """Write Adult many times over, with noise.

    Parameters
    ----------
    folder : Path
        An empty one.
    n_rows : int
        How many rows.
    seed : int, default=0
        What draws.
    """
    adult = fetch_adult(drop_weights=False)
    real = adult.data.assign(income=adult.target)
    rng = np.random.default_rng(seed)
    for start in range(0, n_rows, ROWS_A_FILE):
        n = min(ROWS_A_FILE, n_rows - start)
        part = real.iloc[rng.integers(len(real), size=n)].reset_index(drop=True)
        for name in part.columns.drop("income"):
            part[name] = _with_noise(part[name], real[name], rng)
        part.to_parquet(folder / f"part-{start // ROWS_A_FILE:05d}.parquet")


def _with_noise(column, real, rng):
    if pd.api.types.is_numeric_dtype(column.dtype):
        spread = MOVED * real.std()
        moved = column + rng.normal(scale=spread, size=len(column))
        moved = moved.round().clip(real.min(), real.max()).astype(column.dtype)
        return moved.where(column > 0, column)  # zeros of capital gains stay
    drawn = real.iloc[rng.integers(len(real), size=len(column))].to_numpy()
    return column.mask(rng.random(len(column)) < REDRAWN, pd.Series(drawn))


def fit_and_sample(source, target, options):
    """Fit to the files and write as many rows: dict of what it took."""
    warnings.simplefilter("ignore", DataWarning)
    table = TableOnDisk(source, buffer_rows=options["buffer_rows"])
    resampler = FairSynthResampler(
        ["sex", "race"], max_epochs=options["max_epochs"], random_state=0, verbose=1
    )
    start = time.perf_counter()
    resampler.fit(table, "income")
    fitted = time.perf_counter()
    fit_peak = peak_gigabytes()
    resampler.sample_to_parquet(None, target, random_state=0, verbose=1)
    return {
        "fit_minutes": round((fitted - start) / 60, 2),
        "sample_minutes": round((time.perf_counter() - fitted) / 60, 2),
        "epochs": len(resampler.net_.history),
        "batch_size": resampler.net_.batch_size,
        "valid_loss": round(float(resampler.net_.history[-1, "valid_loss"]), 3),
        "fit_peak_gb": fit_peak,
        "peak_gb": peak_gigabytes(),
    }


def main():
    """Write the table, fit, sample, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-rows", type=int, default=1_000_000)
    parser.add_argument("--buffer-rows", type=int, default=1_000_000)
    parser.add_argument("--max-epochs", type=int, help="the default rule, if not given")
    parser.add_argument("--folder", help="where to write; a temporary one by default")
    add_out_argument(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        source, target = Path(name) / "real", Path(name) / "synthetic"
        source.mkdir()
        write_table(source, options.n_rows)
        settings = {
            "n_rows": options.n_rows,
            "buffer_rows": options.buffer_rows,
            "max_epochs": options.max_epochs,
        }
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            result = pool.submit(fit_and_sample, source, target, settings).result()
        real, synthetic = (
            TableOnDisk(folder).draw(N_COMPARED, random_state=0)
            for folder in (source, target)
        )
    result["shape"] = round(column_shapes(real, synthetic)["score"].mean(), 4)
    table = pd.DataFrame([settings | result])
    write_report("large_table", table, settings | result, out=options.out)


if __name__ == "__main__":
    main()
