"""Where a benchmark puts its table, and what it ran on."""

import json
import os
import platform
import resource
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

import torch

import fairsample

__all__ = ["add_out_argument", "peak_gigabytes", "write_report"]

PACKAGES = ["numpy", "pandas", "scikit-learn", "imbalanced-learn", "torch", "skorch"]


def add_out_argument(parser):
    """Let the caller choose the folder of the JSON."""
    parser.add_argument(
        "--out", type=Path, default=Path("bench-results"), help="folder of the JSON"
    )


def peak_gigabytes():
    """Give the most memory this process has held so far, in GB (10^9 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def write_report(name, table, results, *, out):
    """Print the table as Markdown and write ``<out>/<name>.json``.

    Parameters
    ----------
    name : str
        The benchmark's name.
    table : DataFrame
        What people read; its index is shown.
    results : dict or list
        What programs read.
    out : path-like
        The folder; made if it is not there.
    """
    script = Path(sys.argv[0])
    command = shlex.join(["python", f"tests/benchmarks/{script.name}", *sys.argv[1:]])
    path = Path(out) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "benchmark": name,
        "command": command,
        "environment": _environment(),
        "results": results,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"\n{command}\n\n{table.to_markdown()}\n\nWritten to {path}")


def _environment():
    return {
        "python": platform.python_version(),
        "fairsample": fairsample.__version__,
        **{package: version(package) for package in PACKAGES},
        "cpus": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
    }
