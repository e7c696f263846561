"""The structural causal model of the simulated intensive-care cohort.

Standard Fairness Model: ethnicity is the sensitive attribute, age and gender are the
confounders (they share an unobserved cause with ethnicity), everything recorded
during the visits is a mediator, death at the next visit is the outcome. Each of the
three functions is one stage. All numbers are invented for illustration; none was
estimated from patients.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

__all__ = [
    "ADMISSION_TYPES",
    "CONDITIONS",
    "ETHNICITIES",
    "INSURANCES",
    "LABS",
    "MAX_VISITS",
    "Confounders",
    "Mediators",
    "draw_confounders",
    "draw_mediators",
    "mortality_probability",
    "random_generator",
]

ETHNICITIES = ("White", "Black", "Hispanic", "Asian", "Others")
INSURANCES = ("Medicaid", "Medicare", "Private", "Self Pay")
ADMISSION_TYPES = ("ELECTIVE", "EMERGENCY", "URGENT")
MAX_VISITS = 8

_MEAN_AGE = np.array([65.0, 58.0, 54.0, 61.0, 61.0])
_SHARE_FEMALE = np.array([0.43, 0.53, 0.43, 0.45, 0.39])

# Log odds by ethnicity, in the order of ETHNICITIES.
_MEDICAID = np.array([-1.2, -0.1, 0.2, -0.3, -0.8])
_SELF_PAY = np.array([-2.4, -2.0, -1.7, -2.2, -1.5])
_EMERGENCY = np.array([0.9, 1.3, 1.4, 1.0, 1.6])
_URGENT = -1.5

_SEVERITY = np.array([0.0, 0.15, 0.1, 0.0, 0.4])
_VISITS = np.array([0.55, 0.75, 0.4, 0.35, 0.1])
_MEASURED = np.array([0.0, -0.6, -0.7, -0.5, -0.4])
_DOCUMENTED = np.array([0.0, -0.3, -0.4, -0.4, -0.5])


class Condition(NamedTuple):
    """How often a condition occurs and what it does to the risk of death."""

    name: str
    chronic: bool
    log_odds: float
    per_decade: float
    female: float
    by_ethnicity: tuple[float, float, float, float, float]
    risk: float


CONDITIONS = (
    Condition("heart_failure", True, -1.0, 0.35, -0.1, (0, 0.2, -0.3, -0.4, 0), 0.45),
    Condition("coronary", True, -0.8, 0.30, -0.5, (0, -0.4, -0.3, -0.2, 0), 0.1),
    Condition("arrhythmia", True, -1.1, 0.40, -0.1, (0, -0.4, -0.5, -0.5, 0), 0.2),
    Condition("hypertension", True, -0.1, 0.20, 0.0, (0, 0.6, 0.0, 0.1, 0), -0.1),
    Condition("diabetes", True, -1.0, 0.10, 0.0, (0, 0.5, 0.6, 0.3, 0), 0.15),
    Condition("kidney_disease", True, -1.5, 0.20, -0.1, (0, 0.8, 0.3, 0.2, 0), 0.4),
    Condition("copd", True, -1.5, 0.20, 0.0, (0, -0.1, -0.7, -0.7, 0), 0.3),
    Condition("liver_disease", True, -2.3, -0.10, -0.4, (0, 0.1, 0.8, 0.4, 0.1), 0.8),
    Condition("cancer", True, -2.0, 0.15, 0.0, (0, -0.1, -0.1, 0.2, 0), 1.0),
    Condition("substance_use", True, -2.0, -0.40, -0.7, (0, 0.2, 0.2, -1, 0.3), -0.2),
    Condition("depression", True, -1.9, -0.10, 0.5, (0, -0.4, -0.3, -0.8, 0), 0.0),
    Condition("sepsis", False, -2.2, 0.05, 0.0, (0, 0.1, 0.1, 0.1, 0.2), 0.8),
    Condition("pneumonia", False, -1.9, 0.05, 0.0, (0, 0, 0, 0.1, 0.1), 0.3),
    Condition("respiratory_failure", False, -2.0, 0, 0, (0, 0, 0, 0, 0.2), 0.7),
    Condition("kidney_injury", False, -1.7, 0.10, 0.0, (0, 0.3, 0.1, 0, 0), 0.4),
    Condition("gi_bleed", False, -2.5, 0.05, 0.0, (0, 0, 0.3, 0.2, 0), 0.2),
    Condition("stroke", False, -2.7, 0.15, 0.0, (0, 0.2, 0.1, 0.2, 0.3), 0.7),
    Condition("trauma", False, -2.4, -0.20, -0.5, (0, 0, 0.2, -0.1, 0.4), 0.0),
)
_CHRONIC = np.array([condition.chronic for condition in CONDITIONS])
_POSITION = {condition.name: k for k, condition in enumerate(CONDITIONS)}


class Lab(NamedTuple):
    """How a laboratory value arises, is binned, and bears on the risk of death.

    The value is ``centre + spread * u``, or ``centre * exp(spread * u)`` when
    `skewed`, with ``u`` the sum of the illness's pull and standard normal noise.
    """

    name: str
    centre: float
    spread: float
    skewed: bool
    decimals: int
    log_odds_measured: float
    severity: float
    condition: str
    condition_pull: float
    edges: tuple[float, float, float, float]
    risk: tuple[float, float, float, float, float]

    def bin_of(self, value):
        """Return the bin, 0 to 4, of each value; a bin holds its lower edge."""
        return np.searchsorted(self.edges, value, side="right")


LABS = (
    Lab("lactate", 1.5, 0.40, True, 1, 0.2, 0.5, "sepsis", 0.9,
        (1.0, 2.0, 3.0, 4.0), (0, 0, 0.3, 0.9, 1.5)),
    Lab("creatinine", 0.9, 0.40, True, 1, 2.2, 0.2, "kidney_disease", 1.5,
        (0.6, 1.3, 2.0, 3.5), (0, 0, 0.2, 0.5, 0.7)),
    Lab("bun", 18.0, 0.45, True, 0, 2.2, 0.4, "kidney_injury", 1.2,
        (8, 20, 35, 60), (0, 0, 0.2, 0.5, 0.8)),
    Lab("white_cells", 9.0, 0.35, True, 1, 2.0, 0.3, "sepsis", 0.9,
        (4.0, 11.0, 16.0, 25.0), (0.4, 0, 0, 0.3, 0.5)),
    Lab("hemoglobin", 11.5, 1.9, False, 1, 2.1, -0.3, "gi_bleed", -1.3,
        (7.0, 9.0, 11.0, 13.5), (0.2, 0.1, 0, 0, 0)),
    Lab("platelets", 225.0, 75.0, False, 0, 2.0, -0.3, "liver_disease", -1.2,
        (50, 100, 150, 400), (0.8, 0.4, 0.1, 0, 0)),
    Lab("sodium", 138.5, 4.0, False, 0, 2.2, 0.0, "heart_failure", -0.5,
        (130, 135, 145, 150), (0.4, 0.1, 0, 0.2, 0.5)),
    Lab("potassium", 4.2, 0.6, False, 1, 2.2, 0.1, "kidney_disease", 0.7,
        (3.0, 3.5, 5.0, 5.5), (0.2, 0, 0, 0.1, 0.3)),
    Lab("glucose", 125.0, 0.30, True, 0, 2.1, 0.1, "diabetes", 1.1,
        (70, 110, 180, 250), (0.3, 0, 0, 0.1, 0.2)),
    Lab("bilirubin", 0.7, 0.60, True, 1, -0.2, 0.2, "liver_disease", 1.8,
        (0.4, 1.2, 3.0, 6.0), (0, 0, 0.2, 0.6, 1.0)),
    Lab("albumin", 3.4, 0.6, False, 1, -0.4, -0.5, "cancer", -0.7,
        (2.0, 2.5, 3.0, 3.5), (0.9, 0.6, 0.3, 0, 0)),
    Lab("inr", 1.15, 0.25, True, 1, 1.0, 0.2, "arrhythmia", 0.9,
        (1.0, 1.3, 2.0, 3.0), (0, 0, 0.1, 0.3, 0.5)),
)  # fmt: skip


class Confounders(NamedTuple):
    """Age in years and gender; arrays of shape (n_patients,)."""

    age: np.ndarray
    female: np.ndarray


class Mediators(NamedTuple):
    """What is recorded of each patient; visits beyond the last hold nothing.

    Attributes
    ----------
    insurance, admission_type : ndarray of shape (n_patients,)
        Positions in INSURANCES and ADMISSION_TYPES.
    n_visits : ndarray of shape (n_patients,)
    recorded : ndarray of shape (n_patients, MAX_VISITS, n_conditions), bool
    labs : ndarray of shape (n_patients, MAX_VISITS, n_labs)
        Rounded values, NaN where not measured.
    vasopressor : ndarray of shape (n_patients, MAX_VISITS), bool
    """

    insurance: np.ndarray
    admission_type: np.ndarray
    n_visits: np.ndarray
    recorded: np.ndarray
    labs: np.ndarray
    vasopressor: np.ndarray

    def at_last_visit(self, values):
        """Return the values of each patient's last visit."""
        return values[np.arange(len(self.n_visits)), self.n_visits - 1]


