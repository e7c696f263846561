"""Values for visits in which a common test was not done."""

import numpy as np

__all__ = ["COMMON_SHARE", "IMPUTATIONS", "impute"]

IMPUTATIONS = ("forward", "forward_median")
COMMON_SHARE = 0.5


def impute(visit, test, values, patient_of_visit, *, median):
    """Carry values forward within patients, for tests that most patients have.

    Only tests measured in at least half of the patients (`COMMON_SHARE`) are imputed:
    the others would be made up for most patients. A visit without a value gets the
    patient's last earlier one. That a test was not done is information in itself, which
    imputation takes away.

    Parameters
    ----------
    visit, test : ndarray of int of shape (n,)
        The visit and the test of each value, each pair once.
    values : ndarray of float of shape (n,)
        The values.
    patient_of_visit : ndarray of int of shape (n_visits,)
        The patient of each visit, ascending, -1 for visits that are left out; visits
        are in time order.
    median : bool
        Give visits without an earlier value the median of the test.

    Returns
    -------
    visit, test, values : ndarray
        With the imputed ones.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.lab_imputation import impute
    >>> impute(
    ...     np.array([1]), np.array([0]), np.array([7.2]), np.array([0, 0, 0]),
    ...     median=False,
    ... )
    (array([1, 2]), array([0, 0]), array([7.2, 7.2]))
    """
    shown = np.flatnonzero(patient_of_visit >= 0)
    patient = patient_of_visit[shown]
    place = np.full(len(patient_of_visit), -1)
    place[shown] = np.arange(len(shown))
    is_first = np.r_[True, patient[1:] != patient[:-1]]
    first_place = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    of_test = [np.flatnonzero(test == number) for number in np.unique(test)]
    parts = []
    for rows in of_test:
        measured_in = len(np.unique(patient_of_visit[visit[rows]]))
        if measured_in < COMMON_SHARE * is_first.sum():
            parts.append((visit[rows], test[rows], values[rows]))
            continue
        carried = np.full(len(shown), np.nan)
        carried[place[visit[rows]]] = values[rows]
        last = np.where(np.isnan(carried), -1, np.arange(len(shown)))
        last = np.maximum.accumulate(last)
        filled = np.where(last >= first_place, carried[last], np.nan)
        if median:
            filled[np.isnan(filled)] = np.median(values[rows])
        there = ~np.isnan(filled)
        parts.append((shown[there], np.full(there.sum(), test[rows[0]]), filled[there]))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))
