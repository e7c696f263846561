"""How fast are visits written, against the published loop?

    python tests/benchmarks/generation_speed.py

Untrained generators with the same code probabilities (falling with the code's rank, ten
codes a visit). Ours runs as in `FairSynthResampler`: visit transformer, code head,
bookkeeping, patients of four visits on average, 64 at a time as the loop, and 2,048 at
a time as by default. Its head has four times as many hidden units as the embedding has
dimensions, the published one as many as embedding and vocabulary together; "equal
width" gives ours as many, which leaves the way of sampling as the difference.

Of the published loop only the code head runs, on full batches of 64, so that it is
shown faster than it is. It passes through the head once for every different code in the
batch and once more; above ``--whole-visit-up-to`` codes a few passes are timed, and
multiplied by the expected number.

Then the time a visit of ours takes, over vocabulary times embedding. The exponent is
the slope of its logarithm, 1 for linear growth.
"""

import argparse
import itertools
import time

import numpy as np
import pandas as pd
import torch
from published_halo import PublishedHead
from published_loop import write_visit
from report import add_out_argument, write_report
from simulated_codes import code_rates

from fairsample.fairsynth.generation import generate_records
from fairsample.fairsynth.halo import Halo

CODES_PER_VISIT, VISITS_PER_PATIENT, MAX_VISITS = 10, 4, 32
BATCH, DEFAULT_CHUNK = 64, 2048
PASSES_TIMED = 10


def main():
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    speeds = [compare_speed(n_codes, args) for n_codes in args.vocabularies]
    growth = measure_growth(args)
    table = pd.DataFrame(speeds).set_index("vocabulary")
    shown = table.map(lambda v: v if isinstance(v, str) else f"{v:,.4g}")
    print(growth["times"].round(1).to_markdown())
    print(f"\nGrowth exponent {growth['exponent']:.2f} (1 is linear)")
    results = {
        "speed": speeds,
        "microseconds_per_visit": growth["times"].to_dict(),
        "growth_exponent": growth["exponent"],
    }
    write_report("generation_speed", shown, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--vocabularies", type=int, nargs="+", default=[500, 2000, 7000]
    )
    parser.add_argument("--embedding", type=int, default=128)
    parser.add_argument(
        "--growth-embeddings", type=int, nargs="+", default=[64, 128, 256]
    )
    parser.add_argument("--whole-visit-up-to", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest counts")
    add_out_argument(parser)
    return parser.parse_args()


def compare_speed(n_codes, args):
    rates = code_rates(n_codes, CODES_PER_VISIT)
    ours, n_present = time_ours(rates, args.embedding, 512, BATCH, args.repeats)
    default, _ = time_ours(
        rates, args.embedding, 2 * DEFAULT_CHUNK, DEFAULT_CHUNK, args.repeats
    )
    equal_width, _ = time_ours(
        rates,
        args.embedding,
        512,
        BATCH,
        args.repeats,
        hidden=args.embedding + n_codes,
    )
    whole = n_codes <= args.whole_visit_up_to
    loop, loop_present, n_passes = time_loop(rates, args.embedding, whole=whole)
    return {
        "vocabulary": n_codes,
        "loop, visits/s": 1 / loop,
        "ours, visits/s": 1 / ours,
        "ratio": loop / ours,
        "ratio, equal width": loop / equal_width,
        "ours by 2,048, visits/s": 1 / default,
        "ratio by 2,048": loop / default,
        "loop passes": n_passes,
        "loop timed on": "whole visits" if whole else f"{PASSES_TIMED} passes",
        "codes a visit, loop": loop_present,
        "codes a visit, ours": n_present,
    }


def time_ours(rates, embedding, n_patients, chunk_size, repeats, *, hidden=None):
    """Seconds per visit, the fastest of some runs, and codes per visit."""
    module = untrained(rates, embedding, hidden or 4 * embedding)
    given = torch.zeros(n_patients, 2, dtype=torch.long)
    runs = []
    for seed in range(repeats):
        generator = torch.Generator().manual_seed(seed)
        start = time.perf_counter()
        records = generate_records(module, given, generator, chunk_size=chunk_size)
        seconds = time.perf_counter() - start
        n_visits = len(records.visit_ptr) - 1
        runs.append(seconds / n_visits)
    return min(runs), (len(records.codes) - n_patients) / n_visits  # END is no code


def untrained(rates, embedding, hidden):
    """Halo whose head draws every code with exactly its rate, END among them."""
    end = torch.tensor([1 / VISITS_PER_PATIENT])
    module = Halo(
        [2, 2],
        n_codes=len(rates),
        code_rates=torch.cat([end, rates]),
        max_visits=MAX_VISITS,
        embedding=embedding,
        hidden=hidden,
    )
    with torch.no_grad():
        module.code_head.readout.weight.zero_()
        module.code_head.context_to_code.weight.zero_()
    return module


def time_loop(rates, embedding, *, whole):
    """Seconds per visit, codes per visit, and passes through the head."""
    head = PublishedHead(len(rates), embedding).draw_at(rates)
    history = torch.randn(BATCH, embedding)
    write_visit(head, history, max_passes=2)
    start = time.perf_counter()
    visit, n_passes = write_visit(head, history, None if whole else PASSES_TIMED)
    seconds = time.perf_counter() - start
    if whole:
        return seconds / BATCH, float(visit.sum()) / BATCH, n_passes
    expected = 1 + float((1 - (1 - rates.double()) ** BATCH).sum())
    return seconds / n_passes * expected / BATCH, float(rates.sum()), expected


def measure_growth(args):
    """Microseconds per visit for each vocabulary and embedding, and the exponent."""
    sizes = list(itertools.product(args.vocabularies, args.growth_embeddings))
    chunk = DEFAULT_CHUNK
    seconds = [
        time_ours(code_rates(v, CODES_PER_VISIT), e, chunk, chunk, args.repeats)[0]
        for v, e in sizes
    ]
    product = np.prod(sizes, axis=1)
    exponent = float(np.polyfit(np.log(product), np.log(seconds), 1)[0])
    index = pd.MultiIndex.from_tuples(sizes, names=["vocabulary", "embedding"])
    times = pd.Series(seconds, index).mul(1e6).unstack()
    return {"times": times, "exponent": exponent}


if __name__ == "__main__":
    main()