def random_generator(random_state):
    """Return a random generator of its own.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        None takes fresh entropy: numpy's global random state is never used.

    Returns
    -------
    numpy.random.Generator
    """
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(random_state)


def draw_confounders(ethnicity, rng):
    """Draw age and gender given ethnicity (a spurious link, not an effect).

    Parameters
    ----------
    ethnicity : ndarray of shape (n_patients,)
        Positions in ETHNICITIES.
    rng : numpy.random.Generator
        Source of the exogenous noise.

    Returns
    -------
    Confounders
    """
    n_patients = len(ethnicity)
    age = _MEAN_AGE[ethnicity] + 15.0 * rng.standard_normal(n_patients)
    return Confounders(
        age=np.clip(np.rint(age), 18, 90).astype(np.int64),
        female=rng.random(n_patients) < _SHARE_FEMALE[ethnicity],
    )


def draw_mediators(ethnicity, confounders, rng):
    """Draw all that is recorded during the visits.

    Parameters
    ----------
    ethnicity : ndarray of shape (n_patients,)
        Positions in ETHNICITIES; the ethnicity that the mediators respond to.
    confounders : Confounders
        Age and gender of the same patients.
    rng : numpy.random.Generator
        Source of the exogenous noise.

    Returns
    -------
    Mediators
    """
    n_patients = len(ethnicity)
    insurance = _draw_insurance(ethnicity, confounders, rng)
    admission_type = _draw_admission_type(ethnicity, insurance, rng)
    tendency = _condition_log_odds(ethnicity, confounders)
    present = np.zeros((n_patients, MAX_VISITS, len(CONDITIONS)), dtype=bool)
    has_chronic = rng.random((n_patients, _CHRONIC.sum())) < expit(
        tendency[:, _CHRONIC]
    )
    present[:, :, _CHRONIC] = has_chronic[:, None, :]
    burden = has_chronic.sum(axis=1)
    severity = _draw_severity(
        ethnicity, confounders, insurance, admission_type, burden, rng
    )
    acute = expit(tendency[:, None, ~_CHRONIC] + 0.8 * severity[:, :, None])
    present[:, :, ~_CHRONIC] = rng.random(acute.shape) < acute
    documented = expit(1.9 + _DOCUMENTED[ethnicity])[:, None, None]
    recorded = present & (rng.random(present.shape) < documented)
    shock = -3.2 + 0.9 * severity + 1.2 * present[:, :, _POSITION["sepsis"]]
    vasopressor = rng.random(shock.shape) < expit(shock)
    labs = _draw_labs(ethnicity, severity, present, rng)
    # Poisson draws take more or less from the stream as their mean changes. Drawn
    # last, they leave all other noise the same when only the ethnicity differs.
    more_visits = rng.poisson(np.exp(_VISITS[ethnicity] + 0.1 * (burden - 3)))
    n_visits = np.minimum(1 + more_visits, MAX_VISITS)
    beyond = np.arange(MAX_VISITS) >= n_visits[:, None]
    recorded[beyond], vasopressor[beyond], labs[beyond] = False, False, np.nan
    return Mediators(insurance, admission_type, n_visits, recorded, labs, vasopressor)


