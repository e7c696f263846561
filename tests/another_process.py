"""A program in a process of its own, where sets and hashes have another order."""

import json
import os
import subprocess
import sys

import torch


def run_elsewhere(program, *arguments):
    """Run Python, with what can be imported here; give its last line, read as JSON."""
    found = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONHASHSEED": "7",
            "OMP_NUM_THREADS": str(torch.get_num_threads()),  # sums depend on it
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout.splitlines()[-1])
