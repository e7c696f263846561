"""FLIP's engine "dp-sgd": an autoencoder that learned from clipped, noisy gradients."""

from typing import NamedTuple

import numpy as np
import torch

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.columns import LIST_DELTA
from fairsample.flip.gradient_generator import GradientGenerator, class_shares
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.noise_solver import clip_scales, solve_noise
from fairsample.flip.noisy_counts import joint_multiplier
from fairsample.flip.pair_tables import n_pairs
from fairsample.flip.private_training import PrivateNet
from fairsample.flip.private_vae import PrivateVae
from fairsample.flip.sampling_rates import check_rates
from fairsample.flip.secure_noise import SecureNoise
from fairsample.flip.table_release import SHARES, merge_codes, release_codes
from fairsample.training.seeding import seeded

__all__ = ["GradientSettings", "train_private_generator"]

COUNTED = ("outside", "cells", "columns", "classes")
NOISE_PER_PAIR = 3
MOST_MERGED, FEWEST_MERGED = 16, 4


class GradientSettings(NamedTuple):
    """How the engine "dp-sgd" reads rows; none of it may come from private rows.

    Attributes
    ----------
    sample_rate : float
        How probably a row takes part in a step; under ``balance="sampling"``, on
        average.
    n_steps : int
        Steps.
    learning_rate : float
        The highest.
    n_latents, hidden : int
        Sizes of the autoencoder.
    beta : float
        Weight of the divergence of the latents to N(0, I).
    hide_group : bool
        Whether rows are written without the group, under the paper's uniform term.
    balance : {None, "sampling"}
        "sampling" draws as many rows of each group, clips those of small groups more,
        and lets every group pay the same. It strengthens no group; the larger ones are
        heard less.
    rate_cap : float
        The largest rate of a group under ``balance="sampling"``.
    """

    sample_rate: float = 0.05
    n_steps: int = 200
    learning_rate: float = 0.05
    n_latents: int = 4
    hidden: int = 32
    beta: float = 1.0
    hide_group: bool = False
    balance: str | None = None
    rate_cap: float = 0.1


def train_private_generator(
    rows,
    domain,
    *,
    epsilon,
    ledger,
    device="cpu",
    verbose=0,
    group_names=None,
    settings=None,
):
    """Train a generator on private rows, spending what is left of a budget.

    Cells and single columns are counted with noise; the rest of the budget goes to
    DP-SGD. The latents' prior is fixed and rows are never encoded again, so that no
    other release is needed.

    Parameters
    ----------
    rows : Rows
        Private rows; groups and classes are those of public lists.
    domain : TableDomain
        Bounds or categories of every column of ``rows.frame``, of which there is one.
    epsilon : float
        What may be spent in all, that in the ledger included.
    ledger : PrivacyLedger
        What was spent before; it is not changed.
    device : str, default="cpu"
        Where torch works.
    verbose : int, default=0
        1 shows a progress bar, of steps only.
    group_names : list, default=None
        What the ledger calls the groups under ``balance="sampling"``; None for codes.
    settings : GradientSettings, default=None
        Public ones; None for the defaults.

    Returns
    -------
    GradientGenerator
        Private, with the ledger of all.

    Raises
    ------
    ValueError
        If ``balance="sampling"`` and a group is too small for its rate.
    """
    settings = settings or GradientSettings()
    if settings.balance not in (None, "sampling"):
        raise ValueError(f"balance is None or 'sampling', not {settings.balance!r}.")
    names = list(range(rows.shape[0])) if group_names is None else list(group_names)
    unit = solve_noise(ledger, epsilon, delta=LIST_DELTA * ledger.delta)
    multipliers = {name: unit / np.sqrt(SHARES[name]) for name in COUNTED}
    ledger, planned = _plan(ledger, epsilon, multipliers, settings)
    coded = release_codes(rows, domain, multipliers, ledger, SecureNoise())
    sizes = dict(zip(names, coded.cell_counts.sum(axis=1), strict=True))
    steps = _describe_steps(planned, epsilon, sizes, settings)
    ledger.add(steps)
    merged = merge_codes(coded, _n_merged(unit, coded))
    columns = [
        one.merge(codes) for one, codes in zip(merged, coded.codes.T, strict=True)
    ]
    vae_sizes = {
        "n_groups": rows.shape[0],
        "n_classes": rows.shape[1],
        "n_latents": settings.n_latents,
        "hidden": settings.hidden,
        "hide_group": settings.hide_group,
    }
    net = PrivateNet(
        PrivateVae,
        module__block_sizes=[one.n_codes for one in merged],
        **{f"module__{name}": size for name, size in vae_sizes.items()},
        mechanism=steps,
        expected_rows=_expected_rows(steps, sizes),
        beta=settings.beta,
        offset=class_shares(merged).log(),
        lr=settings.learning_rate,
        device=device,
        verbose=verbose,
    )
    with seeded(0, device):  # where weights start
        net.fit(torch.from_numpy(np.column_stack([rows.group, rows.label, *columns])))
    return GradientGenerator(
        coded.encoder,
        merged,
        vae_sizes,
        net.weights_,
        coded.cell_counts,
        ledger,
        outside=coded.outside,
    ).calibrate()