def _draw_category(log_odds, rng):
    """Draw one position per row, given log odds up to a constant per row."""
    noise = rng.gumbel(size=log_odds.shape)
    return np.argmax(log_odds + noise, axis=1)


def _draw_insurance(ethnicity, confounders, rng):
    of_age = confounders.age >= 65
    log_odds = np.stack(
        [
            _MEDICAID[ethnicity],
            np.where(of_age, 3.0, -1.0),
            np.full(len(ethnicity), 0.6),
            _SELF_PAY[ethnicity],
        ],
        axis=1,
    )
    return _draw_category(log_odds, rng)


def _draw_admission_type(ethnicity, insurance, rng):
    uncovered = insurance == INSURANCES.index("Self Pay")
    emergency = _EMERGENCY[ethnicity] + 0.8 * uncovered
    log_odds = np.stack(
        [np.zeros(len(ethnicity)), emergency, np.full(len(ethnicity), _URGENT)], axis=1
    )
    return _draw_category(log_odds, rng)


def _condition_log_odds(ethnicity, confounders):
    """Return the log odds of every condition, before severity."""
    decades = (confounders.age - 60) / 10
    return np.stack(
        [
            condition.log_odds
            + condition.per_decade * decades
            + condition.female * confounders.female
            + np.array(condition.by_ethnicity)[ethnicity]
            for condition in CONDITIONS
        ],
        axis=1,
    )


