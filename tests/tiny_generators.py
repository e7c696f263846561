"""Small generators with uneven odds, and records spelled out in plain Python."""

from itertools import combinations, product

import torch

from fairsample.fairsynth.generation import END
from fairsample.fairsynth.halo import Halo
from fairsample.training.records import Records
from fairsample.training.seeding import seeded

SIZES = {
    "units_per_column": 6,
    "embedding": 8,
    "n_layers": 2,
    "n_heads": 2,
    "hidden": 12,
    "dropout": 0.0,
}


def tiny_halo(
    block_sizes=(2, 2, 3), n_codes=0, max_visits=0, *, seed=0, spread=0.3, **sizes
):
    """A generator whose weights were drawn far enough from zero to matter."""
    visits = {}
    if n_codes:
        rates = [1 / max_visits, *[0.4] * n_codes]
        visits = {"n_codes": n_codes, "code_rates": rates, "max_visits": max_visits}
    with seeded(seed), torch.no_grad():
        module = Halo(block_sizes, **visits, **{**SIZES, **sizes})
        for parameter in module.parameters():
            parameter += spread * torch.randn_like(parameter)
    return module.eval()


def records_of(columns, histories):
    """Make records, by plain loops.

    `histories` has for each patient a list of visits, each a sorted list of codes;
    END is added to each last one.
    """
    codes, visit_ptr, patient_ptr = [], [0], [0]
    for visits in histories:
        for number, visit in enumerate(visits):
            codes += [END] * (number == len(visits) - 1) + list(visit)
            visit_ptr.append(len(codes))
        patient_ptr.append(len(visit_ptr) - 1)
    columns = torch.as_tensor(columns)
    return Records(columns, *map(torch.tensor, (codes, visit_ptr, patient_ptr)))


def histories_of(records):
    """Spell records out again: for each patient the visits, END among the codes."""
    codes, visits, patients = (
        part.tolist()
        for part in (records.codes, records.visit_ptr, records.patient_ptr)
    )
    return [
        [codes[visits[v] : visits[v + 1]] for v in range(first, last)]
        for first, last in zip(patients, patients[1:], strict=False)
    ]


def random_columns(n, block_sizes, seed=0):
    """Levels drawn at random: (n, n_columns)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack(
        [torch.randint(size, (n,), generator=generator) for size in block_sizes], dim=1
    )


def random_histories(n, n_codes, max_visits, seed=0):
    """Histories of one to `max_visits` visits, some of them empty."""
    generator = torch.Generator().manual_seed(seed)
    histories = []
    for n_visits in torch.randint(1, max_visits + 1, (n,), generator=generator):
        present = torch.rand(int(n_visits), n_codes, generator=generator) < 0.4
        histories.append([(torch.where(row)[0] + 1).tolist() for row in present])
    return histories


def random_records(n, block_sizes=(2, 2, 3), n_codes=6, max_visits=4, seed=0):
    """Records with visits, drawn at random."""
    return records_of(
        random_columns(n, block_sizes, seed),
        random_histories(n, n_codes, max_visits, seed),
    )


def all_histories(n_codes, max_visits):
    """Every history that can be written."""
    codes = range(1, n_codes + 1)
    visits = [list(c) for size in range(n_codes + 1) for c in combinations(codes, size)]
    return [
        list(history)
        for length in range(1, max_visits + 1)
        for history in product(visits, repeat=length)
    ]


def all_columns(block_sizes):
    """Every row of levels: (product of block sizes, n_columns)."""
    return torch.tensor(list(product(*map(range, block_sizes))))
