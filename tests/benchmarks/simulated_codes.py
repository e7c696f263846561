"""Histories of any vocabulary, for timings: only their sizes mean anything."""

import torch

from fairsample.training.records import Records

__all__ = ["code_rates", "simulate_records"]

END = 0
VISITS_AT_ONCE = 2048


def code_rates(n_codes, codes_per_visit):
    """Probabilities that fall as 1 / rank, at most .9, so many codes in all."""
    ranks = torch.arange(1, n_codes + 1, dtype=torch.float64)
    low, high = 0.0, float(n_codes)
    for _ in range(60):
        scale = (low + high) / 2
        rates = (scale / ranks).clamp(max=0.9)
        low, high = (scale, high) if rates.sum() < codes_per_visit else (low, scale)
    return rates.float()


def simulate_records(n_patients, rates, visits_per_patient, seed=0):
    """Draw patients with two groups and outcomes, and independent codes.

    Parameters
    ----------
    n_patients : int
        How many.
    rates : Tensor of shape (n_codes,)
        Probability of each code in a visit.
    visits_per_patient : float
        Mean; each patient has one visit and a Poisson number of others.
    seed : int, default=0
        Of the draws.

    Returns
    -------
    Records
        As `FairSynthResampler` would encode them: END first in each last visit.
    """
    generator = torch.Generator().manual_seed(seed)
    columns = torch.randint(2, (n_patients, 2), generator=generator)
    others = torch.full((n_patients,), visits_per_patient - 1.0)
    n_visits = 1 + torch.poisson(others, generator=generator).long()
    patient_ptr = torch.cat([torch.zeros(1, dtype=torch.long), n_visits.cumsum(0)])
    last = torch.zeros(int(n_visits.sum()), dtype=torch.bool)
    last[patient_ptr[1:] - 1] = True
    codes, counts = [], []
    for is_last in last.split(VISITS_AT_ONCE):
        drawn = torch.rand(len(is_last), len(rates), generator=generator) < rates
        present = torch.cat([is_last[:, None], drawn], dim=1)
        codes.append(present.nonzero()[:, 1])
        counts.append(present.sum(1))
    visit_ptr = torch.cat([torch.zeros(1, dtype=torch.long), torch.cat(counts)])
    return Records(columns, torch.cat(codes), visit_ptr.cumsum(0), patient_ptr)
