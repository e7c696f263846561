"""What do half the precision, a compiler and a second process do to training?

    python tests/benchmarks/training_precision.py
    python tests/benchmarks/training_precision.py --data patients

The epoch of a plain table (Adult, 32,561 rows) or of simulated patients (2,000, five
visits of twenty codes, 2,000 codes), the fastest of those after the first, each in a
process of its own on all cores: torch's float32; float32 with factors rounded to
bfloat16 (`torch.set_float32_matmul_precision("medium")`); accelerate's mixed precision
bf16; `torch.compile` by inductor; and two processes of accelerate over gloo, with half
of the cores each. The loss is that of the validation rows after the last epoch.

On a GPU, `share of peak` is what `--peak-tflops` leaves of it: six operations a
parameter and row, twice, as the loss of the outcome passes the net a second time.
"""

import argparse
import json
import os
import subprocess
import sys
import warnings

import pandas as pd
import torch
from patients_scale import simulate_patients
from report import add_out_argument, write_report

from fairsample import FairSynthResampler
from fairsample.datasets import fetch_adult
from fairsample.validation import DataWarning

WAYS = {
    "float32": {},
    "float32, products of bfloat16": {"matmul": "medium"},
    "mixed precision bf16": {"accelerator": {"mixed_precision": "bf16"}},
    "torch.compile": {"accelerator": {"dynamo_backend": "inductor"}},
    "two processes": {"accelerator": {}, "processes": 2},
}


def rows_of(data):
    """Give rows, outcome and sensitive columns."""
    if data == "patients":
        return *simulate_patients(2000, 2000), "group"
    adult = fetch_adult(drop_weights=False)
    return adult.data, adult.target, ["sex", "race"]


def train(data, way, n_epochs, device):
    """Train; print seconds an epoch and the last loss as JSON."""
    warnings.simplefilter("ignore", DataWarning)
    torch.set_float32_matmul_precision(way.get("matmul", "highest"))
    if "accelerator" in way:
        from accelerate import Accelerator

        Accelerator(**way["accelerator"])
        device = "accelerate"
    X, y, sensitive = rows_of(data)
    net = FairSynthResampler(
        sensitive,
        max_epochs=n_epochs,
        fairness_weight=0,
        device=device,
        random_state=0,
    )
    net = net.fit(X, y).net_
    seconds = min(net.history[1:, "dur"])
    n_parameters = sum(weights.numel() for weights in net.module_.parameters())
    result = {
        "seconds an epoch": seconds,
        "rows a second": len(X) / seconds,
        "loss": net.history[-1, "valid_loss"],
        "teraflops": 12 * n_parameters * len(X) / seconds / 1e12,
    }
    if int(os.environ.get("RANK", 0)) == 0:
        print("RESULT " + json.dumps(result))


def in_own_process(data, name, options):
    """Start this file again for one way: dict."""
    way = WAYS[name]
    n_processes = way.get("processes", 1)
    command = [sys.executable]
    if n_processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone"]
        command += ["--nproc-per-node", str(n_processes)]
    command += [__file__, "--data", data, "--way", name, "--device", options.device]
    command += ["--epochs", str(options.epochs)]
    n_threads = max(torch.get_num_threads() // n_processes, 1)
    environment = {"OMP_NUM_THREADS": str(n_threads)}
    if options.device == "cpu":
        environment["ACCELERATE_USE_CPU"] = "true"
    found = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in found.stdout.splitlines() if line.startswith("RESULT ")]
    if not told:
        return {"failed": (found.stderr.strip().splitlines() or ["?"])[-1]}
    return json.loads(told[0][7:])


def main():
    """Train in every way, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=["adult", "patients"], default="adult")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    parser.add_argument("--peak-tflops", type=float, help="of the chip")
    parser.add_argument("--way", choices=WAYS, help="one of them, in this process")
    add_out_argument(parser)
    options = parser.parse_args()
    if options.way:
        return train(options.data, WAYS[options.way], options.epochs, options.device)
    results = {name: in_own_process(options.data, name, options) for name in WAYS}
    table = pd.DataFrame(results).T
    if options.peak_tflops:
        table["share of peak"] = table["teraflops"] / options.peak_tflops
    return write_report("training_precision", table, results, out=options.out)


if __name__ == "__main__":
    main()
