"""Values for visits in which a common test was not done."""

import numpy as np

__all__ = ["COMMON_SHARE", "IMPUTATIONS", "impute", "patient_shares"]

IMPUTATIONS = ("forward", "forward_median")
COMMON_SHARE = 0.5


def impute(visit, test, values, patient_of_visit, *, median, common=None):
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
    common : dict of int to float, default=None
        The tests that are imputed and their medians, as they were in other patients;
        these need have no value here. None: as they are here.

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
    if common is None:
        shares = patient_shares(visit, test, patient_of_visit)
        common = {
            number: np.median(values[test == number])
            for number, share in shares.items()
            if share >= COMMON_SHARE
        }
    is_rare = ~np.isin(test, list(common))
    parts = [(visit[is_rare], test[is_rare], values[is_rare])]
    for number, middle in common.items():
        rows = np.flatnonzero(test == number)
        carried = np.full(len(shown), np.nan)
        carried[place[visit[rows]]] = values[rows]
        last = np.where(np.isnan(carried), -1, np.arange(len(shown)))
        last = np.maximum.accumulate(last)
        filled = np.where(last >= first_place, carried[last], np.nan)
        if median:
            filled[np.isnan(filled)] = middle
        there = ~np.isnan(filled)
        parts.append((shown[there], np.full(there.sum(), number), filled[there]))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def patient_shares(visit, test, patient_of_visit):
    """Tell in which share of the patients each test was done.

    Parameters
    ----------
    visit, test, patient_of_visit : ndarray of int
        As `impute` takes them.

    Returns
    -------
    dict of int to float
        By the number of the test, for those that occur.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.lab_imputation import patient_shares
    >>> patient_shares(np.array([0, 1]), np.array([5, 5]), np.array([0, 0, 1, 1]))
    {5: 0.5}
    """
    n_patients = len(np.unique(patient_of_visit[patient_of_visit >= 0]))
    width = int(test.max(initial=0)) + 1
    pairs = np.sort(patient_of_visit[visit] * width + test)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    tests, n_with = np.unique(pairs % width, return_counts=True)
    return dict(zip(tests.tolist(), (n_with / n_patients).tolist(), strict=True))
