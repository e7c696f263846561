"""A simulated cohort of intensive-care patients with known causal effects."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params

from fairsample.datasets.icu_codes import visit_lists
from fairsample.datasets.icu_effects import TRUE_EFFECTS
from fairsample.datasets.icu_mechanisms import (
    ADMISSION_TYPES,
    CONDITIONS,
    ETHNICITIES,
    INSURANCES,
    LABS,
    Confounders,
    Mediators,
    draw_confounders,
    draw_mediators,
    mortality_probability,
    random_generator,
)

__all__ = ["make_icu_cohort"]

# Alive and expired patients of each ethnicity in the published table.
_PUBLISHED_COUNTS = np.array([[3105, 359], [460, 27], [175, 11], [156, 9], [615, 83]])
_BATCH = 20_000

_DESCRIPTION = """\
Simulated intensive-care cohort

SIMULATED. No row is a patient, and no number was estimated from patients: nothing
medical can be learned from these records. Only the counts of patients by ethnicity and
outcome are those of a published cohort (Table 3 of [1]: alive/expired White 3105/359,
Black 460/27, Hispanic 175/11, Asian 156/9, Others 615/83), exactly so for 5,000
patients and by largest remainders for any other number.

Target: death at the next visit. Sensitive: ethnicity.

data   one row per patient: ethnicity, gender, age, insurance, admission_type, visits.
       A visit is a list of codes: diagnoses (DX:, ICD-9), medications (RX:) and
       laboratory results (LAB:name:bin, bins 0 to 4); one to eight visits.
table  the same patients as plain rows: the number of visits, of different diagnoses and
       medications; conditions (chronic ones: ever recorded; acute ones: recorded at the
       last visit); vasopressor at the last visit; laboratory values of the last visit,
       missing where not measured.

Causal model (Standard Fairness Model). Confounders: age, gender; they share an
unobserved cause with ethnicity. Mediators: everything else that is recorded. Outcome:
death, drawn from its probability given ethnicity, the confounders and the mediators;
it depends on what `table` holds and on nothing unrecorded. By construction some groups
are measured and documented less, are covered by other insurance, have other conditions,
and some conditions bear a different risk for them. Patients are drawn from the model
and kept until every (ethnicity, outcome) cell has its number. The model's own death
rates are within .0005 of the published ones, so this only fixes the counts.

true_effects   for each group against White, in the model: total_variation = direct +
       indirect + spurious, differences of the probability of death, simulated with
       4,000,000 draws, and their standard errors (_se).

[1] Bin Tarek, Poulain, Beheshti: Fairness-Optimized Synthetic EHR Generation for
    Arbitrary Downstream Predictive Tasks.
