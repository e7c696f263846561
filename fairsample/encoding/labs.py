"""Laboratory results <-> codes of visits, a few bins for each test."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state

from fairsample.encoding.bins import ColumnBins
from fairsample.messages import quote

__all__ = ["LabBins"]


class LabBins:
    """Turn numeric laboratory results into the codes of a visit column, and back.

    Each test gets bins of about equal mass, and the result of 7.2 in the glucose test
    becomes a code such as ``"LAB:glucose:3"``, to be listed among the other codes of a
    visit. Values are drawn back from the distribution that the training values have
    within the bin, on their resolution, and never outside the bin. A test with few
    distinct values keeps each of them as a code, without loss.

    Bins ascend with the values. What is more extreme than all training values gets the
    outermost bin. Units are not converted: bring each test to one unit before.

    Parameters
    ----------
    n_bins : int, default=10
        About how many bins a test gets. A value that holds a bin's share of the results
        (a detection limit) gets a bin of its own.
    max_levels : int, default=10
        Up to this many distinct values, every value is a code.
    prefix : str, default="LAB"
        What the codes begin with.

    Attributes
    ----------
    bins_ : dict of str to ColumnBins
        The bins of each test that has a value, sorted by the test's name.
    edges_ : DataFrame of shape (n_codes, 4)
        For each code its `test`, the least and the greatest training value (`low`,
        `high`), and how many there are (`n_values`).

    See Also
    --------
    ColumnBins : How bins are cut and values drawn.
    VisitEncoder : Numbers the codes of a visit column.

    Examples
    --------
    >>> from fairsample.encoding import LabBins
    >>> labs = LabBins().fit(["glucose", "troponin", "glucose"], [7.2, 0.1, 5.1])
    >>> labs.edges_
                    test  low  high  n_values
    code
    LAB:glucose:0   glucose  5.1   5.1         1
    LAB:glucose:1   glucose  7.2   7.2         1
    LAB:troponin:0  troponin 0.1   0.1         1
    >>> labs.encode(["glucose", "troponin"], [7.0, None])
    ['LAB:glucose:1', None]
    >>> labs.draw(["LAB:glucose:1", None], random_state=0)
    array([7.2, nan])
    """

    def __init__(self, *, n_bins=10, max_levels=10, prefix="LAB"):
        self.n_bins = n_bins
        self.max_levels = max_levels
        self.prefix = prefix

    def fit(self, names, values=None):
        """Choose the bins of every test.

        Parameters
        ----------
        names : array-like of shape (n,) or dict of str to array-like
            The test of each result, as text; or the results of each test, and no
            `values`.
        values : array-like of shape (n,), default=None
            The results: finite numbers, each test in one unit. Missing ones are left
            out.

        Returns
        -------
        self : LabBins

        Raises
        ------
        ValueError
            If a result has no name, is infinite or no number, or there are not as many
            names as values. The message names the test.
        """
        if isinstance(names, Mapping) == (values is not None):
            raise ValueError(
                "fit takes the names and the values of the results, or one dict of "
                "test name to values."
            )
        results = [(names, values)]
        if values is None:
            of_each = ((name, pd.Series(given)) for name, given in names.items())
            results = (
                (np.repeat([name], len(given)), given) for name, given in of_each
            )
        numbers_of = {}
        for part in results:
            test, tests, numbers = _check_results(*part)
            for position, rows in _rows_of_each(test):
                numbers_of.setdefault(tests[position], []).append(numbers[rows])
        self._tests = sorted(numbers_of)
        self.bins_ = {}
        for name in self._tests:
            measured = np.concatenate(numbers_of.pop(name))
            measured = measured[~np.isnan(measured)]
            if len(measured):
                bins = ColumnBins(max_levels=self.max_levels, n_bins=self.n_bins)
                self.bins_[name] = bins.fit(measured)
        return self

    @property
    def edges_(self):
        """What each code stands for, as a DataFrame."""
        self._check_fitted()
        of_test = [
            pd.DataFrame(
                {
                    "code": [self._code(name, i) for i in range(bins.n_codes_)],
                    "test": name,
                    "low": bins.lattice_.values(bins.first_),
                    "high": bins.lattice_.values(bins.last_),
                    "n_values": bins.counts_,
                }
            )
            for name, bins in self.bins_.items()
        ]
        empty = pd.DataFrame(columns=["code", "test", "low", "high", "n_values"])
        return (pd.concat(of_test) if of_test else empty).set_index("code")

    def encode(self, names, values):
        """Give each result its code.

        Parameters
        ----------
        names : array-like of shape (n,)
            The test of each result, as text.
        values : array-like of shape (n,)
            The results; missing ones are welcome.

        Returns
        -------
        codes : list of length n
            A code (str) for each result, None for a missing one.

        Raises
        ------
        ValueError
            If a test is unknown, or had no value in `fit`; and as `fit` does.
        """
        self._check_fitted()
        test, tests, numbers = _check_results(names, values)
        self._check_known(tests, self._tests, "were not there")
        rows_of_each = _rows_of_each(np.where(np.isnan(numbers), -1, test))
        measured = [tests[position] for position, _ in rows_of_each]
        self._check_known(measured, self.bins_, "had no value")
        codes = np.full(len(numbers), None, dtype=object)
        for name, (_, rows) in zip(measured, rows_of_each, strict=True):
            bins = self.bins_[name]
            of_bin = np.array(
                [self._code(name, i) for i in range(bins.n_codes_)], dtype=object
            )
            codes[rows] = of_bin[bins.transform(numbers[rows])]
        return codes.tolist()

    def draw(self, codes, random_state=None):
        """Draw a value for each code.

        Parameters
        ----------
        codes : sequence of length n
            Codes of these bins; None for a missing result.
        random_state : int, RandomState instance or None, default=None
            What draws; the tests draw one after the other, sorted by name.

        Returns
        -------
        values : ndarray of shape (n,)
            Values within the bins, NaN for a missing result.

        Raises
        ------
        ValueError
            If a code is not one of these bins.
        """
        self._check_fitted()
        stream = check_random_state(random_state)
        cells, distinct = pd.factorize(np.array(codes, dtype=object))
        test, position = np.array([*self._places(distinct), (-1, 0)])[cells].T
        bins = list(self.bins_.values())
        values = np.full(len(cells), np.nan)
        for place, rows in _rows_of_each(test):
            values[rows] = bins[place].inverse_transform(position[rows], stream)
        return values

    def is_lab(self, code):
        """Tell whether a code is one of these bins.

        Parameters
        ----------
        code : str
            Any code of a visit.

        Returns
        -------
        bool
            True for a code that `draw` takes.
        """
        self._check_fitted()
        return self._place(code) is not None

    def _code(self, name, position):
        return f"{self.prefix}:{name}:{position}"

    def _places(self, codes):
        """Return the position of the test and the bin that each code names."""
        places = [self._place(code) for code in codes]
        unknown = [
            code for code, place in zip(codes, places, strict=True) if place is None
        ]
        if unknown:
            raise ValueError(
                f"Codes that are no bins: {quote(unknown)}. edges_ lists the codes "
                "that values can be drawn for."
            )
        return places

    def _place(self, code):
        test, _, position = str(code).rpartition(":")
        name = test.removeprefix(f"{self.prefix}:")
        if name not in self.bins_ or not position.isdecimal():
            return None
        place = list(self.bins_).index(name), int(position)
        known = place[1] < self.bins_[name].n_codes_
        return place if known and code == self._code(name, place[1]) else None

    def _check_fitted(self):
        if not hasattr(self, "bins_"):
            raise NotFittedError("These LabBins are not fitted; call fit first.")

    @staticmethod
    def _check_known(tests, known, fault):
        unknown = [name for name in tests if name not in known]
        if unknown:
            raise ValueError(
                f"Tests that {fault} in fit: {quote(unknown)}. Drop their results, or "
                "fit again with them."
            )

    def to_json(self):
        """Write the fitted bins as plain JSON types.

        Returns
        -------
        dict
        """
        self._check_fitted()
        return {
            "n_bins": self.n_bins,
            "max_levels": self.max_levels,
            "prefix": self.prefix,
            "tests": list(self._tests),
            "bins": {name: bins.to_json() for name, bins in self.bins_.items()},
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        LabBins
        """
        labs = cls(
            **{name: stored[name] for name in ("n_bins", "max_levels", "prefix")}
        )
        labs._tests = stored["tests"]
        labs.bins_ = {
            name: ColumnBins.from_json(bins) for name, bins in stored["bins"].items()
        }
        return labs


