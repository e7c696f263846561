"""Fidelity of synthetic records: code probabilities, pairs of codes, lengths."""

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.encoding.visit_cells import flatten_visits

__all__ = ["LengthSummary", "RecordFidelity", "code_prevalence", "record_fidelity"]


class LengthSummary(NamedTuple):
    """Mean and standard deviation of a length.

    Attributes
    ----------
    mean : float
        The mean length.
    sd : float
        The standard deviation (divisor `n`).

    Examples
    --------
    >>> from fairsample.metrics import record_fidelity
    >>> patient = [["a", "b"], ["a"]]
    >>> visits = [patient, patient, [["a", "c"], ["c"]]]
    >>> record_fidelity(visits, visits).real_visits_per_record
    LengthSummary(mean=2.0, sd=0.0)
    """

    mean: float
    sd: float


@dataclass(frozen=True)
class RecordFidelity:
    """How well synthetic records follow real ones.

    Attributes
    ----------
    r2_codes : float
        R2 of the probabilities that a visit holds a code.
    r2_visit_pairs : float
        R2 of the probabilities that a visit holds a pair of codes.
    r2_consecutive_pairs : float
        R2 of the probabilities that a visit holds one code and the patient's next
        visit another (or the same).
    real_visits_per_record, synthetic_visits_per_record : LengthSummary
        Visits per patient.
    real_codes_per_visit, synthetic_codes_per_visit : LengthSummary
        Distinct codes per visit.

    Examples
    --------
    >>> from fairsample.metrics import record_fidelity
    >>> patient = [["a", "b"], ["a"]]
    >>> visits = [patient, patient, [["a", "c"], ["c"]]]
    >>> record_fidelity(visits, visits).r2_codes
    1.0
    """

    r2_codes: float
    r2_visit_pairs: float
    r2_consecutive_pairs: float
    real_visits_per_record: LengthSummary
    synthetic_visits_per_record: LengthSummary
    real_codes_per_visit: LengthSummary
    synthetic_codes_per_visit: LengthSummary


def code_prevalence(visits):
    """Share of visits that hold each code.

    Parameters
    ----------
    visits : Series or sequence of shape (n_patients,)
        Each patient's visits in time order, each visit a sequence of code strings.

    Returns
    -------
    Series of shape (n_codes,)
        Probability of each code in a visit, most frequent first, ties by name. A
        code repeated within a visit counts once.

    Raises
    ------
    ValueError
        When a cell is no nested sequence of strings or has no visit.

    Examples
    --------
    >>> from fairsample.metrics import code_prevalence
    >>> code_prevalence([[["a", "b"], ["a"]], [["a", "c"], []]]).to_dict()
    {'a': 0.75, 'b': 0.25, 'c': 0.25}
    """
    (records,), vocabulary = _read_records(visits)
    shares = np.asarray(records.codes.sum(axis=0)).ravel() / records.codes.shape[0]
    prevalence = pd.Series(shares, index=vocabulary, name="prevalence")
    return prevalence.sort_values(ascending=False, kind="stable")