def _plan(ledger, epsilon, multipliers, settings):
    """Make the ledger to charge, and one with what the counts may cost at most.

    The noise of the steps is solved for in the latter, which holds nothing that was
    found in rows. Rates of groups come from noisy counts: the order of the conversion
    is then chosen here, before any.
    """
    counts = Mechanism(
        name="counts",
        reads="cells and single columns",
        noise_multiplier=joint_multiplier(list(multipliers.values())),
        delta=LIST_DELTA * ledger.delta,
    )
    if settings.balance is None:
        return ledger.copy(), ledger.copy().add(counts)
    order = ledger.order
    if order is None:
        uniform = _describe_steps(
            ledger.copy().add(counts), epsilon, {}, settings._replace(balance=None)
        )
        order = ledger.copy().add(counts).add(uniform).best_order()
    charged = PrivacyLedger(ledger.delta, order=order)
    for mechanism in ledger.mechanisms:
        charged.add(mechanism)
    return charged, charged.copy().add(counts)


def _describe_steps(planned, epsilon, sizes, settings):
    """Describe DP-SGD so that the whole costs epsilon: Mechanism."""
    described = {
        "name": "gradients",
        "reads": "gradients of the autoencoder's loss",
        "n_steps": settings.n_steps,
    }
    if settings.balance is None:
        described["sample_rate"] = settings.sample_rate
        noise = solve_noise(
            planned,
            epsilon,
            sample_rate=settings.sample_rate,
            n_steps=settings.n_steps,
        )
        return Mechanism(noise_multiplier=noise, **described)
    rows_per_step = settings.sample_rate * sum(sizes.values()) / len(sizes)
    rates = check_rates(sizes, rows_per_step, cap=settings.rate_cap)
    noise, scales = clip_scales(planned, epsilon, rates, settings.n_steps)
    groups = {name: (rates[name], noise / scales[name]) for name in rates}
    return Mechanism(groups=groups, **described)


def _n_merged(unit, coded):
    """Choose how many codes a column may have, by how much noise there is."""
    noise = unit / np.sqrt(SHARES["pairs"]) * np.sqrt(n_pairs(len(coded.one_ways) + 1))
    n_merged = np.sqrt(coded.cell_counts.sum() / (NOISE_PER_PAIR * noise))
    return int(np.clip(n_merged, FEWEST_MERGED, MOST_MERGED))


def _expected_rows(steps, sizes):
    """Give the rows of a step on average, from noisy counts."""
    seen = (steps.for_group(name).sample_rate * size for name, size in sizes.items())
    return max(sum(seen), 1.0)
