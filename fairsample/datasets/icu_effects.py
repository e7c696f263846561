"""The true effects of ethnicity on mortality in the simulated cohort's causal model."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from fairsample.datasets.icu_mechanisms import (
    ETHNICITIES,
    draw_confounders,
    draw_mediators,
    mortality_probability,
    random_generator,
)

__all__ = ["BASELINE", "TRUE_EFFECTS", "simulate_icu_effects"]

BASELINE = "White"
_BATCH = 20_000

_NAMES = ("total_variation", "direct", "indirect", "spurious")


def _named(effects, standard_errors):
    """Return effects and their standard errors, in the order of _NAMES, by name."""
    errors_of = [f"{name}_se" for name in _NAMES]
    return dict(zip(_NAMES, effects, strict=True)) | dict(
        zip(errors_of, standard_errors, strict=True)
    )


# Direct, indirect and spurious effect against the baseline, and the standard errors of
# their sum and of each, from simulate_icu_effects with 4,000,000 draws.
_SIMULATED = {
    "Black": ((-0.05106, 0.02082, -0.01821), (7.0e-5, 3.4e-5, 6.1e-5, 5.8e-5)),
    "Hispanic": ((-0.02630, 0.00899, -0.02725), (7.0e-5, 2.2e-5, 6.7e-5, 6.0e-5)),
    "Asian": ((-0.03651, -0.00416, -0.00850), (6.7e-5, 2.1e-5, 5.9e-5, 5.1e-5)),
    "Others": ((-0.00375, 0.03335, -0.01429), (8.1e-5, 0.7e-5, 8.5e-5, 8.2e-5)),
}
TRUE_EFFECTS = {
    group: _named((sum(paths), *paths), errors)
    for group, (paths, errors) in _SIMULATED.items()
}


@validate_params(
    {
        "group": [StrOptions(set(ETHNICITIES))],
        "baseline": [StrOptions(set(ETHNICITIES))],
        "n_draws": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def simulate_icu_effects(
    group, *, baseline=BASELINE, n_draws=100_000, random_state=None
):
    """Simulate interventions in the model behind :func:`make_icu_cohort`.

    Effects compare `group` with `baseline` on the probability of death and add up:
    ``total_variation = direct + indirect + spurious``. Patients of the baseline are
    drawn; then the outcome alone responds to the other ethnicity (direct), then the
    mediators do too (indirect), then the confounders are those of the other group
    (spurious). All arms share their random numbers.

    Parameters
    ----------
    group : {"White", "Black", "Hispanic", "Asian", "Others"}
        The ethnicity compared with the baseline.
    baseline : {"White", "Black", "Hispanic", "Asian", "Others"}, default="White"
        The ethnicity to compare with.
    n_draws : int, default=100_000
        Number of simulated patients.
    random_state : int, RandomState instance or None, default=None
        Seed of the simulation. numpy's global random state is never used.

    Returns
    -------
    dict of str to float
        ``total_variation``, ``direct``, ``indirect``, ``spurious``, and for each
        its Monte Carlo standard error under the same name with ``_se``.

    See Also
    --------
    make_icu_cohort : Draws patients from this model; returns effects simulated with
        many more draws.

    References
    ----------
    .. [1] D. Plecko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3), 2024, :arxiv:`2207.11385`.

    Examples
    --------
    >>> from fairsample.datasets import simulate_icu_effects
    >>> effects = simulate_icu_effects("Black", n_draws=2000, random_state=0)
    >>> effects["direct"] < 0 < effects["indirect"]
    True
    """
    x0, x1 = ETHNICITIES.index(baseline), ETHNICITIES.index(group)
    n_batches = -(-n_draws // _BATCH)
    sizes = [len(part) for part in np.array_split(np.arange(n_draws), n_batches)]
    seeds = random_generator(random_state).integers(2**63, size=(n_batches, 2))
    steps = np.concatenate(
        [_path_steps(x0, x1, *pair) for pair in zip(sizes, seeds, strict=True)], axis=1
    )
    effects = np.vstack([steps.sum(axis=0), steps])
    errors = effects.std(axis=1, ddof=1) / np.sqrt(n_draws)
    return _named(effects.mean(axis=1).tolist(), errors.tolist())


def _path_steps(x0, x1, n_draws, seeds):
    """Return each draw's change of risk along the three paths, of shape (3, n)."""
    of_confounders, of_mediators = seeds
    ethnicity = {x: np.full(n_draws, x) for x in (x0, x1)}

    def risk(x_confounders, x_mediators, x_outcome):
        confounders = draw_confounders(
            ethnicity[x_confounders], np.random.default_rng(of_confounders)
        )
        mediators = draw_mediators(
            ethnicity[x_mediators], confounders, np.random.default_rng(of_mediators)
        )
        return mortality_probability(ethnicity[x_outcome], confounders, mediators)

    arms = [risk(x0, x0, x0), risk(x0, x0, x1), risk(x0, x1, x1), risk(x1, x1, x1)]
    return np.diff(arms, axis=0)