def _check_results(names, values):
    """Return the number of each result's test, the tests sorted, and the values."""
    names, values = (
        pd.Series(given, dtype=None if len(given) else object).reset_index(drop=True)
        for given in (names, values)
    )
    if len(names) != len(values):
        raise ValueError(
            f"There are {len(names)} names and {len(values)} values. Give the test of "
            "each result."
        )
    if names.isna().any():
        raise ValueError(
            f"{names.isna().sum()} results have no test name. Drop them, or name them."
        )
    test, tests = pd.factorize(names.astype(str), sort=True)
    numbers = _as_doubles(pd.to_numeric(values, errors="coerce"))
    unreadable = np.isinf(numbers) | (np.isnan(numbers) & values.notna().to_numpy())
    if unreadable.any():
        row = int(np.argmax(unreadable))
        raise ValueError(
            f"Test {tests[test[row]]!r} has the result {values[row]!r}, which is no "
            "finite number. Replace it by a number, or by a missing value."
        )
    return test, list(tests), numbers


def _as_doubles(numbers):
    """Return numbers in double precision; 7.2 in single precision becomes 7.2."""
    if str(numbers.dtype).lower() != "float32":
        return numbers.to_numpy(np.float64, na_value=np.nan)
    codes, levels = pd.factorize(numbers.to_numpy(np.float32, na_value=np.nan))
    return np.append(levels.astype(str).astype(np.float64), np.nan)[codes]


def _rows_of_each(numbers):
    """Return each number from 0 on that occurs, ascending, with its rows."""
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    stops = np.append(starts, len(order))[1:]
    return [
        (number, order[start:stop])
        for number, start, stop in zip(found, starts, stops, strict=True)
        if number >= 0
    ]
