"""How do patients with visits grow: fit and sample over codes, and patients a second?

    OMP_NUM_THREADS=2 python tests/benchmarks/patients_scale.py
    python tests/benchmarks/patients_scale.py --codes 2000 --patients 10000

Simulated patients of five visits with twenty codes each; which code is how frequent
falls with its rank, and group and outcome each shift a tenth of the codes.
`FairSynthResampler` with its default sizes trains for one epoch, so that times grow
with the data only, and writes the patients asked for. The exponent is the slope of the
log of fit plus sample over the two largest vocabularies.
"""

import argparse
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
from report import add_out_argument, peak_gigabytes, write_report

from fairsample import FairSynthResampler
from fairsample.validation import DataWarning

N_VISITS, CODES_A_VISIT = 5, 20


def simulate_patients(n, n_codes, seed=0):
    """Draw patients.

    Parameters
    ----------
    n, n_codes : int
        Patients, and codes of the vocabulary.
    seed : int, default=0
        What draws.

    Returns
    -------
    X : DataFrame of shape (n, 2)
        The group, and visits as lists of lists of codes.
    y : Series of shape (n,)
    """
    rng = np.random.default_rng(seed)
    group, y = rng.random(n) < 0.3, rng.random(n) < 0.4
    odds = 1 / np.arange(1, n_codes + 1)
    names = np.array([f"c{k}" for k in range(n_codes)], dtype=object)
    shifted = [rng.permutation(n_codes)[: max(n_codes // 10, 1)] for _ in range(2)]
    visits = np.empty(n, dtype=object)
    for row in range(n):  # without replacement, by the largest perturbed logarithms
        own = np.log(odds)
        for on, codes in zip((group[row], y[row]), shifted, strict=True):
            own[codes] += np.log(3) * on
        noisy = own + rng.gumbel(size=(N_VISITS, n_codes))
        drawn = np.argpartition(noisy, -CODES_A_VISIT)[:, -CODES_A_VISIT:]
        visits[row] = [names[codes].tolist() for codes in drawn]
    X = pd.DataFrame({"group": np.where(group, "b", "a"), "visits": visits})
    return X, pd.Series(y.astype(int), name="outcome")


def time_one(n_patients, n_codes, n_drawn):
    """Fit and sample: dict of what it took."""
    warnings.simplefilter("ignore", DataWarning)
    X, y = simulate_patients(n_patients, n_codes)
    resampler = FairSynthResampler(
        "group", max_epochs=1, fairness_epochs=1, random_state=0
    )
    start = time.perf_counter(), time.process_time()
    resampler.fit(X, y)
    fitted = time.perf_counter(), time.process_time()
    fit_peak = peak_gigabytes()
    drawn, _ = resampler.sample(n_drawn, random_state=0)
    ended = time.perf_counter(), time.process_time()
    n_codes_drawn = [len(visit) for visits in drawn["visits"] for visit in visits]
    return {
        "fit": fitted[0] - start[0],
        "fit_cpu": fitted[1] - start[1],
        "sample": ended[0] - fitted[0],
        "sample_cpu": ended[1] - fitted[1],
        "patients a second": n_drawn / (ended[0] - fitted[0]),
        "visits a patient": drawn["visits"].map(len).mean(),
        "codes a visit": np.mean(n_codes_drawn),
        "fit_peak_gb": fit_peak,
        "peak_gb": peak_gigabytes(),
    }


def main():
    """Time each vocabulary in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, nargs="+", default=[200, 2000, 10_000])
    parser.add_argument("--patients", type=int, nargs="+", default=[5000])
    parser.add_argument("--drawn", type=int, default=10_000)
    add_out_argument(parser)
    options = parser.parse_args()
    results = []
    for n_patients in options.patients:
        for n_codes in options.codes:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                run = pool.submit(time_one, n_patients, n_codes, options.drawn)
                results.append(
                    {"patients": n_patients, "codes": n_codes} | run.result()
                )
            print(results[-1], flush=True)
    table = pd.DataFrame(results)
    largest = table.iloc[-2:]
    if len(options.codes) > 1:
        seconds = np.log((largest["fit_cpu"] + largest["sample_cpu"]).to_numpy())
        exponent = np.diff(seconds)[0] / np.diff(np.log(largest["codes"]))[0]
        print(f"Growth exponent over codes {exponent:.2f} (1 is linear)")
    write_report("patients_scale", table.round(3), results, out=options.out)


if __name__ == "__main__":
    main()
