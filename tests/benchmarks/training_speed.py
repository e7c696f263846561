"""How long does an epoch of training take, against the published architecture?

    python tests/benchmarks/training_speed.py

Simulated patients (two groups, two outcomes, one visit and a Poisson number of others,
code probabilities falling with the code's rank) and untrained generators of the same
embedding, layers and heads, the same batch size, AdamW, and the same threads. Ours
trains as `FairSynthResampler` does, through skorch and with the loss of the outcome
beside the likelihood; its second epoch counts. The published one is a dense port:
multi-hot rows padded to 48, two square masked layers as wide as vocabulary and
embedding together, binary cross-entropy over every cell. A few of its batches are timed
after one that is not, and multiplied by the number of batches.

"trimmed" pads it to the longest history only, which is kinder than published. "equal
width" gives our head as many hidden units as the published one has; what remains is
the way it is computed. Every generator has a process of its own, to see its peak of
memory. The ratio is of processor time, which a busy machine disturbs less.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import torch
from published_halo import PublishedHalo
from report import add_out_argument, peak_gigabytes, write_report
from simulated_codes import code_rates, simulate_records
from stopwatch import Stopwatch

from fairsample.fairsynth.fitting import NetSettings
from fairsample.fairsynth.training_plan import TrainingPlan

PUBLISHED_STEPS = 48
N_COLUMNS, LEVELS = 2, 2  # group and outcome
START, PAD = 0, 1  # what marks a row, behind END, codes and labels
N_LAYERS, N_HEADS = 2, 4
LEARNING_RATE = 1e-4


def main():
    args = parse_arguments()
    longest = int(simulated(args).patient_ptr.diff().max())
    runs = {
        "ours": (train_ours, args.hidden),
        "ours, equal width": (train_ours, args.vocabulary + args.embedding),
        "published": (train_published, PUBLISHED_STEPS),
        "published, trimmed": (train_published, longest + 2),
    }
    results = {
        name: in_own_process(train, args, size) for name, (train, size) in runs.items()
    }
    table = pd.DataFrame(results).T
    seconds = table["processor seconds"]
    table["ratio"] = seconds / seconds["ours"]
    shown = table.map(lambda value: f"{value:,.4g}")
    write_report("training_speed", shown, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vocabulary", type=int, default=2000)
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--visits", type=float, default=5.0, help="mean per patient")
    parser.add_argument("--codes", type=float, default=20.0, help="mean per visit")
    parser.add_argument("--embedding", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=512, help="of our head")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--batches", type=int, default=5, help="timed, published")
    parser.add_argument("--threads", type=int, default=2)
    add_out_argument(parser)
    return parser.parse_args()


def simulated(args):
    """Make the patients, the same in every process."""
    rates = code_rates(args.vocabulary, args.codes)
    return simulate_records(args.patients, rates, args.visits)


def in_own_process(train, args, size):
    """Run with nothing else in memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(train, args, size).result()


def train_ours(args, hidden):
    """Time the second epoch of `Halo`."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    records = simulated(args)
    n_visits = len(records.visit_ptr) - 1
    settings = NetSettings(
        module={
            "block_sizes": [LEVELS] * N_COLUMNS,
            "n_codes": args.vocabulary,
            "code_rates": torch.bincount(records.codes) / n_visits,
            "max_visits": int(records.patient_ptr.diff().max()),
            "embedding": args.embedding,
            "hidden": hidden,
            "n_layers": N_LAYERS,
            "n_heads": N_HEADS,
        },
        learning_rate=LEARNING_RATE,
        validation_fraction=0.0,
        patience=1,
        batch_size=args.batch_size,
        max_epochs=2,
        fairness_epochs=None,
        device="cpu",
    )
    net = settings.net(TrainingPlan(args.batch_size, 1), LEARNING_RATE, [], 0)
    net.fit(records, None)
    watch = Stopwatch()
    net.partial_fit(records, None)
    return cost(watch, len(net.history[-1, "batches"])) | size_of(net.module_)


def train_published(args, n_steps):
    """Time some batches of `PublishedHalo`."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    records = simulated(args)
    width = args.vocabulary + 1 + LEVELS * N_COLUMNS + 2
    module = PublishedHalo(
        width, n_steps, embedding=args.embedding, n_layers=N_LAYERS, n_heads=N_HEADS
    )
    optimizer = torch.optim.AdamW(module.parameters(), lr=LEARNING_RATE)
    batches = torch.randperm(len(records)).split(args.batch_size)
    for number, rows in enumerate(batches[: args.batches + 1]):
        if number == 1:
            watch = Stopwatch()
        optimizer.zero_grad()
        module.loss(*multi_hot(records.batch(rows), n_steps, width)).backward()
        optimizer.step()
    return cost(watch, args.batches, of=len(batches)) | size_of(module)


def multi_hot(batch, n_steps, width):
    """Write a batch as padded rows: start, labels, visits; and which rows count."""
    steps = torch.zeros(len(batch), n_steps, width)
    labels = width - 2 - LEVELS * N_COLUMNS
    visit = batch.visit_of_code
    steps[batch.patient[visit], batch.visit_number[visit] + 2, batch.codes] = 1
    level = labels + batch.columns + LEVELS * torch.arange(N_COLUMNS)
    steps[:, 1].scatter_(1, level, 1)
    steps[:, 0, width - 2 + START] = 1
    used = torch.zeros(len(batch), n_steps)
    used[:, :2] = 1
    used[batch.patient, batch.visit_number + 2] = 1
    steps[..., width - 2 + PAD] = 1 - used
    return steps, used[:, 1:, None]


def cost(watch, n_batches, *, of=None):
    """Tell what an epoch of `of` batches takes, after `n_batches`."""
    wall, processor = watch.read()
    epochs = n_batches / (of or n_batches)
    return {
        "seconds per epoch": wall / epochs,
        "processor seconds": processor / epochs,
        "batches timed": n_batches,
    }


def size_of(module):
    return {
        "parameters": sum(p.numel() for p in module.parameters()),
        "peak GB": peak_gigabytes(),
    }


if __name__ == "__main__":
    main()