"""


@validate_params(
    {
        "n_patients": [Interval(Integral, 1, None, closed="left")],
        "return_X_y": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_icu_cohort(n_patients=5000, *, return_X_y=False, random_state=None):
    """Simulate intensive-care patients with visits and known causal effects.

    The patients are simulated; nothing medical can be learned from them. Their counts
    by ethnicity and outcome follow Table 3 of the FairSynth paper [1]_. They come from
    a structural causal model in the shape of the Standard Fairness Model [2]_, so the
    true direct, indirect and spurious effects of ethnicity on death are known. With
    the smallest groups of 165 and 186 patients at the default size, of which 9 and 11
    die, rates within them are noisy: simulate more patients to measure them well.

    Parameters
    ----------
    n_patients : int, default=5000
        Number of patients. At 5,000 the counts are exactly the published ones, else
        they are scaled by largest remainders; a cell can be empty below about 600.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    random_state : int, RandomState instance or None, default=None
        Seed of the simulation. numpy's global random state is never used.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        ``data`` : DataFrame of shape (n_patients, 6)
            ``ethnicity``, ``gender``, ``age`` (years), ``insurance``,
            ``admission_type`` and ``visits``: a list of one to eight visits, each a
            list of codes such as ``"DX:428.0"``, ``"RX:insulin"``,
            ``"LAB:lactate:3"``.
        ``target`` : Series of shape (n_patients,)
            1 if the patient dies at the next visit, else 0.
        ``table`` : DataFrame of shape (n_patients, 39)
            The same patients as plain rows of categories, integers, booleans and
            laboratory values with missing entries.
        ``true_effects`` : dict
            For each group its effects against White: ``total_variation``,
            ``direct``, ``indirect``, ``spurious`` (the first is the sum of the
            others) and their Monte Carlo standard errors, ``direct_se`` and so on.
        ``frame``, ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``
            As in scikit-learn's loaders; ``sensitive`` is ``"ethnicity"``.

    See Also
    --------
    simulate_icu_effects : The effects for any two groups.
    fetch_diabetes130 : Real patients with visits.

    References
    ----------
    .. [1] M. F. Bin Tarek, R. Poulain and R. Beheshti, "Fairness-optimized synthetic
       EHR generation for arbitrary downstream predictive tasks", 2024.
    .. [2] D. Plecko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3), 2024, :arxiv:`2207.11385`.

    Examples
    --------
    >>> from fairsample.datasets import make_icu_cohort
    >>> cohort = make_icu_cohort(random_state=0)
    >>> cohort.target.groupby(cohort.data["ethnicity"], observed=True).sum().to_dict()
    {'White': 359, 'Black': 27, 'Hispanic': 11, 'Asian': 9, 'Others': 83}
    >>> round(cohort.true_effects["Black"]["direct"], 3)
    -0.051
    """
    rng = random_generator(random_state)
    ethnicity, died, confounders, mediators = _draw_cells(_cell_counts(n_patients), rng)
    statics = pd.DataFrame(
        {
            "ethnicity": _category(ethnicity, ETHNICITIES),
            "gender": _category(confounders.female.astype(int), ("M", "F")),
            "age": confounders.age,
            "insurance": _category(mediators.insurance, INSURANCES),
            "admission_type": _category(mediators.admission_type, ADMISSION_TYPES),
        }
    )
    visits = visit_lists(ethnicity, mediators, rng)
    data = statics.assign(visits=pd.Series(visits, dtype=object))
    target = pd.Series(died, name="died")
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=data.assign(died=target),
        table=_table(statics, mediators, visits),
        feature_names=list(data.columns),
        target_names=np.array(["alive", "died"], dtype=object),
        sensitive="ethnicity",
        true_effects={group: dict(effects) for group, effects in TRUE_EFFECTS.items()},
        DESCR=_DESCRIPTION,
    )


def _cell_counts(n_patients):
    """Return the published counts scaled to `n_patients` by largest remainders."""
    exact = _PUBLISHED_COUNTS * n_patients
    total = _PUBLISHED_COUNTS.sum()
    counts = exact // total
    short = n_patients - counts.sum()
    by_remainder = np.argsort(-(exact % total), axis=None, kind="stable")
    counts.flat[by_remainder[:short]] += 1
    return counts


def _draw_cells(counts, rng):
    """Draw from the causal model until every (ethnicity, outcome) cell is full."""
    rates = _PUBLISHED_COUNTS / _PUBLISHED_COUNTS.sum(axis=1, keepdims=True)
    missing = counts.copy()
    batches = []
    while missing.any():
        n_candidates = np.ceil(1.1 * (missing / rates).max(axis=1)).astype(int)
        ethnicity = np.repeat(np.arange(len(ETHNICITIES)), n_candidates)
        ethnicity = rng.permutation(ethnicity)[:_BATCH]
        confounders = draw_confounders(ethnicity, rng)
        mediators = draw_mediators(ethnicity, confounders, rng)
        risk = mortality_probability(ethnicity, confounders, mediators)
        died = (rng.random(len(risk)) < risk).astype(np.int64)
        cell = pd.Series(2 * ethnicity + died)
        fits = cell.groupby(cell).cumcount().to_numpy() < missing.flat[cell.to_numpy()]
        batches.append(_rows((ethnicity, died, confounders, mediators), fits))
        missing -= np.bincount(cell[fits], minlength=missing.size).reshape(-1, 2)
    ethnicity, died, confounders, mediators = zip(*batches, strict=True)
    drawn = (
        np.concatenate(ethnicity),
        np.concatenate(died),
        Confounders(*map(np.concatenate, zip(*confounders, strict=True))),
        Mediators(*map(np.concatenate, zip(*mediators, strict=True))),
    )
    return _rows(drawn, rng.permutation(counts.sum()))


def _rows(drawn, rows):
    """Return the given rows of everything drawn."""
    ethnicity, died, confounders, mediators = drawn
    return (
        ethnicity[rows],
        died[rows],
        Confounders(*(values[rows] for values in confounders)),
        Mediators(*(values[rows] for values in mediators)),
    )


def _category(codes, names):
    return pd.Categorical.from_codes(codes, categories=list(names))


def _table(statics, mediators, visits):
    """Return one plain row per patient, with all that the outcome depends on."""
    table = statics.assign(n_visits=mediators.n_visits)
    for column, prefix in (("n_diagnoses", "DX:"), ("n_medications", "RX:")):
        table[column] = [
            len(
                {code for visit in patient for code in visit if code.startswith(prefix)}
            )
            for patient in visits
        ]
    ever = mediators.recorded.any(axis=1)
    now = mediators.at_last_visit(mediators.recorded)
    for position, condition in enumerate(CONDITIONS):
        table[condition.name] = (ever if condition.chronic else now)[:, position]
    table["vasopressor"] = mediators.at_last_visit(mediators.vasopressor)
    last_labs = mediators.at_last_visit(mediators.labs)
    return table.assign(
        **{lab.name: last_labs[:, position] for position, lab in enumerate(LABS)}
    )


def _n_different(visits, prefix):
    """Return the number of different codes with a prefix in a patient's visits."""
    return len({code for visit in visits for code in visit if code.startswith(prefix)})