def _draw_severity(ethnicity, confounders, insurance, admission_type, burden, rng):
    """Draw the state of health at each visit; it is never recorded itself."""
    level = (
        _SEVERITY[ethnicity]
        + 0.1 * (confounders.age - 60) / 10
        + 0.1 * (burden - 3)
        + 0.3 * (admission_type == ADMISSION_TYPES.index("EMERGENCY"))
        + 0.1 * (insurance == INSURANCES.index("Medicaid"))
        + 0.3 * (insurance == INSURANCES.index("Self Pay"))
        + 0.6 * rng.standard_normal(len(ethnicity))
    )
    shocks = 0.7 * rng.standard_normal((len(ethnicity), MAX_VISITS))
    severity = np.empty_like(shocks)
    deviation = np.zeros(len(ethnicity))
    for visit in range(MAX_VISITS):
        deviation = 0.6 * deviation + shocks[:, visit]
        severity[:, visit] = level + deviation
    return severity


def _draw_labs(ethnicity, severity, present, rng):
    """Draw laboratory values; the sicker, the more is measured."""
    labs = np.empty((*severity.shape, len(LABS)))
    for position, lab in enumerate(LABS):
        pull = lab.severity * severity
        pull += lab.condition_pull * present[:, :, _POSITION[lab.condition]]
        u = pull + rng.standard_normal(severity.shape)
        value = lab.centre * np.exp(lab.spread * u)
        if not lab.skewed:
            value = np.maximum(lab.centre + lab.spread * u, 10.0**-lab.decimals)
        chance = lab.log_odds_measured + 0.4 * severity + _MEASURED[ethnicity][:, None]
        measured = rng.random(severity.shape) < expit(chance)
        labs[:, :, position] = np.where(measured, value.round(lab.decimals), np.nan)
    return labs


# Log odds of death that make each ethnicity's rate the one of the published table.
_DEATH_LOG_ODDS = np.array([-4.6883, -6.0905, -5.4641, -5.6684, -4.8838])
# Where the illness of a group shows differently: added to the risk of a condition.
_DEATH_BY_ETHNICITY = {
    "heart_failure": (0, 0.5, 0.3, 0.2, 0),
    "kidney_disease": (0, 0.7, 0.4, 0.4, 0.1),
    "diabetes": (0, 0.4, 0.6, 0.4, 0.1),
    "cancer": (0, -0.4, -0.3, 0, 0),
    "sepsis": (0, -0.3, -0.2, 0, 0.3),
}


def mortality_probability(ethnicity, confounders, mediators):
    """Return the probability of death at the next visit.

    It depends on what is recorded and on nothing else, so that no unrecorded cause
    stands between the mediators and the outcome.

    Parameters
    ----------
    ethnicity : ndarray of shape (n_patients,)
        Positions in ETHNICITIES; the ethnicity that the outcome responds to.
    confounders : Confounders
        Age and gender of the same patients.
    mediators : Mediators
        Records of the same patients.

    Returns
    -------
    ndarray of shape (n_patients,)
    """
    log_odds = (
        _DEATH_LOG_ODDS[ethnicity]
        + 0.25 * (confounders.age - 60) / 10
        - 0.1 * confounders.female
        + np.array([0.15, 0.0, 0.0, 0.4])[mediators.insurance]
        + np.array([-0.4, 0.2, 0.0])[mediators.admission_type]
        + 0.7 * mediators.at_last_visit(mediators.vasopressor)
    )
    ever = mediators.recorded.any(axis=1)
    now = mediators.at_last_visit(mediators.recorded)
    for position, condition in enumerate(CONDITIONS):
        risk = np.array(_DEATH_BY_ETHNICITY.get(condition.name, (0,) * 5))[ethnicity]
        counted = ever if condition.chronic else now
        log_odds += (condition.risk + risk) * counted[:, position]
    last_labs = mediators.at_last_visit(mediators.labs)
    for position, lab in enumerate(LABS):
        value = last_labs[:, position]
        risk = np.array(lab.risk)[lab.bin_of(value)]
        log_odds += np.where(np.isnan(value), 0.0, risk)
    return expit(log_odds)
