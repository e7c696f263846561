"""Codes and results as they stream in, by visit; patients' histories in the end."""

import numpy as np
import pandas as pd

from fairsample.datasets.lab_imputation import (
    COMMON_SHARE,
    IMPUTATIONS,
    impute,
    patient_shares,
)
from fairsample.datasets.patient_lab_bins import PatientLabBins, medians_of_bins
from fairsample.datasets.visit_results import VisitResults
from fairsample.encoding.labs import LabBins
from fairsample.encoding.visit_cells import nest_visits

__all__ = ["VisitEvents"]

_CODE_BITS = 32
_FEWEST_WAITING = 1 << 20


class VisitEvents:
    """Gather the codes and the results of visits, chunk by chunk.

    A visit is a set of codes, so a code counts once in it. Of the results of a test in
    a visit one value is kept, which becomes a code in the end. Memory is bounded by the
    different codes and tests of the visits, not by the number of events.

    Parameters
    ----------
    n_visits : int
        Visits are numbered from 0 to ``n_visits - 1``.
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value of a test stands for the visit.

    See Also
    --------
    VisitTable : Numbers the visits.
    record_bunch : Makes the data set.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.visit_events import VisitEvents
    >>> events = VisitEvents(3)
    >>> events.add_codes(np.array([0, 2, 0]), np.array(["DX:428", "RX:iron", "DX:428"]))
    >>> events.add_results(np.array([1, 1]), np.array(["Iron"] * 2), np.array([4.0, 5]))
    >>> histories, labs, dropped = events.to_visits(np.array([0, 0, 1]))
    >>> histories
    [[['DX:428'], ['LAB:Iron:0']], [['RX:iron']]]
    >>> labs.draw(["LAB:Iron:0"], random_state=0)
    array([5.])
    """

    def __init__(self, n_visits, *, lab_value="last"):
        self.n_visits = n_visits
        self._codes, self._tests = {}, {}
        self._pairs, self._n_pairs = [np.empty(0, np.int64)], 0
        self._results = VisitResults(lab_value)

    @property
    def tests(self):
        """The tests that have results so far, in the order in which they came."""
        return list(self._tests)

    def add_codes(self, visit, codes):
        """Take codes in.

        Parameters
        ----------
        visit : ndarray of int of shape (n,)
            The visit of each code, from 0 on.
        codes : array-like of str of shape (n,)
            An array, a pandas ``Categorical`` or a pyarrow ``DictionaryArray`` without
            missing entries.

        Raises
        ------
        ValueError
            If a visit or a code is missing.
        """
        visit = self._checked(visit, len(codes))
        if len(visit) == 0:
            return
        numbers = _numbered(codes, self._codes)
        self._pairs.append(np.unique((visit << _CODE_BITS) | numbers))
        self._n_pairs += len(self._pairs[-1])
        if self._n_pairs > max(_FEWEST_WAITING, len(self._pairs[0])):
            self._merge_pairs()

    def add_results(self, visit, tests, values, times=None):
        """Take numeric results in.

        Parameters
        ----------
        visit : ndarray of int of shape (n,)
            The visit of each result, from 0 on.
        tests : array-like of str of shape (n,)
            As the codes of `add_codes`.
        values : ndarray of float of shape (n,)
            The results; none is missing.
        times : ndarray of shape (n,), default=None
            ``datetime64`` or integers. None: the order in which results come. Give them
            always or never.

        Raises
        ------
        ValueError
            If a visit, a test or a value is missing.
        """
        visit = self._checked(visit, len(tests))
        values = np.asarray(values, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("Results must be finite numbers. Leave the others out.")
        if len(visit):
            self._results.add(
                visit,
                _numbered(tests, self._tests),
                values,
                None if times is None else np.asarray(times),
            )

    def to_visits(
        self,
        patient_of_visit,
        *,
        labs="all",
        n_bins=10,
        imputation=None,
        code_prefixes=None,
        min_code_patients=1,
    ):
        """Give every patient their visits.

        Codes are sorted by name within a visit. Bins are chosen on the measured values
        of the visits that are kept; imputed values are given the codes of these bins.

        Parameters
        ----------
        patient_of_visit : ndarray of int of shape (n_visits,)
            The patient of each visit, from 0 on without gaps and ascending; -1 for
            visits that are left out.
        labs : "all", sequence of str, LabBins or None, default="all"
            Tests that become codes. With fitted `LabBins` these bins are used.
        n_bins : int, default=10
            About how many bins a test gets.
        imputation : {"forward", "forward_median"} or None, default=None
            See :func:`~fairsample.datasets.lab_imputation.impute`. With given bins the
            medians are theirs. Which tests most patients have is known from bins that
            were chosen here before, and found out anew with others.
        code_prefixes : sequence of str, default=None
            Codes that begin otherwise are dropped.
        min_code_patients : int, default=1
            Codes that fewer patients have are dropped.

        Returns
        -------
        histories : list of list of list of str
            For each patient the visits in order, each a list of codes.
        bins : LabBins or None
            What draws values back; None if there are no results.
        dropped : dict of str to int
            How many different codes or tests were dropped, by reason.
        """
        if imputation not in (None, *IMPUTATIONS):
            raise ValueError(
                f"imputation must be None or one of {', '.join(IMPUTATIONS)}; got "
                f"{imputation!r}."
            )
        patient = np.asarray(patient_of_visit, dtype=np.int64)
        if len(patient) != self.n_visits:
            raise ValueError(f"{len(patient)} patients are given for {self.n_visits}.")
        dropped = {}
        self._merge_pairs()
        pairs = self._pairs[0]
        visit, code = pairs >> _CODE_BITS, pairs & ((1 << _CODE_BITS) - 1)
        shown = patient[visit] >= 0
        visit, code, names = visit[shown], code[shown], list(self._codes)
        bins, lab_visit, lab_code = self._lab_codes(
            patient, labs, n_bins, imputation, dropped
        )
        if bins is not None:
            visit = np.r_[visit, lab_visit]
            code = np.r_[code, lab_code + len(names)]
            names += bins.edges_.index.tolist()
        names = np.array(names, dtype=object)
        wanted = _wanted_codes(
            names, patient[visit], code, code_prefixes, min_code_patients, dropped
        )
        visit, code = visit[wanted[code]], code[wanted[code]]
        rank = np.argsort(np.argsort(names, kind="stable"), kind="stable")
        order = np.lexsort((rank[code], visit))
        codes_of_visit = np.bincount(visit, minlength=len(patient))[patient >= 0]
        visits_of_patient = np.bincount(patient[patient >= 0])
        histories = nest_visits(
            names[code[order]],
            np.r_[0, codes_of_visit.cumsum()],
            np.r_[0, visits_of_patient.cumsum()],
        )
        return histories, bins, dropped

    def visits_with(self, prefixes):
        """Find the visits that have a code which begins in one of some ways.

        Parameters
        ----------
        prefixes : sequence of str
            Beginnings of codes; laboratory results have no code yet.

        Returns
        -------
        ndarray of int
            Numbers of the visits.
        """
        self._merge_pairs()
        names, pairs = np.array(list(self._codes), dtype=object), self._pairs[0]
        begins = _begin_with(names, prefixes)[pairs & ((1 << _CODE_BITS) - 1)]
        return np.unique(pairs[begins] >> _CODE_BITS)

    def _lab_codes(self, patient, labs, n_bins, imputation, dropped):
        """Return the bins, and the visit and the code of every reduced result."""
        if labs is None or (not isinstance(labs, str | LabBins) and not len(labs)):
            return None, None, None
        visit, test, values = self._results.reduced()
        names = np.array(list(self._tests), dtype=object)
        given = labs if isinstance(labs, LabBins) else None
        known = names if isinstance(labs, str) else list(given.bins_ if given else labs)
        is_wanted = np.isin(names, known)
        if not is_wanted.all():
            reason = "not in the given bins" if given else "not asked for"
            dropped[f"tests {reason}"] = int(np.count_nonzero(~is_wanted))
        shown = (patient[visit] >= 0) & is_wanted[test]
        visit, test, values = visit[shown], test[shown], values[shown]
        if len(visit) == 0 and given is None:
            return None, None, None
        shares = patient_shares(visit, test, patient)
        bins = given
        if given is None:
            bins = PatientLabBins(n_bins=n_bins).fit(_by_test(names, test, values))
            of_name = {names[number]: share for number, share in shares.items()}
            bins.patient_shares_ = of_name
        if imputation is not None:
            names, common = _common_tests(names, bins, shares)
            median = imputation == "forward_median"
            visit, test, values = impute(
                visit, test, values, patient, median=median, common=common
            )
        sizes = [tests.n_codes_ for tests in bins.bins_.values()]
        first_code = dict(zip(bins.bins_, np.cumsum([0, *sizes]), strict=False))
        code = np.empty(len(visit), np.int64)
        for name, rows in _rows_by_test(names, test):
            code[rows] = first_code[name] + bins.bins_[name].transform(values[rows])
        return bins, visit, code

    def _merge_pairs(self):
        if len(self._pairs) > 1:
            self._pairs = [np.unique(np.concatenate(self._pairs))]
            self._n_pairs = 0

    def _checked(self, visit, n_events):
        visit = np.asarray(visit, dtype=np.int64)
        if len(visit) != n_events:
            raise ValueError(f"{len(visit)} visits are given for {n_events} events.")
        if len(visit) and not 0 <= visit.min() <= visit.max() < self.n_visits:
            raise ValueError(f"Visits are numbered 0 to {self.n_visits - 1}.")
        return visit


def _numbered(names, vocabulary):
    """Return the number of each name; new names are added to the vocabulary."""
    if hasattr(names, "dictionary"):
        distinct = names.dictionary.to_pylist()
        positions = names.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    elif isinstance(names, pd.Categorical):
        distinct, positions = names.categories.tolist(), names.codes
    else:
        positions, distinct = pd.factorize(np.asarray(names, dtype=object))
    if positions.min() < 0:
        raise ValueError("A code or a test has no name. Leave such events out.")
    present = np.flatnonzero(np.bincount(positions, minlength=len(distinct)))
    numbers = np.full(len(distinct), -1, dtype=np.int64)
    for position in present.tolist():
        name = str(distinct[position])
        numbers[position] = vocabulary.setdefault(name, len(vocabulary))
    return numbers[positions]


def _wanted_codes(names, patient, code, prefixes, min_patients, dropped):
    """Return which codes are kept, and count those that are not."""
    wanted = np.ones(len(names), dtype=bool)
    occurring = np.bincount(code, minlength=len(names)) > 0
    if prefixes is not None:
        wanted &= _begin_with(names, prefixes)
        unwanted = int(np.count_nonzero(occurring & ~wanted))
        if unwanted:
            dropped["codes with other prefixes"] = unwanted
    if min_patients > 1:
        width = max(len(names), 1)
        of_patient = np.unique(patient * width + code)
        frequent = np.bincount(of_patient % width, minlength=width) >= min_patients
        rare = int(np.count_nonzero(occurring & wanted & ~frequent[: len(names)]))
        if rare:
            dropped[f"codes of fewer than {min_patients} patients"] = rare
        wanted &= frequent[: len(names)]
    return wanted


def _common_tests(names, bins, shares):
    """Return the names with those of all bins, and the medians of common tests."""
    further = [name for name in bins.bins_ if name not in set(names)]
    names = np.array([*names, *further], dtype=object)
    number_of = {name: number for number, name in enumerate(names)}
    if isinstance(bins, PatientLabBins):
        medians = bins.common_medians()
    else:
        of_bins = medians_of_bins(bins)
        common = [names[n] for n, share in shares.items() if share >= COMMON_SHARE]
        medians = {name: of_bins[name] for name in common}
    return names, {number_of[name]: median for name, median in medians.items()}


def _begin_with(names, prefixes):
    starts = (prefixes,) if isinstance(prefixes, str) else tuple(prefixes)
    return np.array([name.startswith(starts) for name in names], dtype=bool)


def _rows_by_test(names, test):
    """Yield the name and the rows of each test that occurs."""
    order = np.argsort(test, kind="stable")
    found, starts = np.unique(test[order], return_index=True)
    for number, rows in zip(found, np.split(order, starts[1:]), strict=True):
        yield names[number], rows


def _by_test(names, test, values):
    return {name: values[rows] for name, rows in _rows_by_test(names, test)}
