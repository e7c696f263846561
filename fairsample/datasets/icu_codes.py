"""Simulated intensive-care records written out as codes, visit by visit."""

import numpy as np
from scipy.special import expit

from fairsample.datasets.icu_mechanisms import CONDITIONS, LABS
from fairsample.encoding.visit_cells import nest_visits

__all__ = ["visit_lists"]

# ICD-9 codes under which a condition is recorded, the commonest first.
_DIAGNOSES = {
    "heart_failure": "428.0 428.33 428.22 428.23 428.32 425.4 428.30",
    "coronary": "414.01 410.71 412 411.1 414.00 V45.81 410.41",
    "arrhythmia": "427.31 427.1 427.5 427.32 426.0 427.89",
    "hypertension": "401.9 401.1 402.90 401.0 416.8",
    "diabetes": "250.00 250.60 250.40 250.02 250.50 250.13",
    "kidney_disease": "585.9 403.90 585.6 403.91 585.3 585.4",
    "copd": "496 491.21 493.90 492.8 491.20",
    "liver_disease": "571.5 571.2 070.54 572.2 456.21 789.59",
    "cancer": "198.5 197.0 162.9 197.7 174.9 198.3 202.80",
    "substance_use": "305.00 303.90 291.81 305.1 304.00",
    "depression": "311 296.20 300.00 296.80",
    "sepsis": "038.9 995.92 785.52 995.91 038.42 790.7",
    "pneumonia": "486 507.0 482.41 481 997.31",
    "respiratory_failure": "518.81 518.84 518.82 799.02",
    "kidney_injury": "584.9 584.5 586 276.7",
    "gi_bleed": "578.9 578.1 532.40 530.82 535.51",
    "stroke": "434.91 431 430 433.10 342.90",
    "trauma": "852.21 805.2 807.03 860.0 820.8 E888.9",
}
_COMMON_DIAGNOSES = """
272.4 285.9 276.2 276.1 530.81 244.9 285.1 599.0 287.5 V58.61
276.8 276.0 V15.82 424.0 V58.67 274.9 733.00 278.00 327.23 600.00 780.60 458.9 787.20
707.03 263.9 780.97 V10.46 365.9 715.90 346.90 345.90 723.0 786.50 564.00 780.39
V49.86 V45.01 V12.54 294.8 332.0
"""

# Medications for a condition, the commonest first.
_MEDICATIONS = {
    "heart_failure": "furosemide metoprolol lisinopril spironolactone carvedilol",
    "coronary": "aspirin atorvastatin clopidogrel nitroglycerin simvastatin",
    "arrhythmia": "warfarin amiodarone diltiazem digoxin",
    "hypertension": "amlodipine hydralazine labetalol losartan clonidine",
    "diabetes": "insulin metformin glipizide glargine",
    "kidney_disease": "sevelamer epoetin calcitriol calcium_acetate",
    "copd": "albuterol ipratropium prednisone tiotropium",
    "liver_disease": "lactulose rifaximin nadolol octreotide",
    "cancer": "ondansetron dexamethasone oxycodone filgrastim",
    "substance_use": "thiamine folic_acid lorazepam diazepam nicotine",
    "depression": "sertraline citalopram quetiapine trazodone",
    "sepsis": "vancomycin piperacillin_tazobactam cefepime meropenem",
    "pneumonia": "ceftriaxone azithromycin levofloxacin metronidazole",
    "respiratory_failure": "propofol fentanyl midazolam chlorhexidine",
    "kidney_injury": "sodium_bicarbonate calcium_gluconate bumetanide",
    "gi_bleed": "pantoprazole_infusion phytonadione sucralfate",
    "stroke": "levetiracetam mannitol nimodipine",
    "trauma": "hydromorphone cefazolin enoxaparin",
}
_COMMON_MEDICATIONS = """
acetaminophen heparin docusate pantoprazole potassium_chloride
magnesium_sulfate senna bisacodyl morphine famotidine multivitamin zolpidem
diphenhydramine metoclopramide milk_of_magnesia guaifenesin
"""
_VASOPRESSORS = "norepinephrine phenylephrine vasopressin"
_SHARES = (0.6, 0.25, 0.15)

# Log odds, by ethnicity, of getting a medication for a recorded condition.
_PRESCRIBED = {
    "coronary": (0, -0.5, -0.4, 0.1, -0.2),
    "arrhythmia": (0, -0.5, -0.5, -0.2, -0.3),
    "trauma": (0, -0.5, -0.5, -0.2, 0.0),
    "hypertension": (0, 0.4, 0.0, 0.0, -0.1),
}