def record_fidelity(real_visits, synthetic_visits):
    """Compare synthetic records with real ones, code by code and pair by pair.

    Each R2 is a coefficient of determination, ``1 - SS_res / SS_tot``, of the
    synthetic against the real probabilities over the union of the codes (or pairs)
    seen in either: 1 is a perfect copy, and it is negative when the real mean would
    serve better. Compare with held-out real records, not with those that trained the
    generator, and with the value that a second real sample of the same size reaches:
    R2 is dominated by frequent codes, and a small sample keeps it below 1.

    Parameters
    ----------
    real_visits : Series or sequence of shape (n_real_patients,)
        Real patients' visits in time order, each visit a sequence of code strings.
    synthetic_visits : Series or sequence of shape (n_synthetic_patients,)
        Synthetic patients' visits.

    Returns
    -------
    RecordFidelity
        R2 of single codes (per visit), of unordered pairs of different codes within a
        visit (per visit) and of ordered pairs over consecutive visits (per pair of
        consecutive visits); lengths of records and visits. An R2 is NaN, with an
        `UndefinedMetricWarning`, when there is nothing to explain: no pair, or one
        and the same real probability throughout.

    Raises
    ------
    ValueError
        When a cell is no nested sequence of strings or has no visit.

    References
    ----------
    .. [1] Theodorou, Xiao, Sun, "Synthesize high-dimensional longitudinal electronic
       health records via hierarchical autoregressive language model", Nature
       Communications 14:5305, 2023.

    Examples
    --------
    >>> from fairsample.metrics import record_fidelity
    >>> real = [[["a", "b"], ["a"]], [["a", "c"], ["a", "b"]]]
    >>> fidelity = record_fidelity(real, real)
    >>> fidelity.r2_codes, fidelity.r2_visit_pairs, fidelity.r2_consecutive_pairs
    (1.0, 1.0, 1.0)
    >>> fidelity.synthetic_visits_per_record
    LengthSummary(mean=2.0, sd=0.0)
    """
    (real, synthetic), _ = _read_records(real_visits, synthetic_visits)
    return RecordFidelity(
        _determination(
            _code_probabilities(real), _code_probabilities(synthetic), "single codes"
        ),
        _determination(
            _visit_pair_probabilities(real),
            _visit_pair_probabilities(synthetic),
            "pairs of codes within a visit",
        ),
        _determination(
            _consecutive_pair_probabilities(real),
            _consecutive_pair_probabilities(synthetic),
            "pairs of codes over consecutive visits",
        ),
        _summary(np.diff(real.patient_ptr)),
        _summary(np.diff(synthetic.patient_ptr)),
        _summary(np.diff(real.codes.indptr)),
        _summary(np.diff(synthetic.codes.indptr)),
    )


class _Records(NamedTuple):
    """Visits as a 0/1 matrix (visits x codes), and where each patient begins."""

    codes: sp.csr_array
    patient_ptr: np.ndarray


def _read_records(*samples):
    flats = [flatten_visits(_as_column(visits)) for visits in samples]
    numbers, vocabulary = pd.factorize(
        np.concatenate([flat.codes for flat in flats]), sort=True
    )
    bounds = np.cumsum([len(flat.codes) for flat in flats])[:-1]
    records = []
    for flat, indices in zip(flats, np.split(numbers, bounds), strict=True):
        shape = (len(flat.visit_ptr) - 1, len(vocabulary))
        codes = sp.csr_array((np.ones(len(indices)), indices, flat.visit_ptr), shape)
        codes.sum_duplicates()
        codes.data[:] = 1.0
        records.append(_Records(codes, flat.patient_ptr))
    return records, vocabulary


def _as_column(visits):
    if isinstance(visits, pd.Series):
        return visits
    cells = np.empty(len(visits), dtype=object)
    for row, cell in enumerate(visits):
        cells[row] = cell
    return pd.Series(cells, name="visits")


def _code_probabilities(records):
    return sp.csr_array(records.codes.sum(axis=0)[None, :]) / records.codes.shape[0]


def _visit_pair_probabilities(records):
    together = sp.triu(records.codes.T @ records.codes, k=1, format="csr")
    return together / records.codes.shape[0]


def _consecutive_pair_probabilities(records):
    has_next = np.ones(records.codes.shape[0], dtype=bool)
    has_next[records.patient_ptr[1:] - 1] = False
    earlier = np.flatnonzero(has_next)
    followed = records.codes[earlier].T @ records.codes[earlier + 1]
    return followed.tocsr() / max(len(earlier), 1)


def _determination(real, synthetic, what):
    """R2 of two sparse matrices of probabilities over the union of their entries."""
    n_seen = (real + synthetic).nnz
    residual = ((synthetic - real).data ** 2).sum()
    total = (real.data**2).sum() - real.sum() ** 2 / max(n_seen, 1)
    if n_seen == 0 or total <= 1e-12 * (real.data**2).sum():
        warnings.warn(
            f"R2 of {what} is undefined and set to NaN: the real records hold none, "
            "or all have the same probability.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
        return float("nan")
    return float(1 - residual / total)


def _summary(lengths):
    return LengthSummary(float(lengths.mean()), float(lengths.std()))