def visit_lists(ethnicity, mediators, rng):
    """Write records as lists of visits, each a list of codes.

    The codes only spell out what `mediators` hold, with further codes that bear on
    no outcome: the choice among the codes of a condition, its medications, and
    common codes.

    Parameters
    ----------
    ethnicity : ndarray of shape (n_patients,)
        Positions in ETHNICITIES.
    mediators : Mediators
        The records.
    rng : numpy.random.Generator
        Source of the choice of codes.

    Returns
    -------
    list of list of list of str
        One list of visits per patient. Codes read ``"DX:428.0"``,
        ``"RX:furosemide"`` or ``"LAB:lactate:3"`` (bin 3 of 0 to 4).
    """
    n_patients, max_visits = mediators.vasopressor.shape
    happened = np.arange(max_visits) < mediators.n_visits[:, None]
    patient = np.repeat(np.arange(n_patients), mediators.n_visits)
    recorded = mediators.recorded[happened]
    written = []
    for position, condition in enumerate(CONDITIONS):
        rows = np.flatnonzero(recorded[:, position])
        codes = _prefixed("DX", _DIAGNOSES[condition.name].split())
        written += _diagnoses(rows, patient, codes, n_patients, rng)
    written += _common("DX", _COMMON_DIAGNOSES.split(), 0.35, patient, n_patients, rng)
    for position, condition in enumerate(CONDITIONS):
        rows = np.flatnonzero(recorded[:, position])
        codes = _prefixed("RX", _MEDICATIONS[condition.name].split())
        shift = np.array(_PRESCRIBED.get(condition.name, (0,) * 5))[ethnicity]
        written += _medications(rows, patient, codes, shift, rng)
    written += _vasopressors(np.flatnonzero(mediators.vasopressor[happened]), rng)
    written += _common("RX", _COMMON_MEDICATIONS.split(), 0.8, patient, n_patients, rng)
    written += _lab_results(mediators.labs[happened])
    visit = np.concatenate([rows for rows, _ in written])
    codes = np.concatenate([codes for _, codes in written])
    n_codes = np.bincount(visit, minlength=len(patient))
    return nest_visits(
        codes[np.argsort(visit, kind="stable")],
        np.r_[0, n_codes.cumsum()],
        np.r_[0, mediators.n_visits.cumsum()],
    )


def _prefixed(prefix, names):
    return np.array([f"{prefix}:{name}" for name in names], dtype=object)


def _diagnoses(rows, patient, codes, n_patients, rng):
    """Code a condition: mostly as the patient's earlier visits did, at times twice."""
    share = 1 / (1.0 + np.arange(len(codes)))
    share /= share.sum()
    habitual = rng.choice(len(codes), size=n_patients, p=share)[patient[rows]]
    drawn, second = rng.choice(len(codes), size=(2, len(rows)), p=share)
    first = np.where(rng.random(len(rows)) < 0.75, habitual, drawn)
    also = (rng.random(len(rows)) < 0.2) & (second != first)
    return [(rows, codes[first]), (rows[also], codes[second[also]])]


def _medications(rows, patient, codes, shift, rng):
    """Prescribe for a condition; who was given a medication tends to get it again."""
    written = []
    for rank, code in enumerate(codes):
        habit = shift + 1.5 * rng.standard_normal(len(shift))
        chance = expit(0.8 - 0.6 * rank + habit[patient[rows]])
        given = rows[rng.random(len(rows)) < chance]
        written.append((given, np.full(len(given), code, dtype=object)))
    return written


def _common(prefix, names, most, patient, n_patients, rng):
    """Add codes that any patient may have, the first in the list most often."""
    written = []
    for rank, code in enumerate(_prefixed(prefix, names)):
        rate = most / (1 + 0.25 * rank)
        habit = rng.beta(rate, 1 - rate, size=n_patients)
        given = np.flatnonzero(rng.random(len(patient)) < habit[patient])
        written.append((given, np.full(len(given), code, dtype=object)))
    return written


def _vasopressors(rows, rng):
    """Write a vasopressor for each visit with one, at times a second."""
    first, second = rng.choice(len(_SHARES), size=(2, len(rows)), p=_SHARES)
    also = second != first
    codes = _prefixed("RX", _VASOPRESSORS.split())
    return [(rows, codes[first]), (rows[also], codes[second[also]])]


def _lab_results(labs):
    """Write the bin of every value measured."""
    written = []
    for position, lab in enumerate(LABS):
        rows = np.flatnonzero(~np.isnan(labs[:, position]))
        codes = _prefixed("LAB", [f"{lab.name}:{level}" for level in range(5)])
        written.append((rows, codes[lab.bin_of(labs[rows, position])]))
    return written
