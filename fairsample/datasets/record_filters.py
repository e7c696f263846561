"""Which patients, visits and codes of a source are wanted."""

from dataclasses import dataclass, fields
from numbers import Integral, Real

import numpy as np
import pandas as pd

from fairsample.messages import quote

__all__ = ["RecordFilters"]

_DAYS_A_YEAR = 365.2425


@dataclass(frozen=True)
class RecordFilters:
    """Which patients, visits and codes a reader gives.

    Filters see what is shown only: a code that is recorded after the prediction time
    keeps nobody.

    Parameters
    ----------
    age : tuple of (float or None, float or None), default=(None, None)
        Lowest and highest age at the first visit shown, both included, in completed
        years (fractions are taken as they are). Patients of unknown age are left out
        when there is a limit.
    admission_types : sequence of str, default=None
        Types of admission that count, such as ``["EMERGENCY", "URGENT"]``.
    first_icu_stay : bool, default=False
        Only the admission of the patient's first stay in intensive care counts.
    code_prefixes : sequence of str, default=None
        Codes that begin otherwise are dropped, laboratory results among them.
    with_codes : sequence of str, default=None
        Keep patients who have a code that begins in one of these ways, such as
        ``["DX:428"]`` for heart failure.
    min_visits : int, default=1
        Fewest visits shown of a patient.
    max_visits : int, default=None
        Most visits shown of a patient: the last ones are kept.

    Raises
    ------
    ValueError
        If a value is out of range.

    See Also
    --------
    read_mimic3, read_pic, from_events : Take filters, also as a dict.

    Examples
    --------
    >>> from fairsample.datasets import RecordFilters
    >>> RecordFilters(age=(18, None), with_codes=["DX:428"]).min_visits
    1
    """

    age: tuple = (None, None)
    admission_types: tuple | None = None
    first_icu_stay: bool = False
    code_prefixes: tuple | None = None
    with_codes: tuple | None = None
    min_visits: int = 1
    max_visits: int | None = None

    def __post_init__(self):
        for name in ("admission_types", "code_prefixes", "with_codes"):
            given = getattr(self, name)
            if given is None:
                continue
            listed = (given,) if isinstance(given, str) else tuple(given)
            if not listed or not all(isinstance(item, str) for item in listed):
                raise ValueError(
                    f"Filter {name} takes a list of texts, or None; got {given!r}."
                )
            object.__setattr__(self, name, listed)
        low, high = self._age_limits()
        if low is not None and high is not None and low > high:
            raise ValueError(f"Filter age keeps nobody: {low} is above {high}.")
        if not isinstance(self.first_icu_stay, bool | np.bool_):
            raise ValueError(
                "Filter first_icu_stay takes True or False; got "
                f"{self.first_icu_stay!r}."
            )
        for name, lowest in (("min_visits", 1), ("max_visits", 1)):
            given = getattr(self, name)
            if name == "max_visits" and given is None:
                continue
            if not isinstance(given, Integral) or given < lowest:
                raise ValueError(
                    f"Filter {name} takes an integer from {lowest} on; got {given!r}."
                )

    @classmethod
    def of(cls, given, *, cannot_answer=()):
        """Take filters as readers do.

        Parameters
        ----------
        given : RecordFilters, dict or None
            Filters, or their fields.
        cannot_answer : sequence of str, default=()
            Fields about which the source says nothing.

        Returns
        -------
        RecordFilters

        Raises
        ------
        ValueError
            If a field is unknown, or the source cannot answer it.
        """
        known = [field.name for field in fields(cls)]
        if given is None:
            filters = cls()
        elif isinstance(given, cls):
            filters = given
        elif isinstance(given, dict):
            unknown = [name for name in given if name not in known]
            if unknown:
                raise ValueError(
                    f"Unknown filters: {quote(unknown)}. There are {quote(known)}."
                )
            filters = cls(**given)
        else:
            raise ValueError(
                f"filters must be RecordFilters, a dict or None; got {given!r}."
            )
        asked = [
            field.name
            for field in fields(cls)
            if getattr(filters, field.name) != field.default
        ]
        refused = [name for name in asked if name in cannot_answer]
        if refused:
            raise ValueError(
                f"This source cannot answer the filters {quote(refused)}. Leave them "
                "out."
            )
        return filters

    def to_visits(self, table, reading, *, birth=None, oldest=None, age=None):
        """Keep the wanted visits, as far as dates tell.

        `min_visits`, `max_visits` and `age` are applied. To apply them again changes
        nothing.

        Parameters
        ----------
        table : VisitTable
            The visits shown.
        reading : ReadingReport
            Counts who is left out.
        birth : Series of datetime, default=None
            When patients were born, indexed by their ids. None: age is no filter here.
        oldest : float, default=None
            Whoever is older, in years, counts as of this age.
        age : Series of float, default=None
            Ages in years, indexed by the patients' ids, instead of `birth`.

        Returns
        -------
        VisitTable
            With the column ``age`` of its patients, in years, if `birth` or `age` is
            given.
        """
        n_visits = table.n_visits_of_patients()
        few = n_visits < self.min_visits
        reason = f"with fewer than {self.min_visits} visits shown"
        reading.leave_out_patients(
            "without a visit shown" if self.min_visits == 1 else reason, few.sum()
        )
        patient = table.visits["patient"].to_numpy()
        kept = ~few[patient]
        if self.max_visits is not None:
            end = np.cumsum(n_visits)[patient]
            kept &= end - np.arange(len(table)) <= self.max_visits
        table = table.select(kept)
        ids = table.patients.index
        if birth is not None:
            born = birth.reindex(ids).to_numpy().astype("datetime64[us]")
            years = (
                (table.first_starts() - born) / np.timedelta64(1, "D") / _DAYS_A_YEAR
            )
            age = pd.Series(years, index=ids).clip(upper=oldest)
        if age is None:
            return table
        table.patients = table.patients.assign(age=age.reindex(ids))
        return self._of_age(table, reading)

    def _of_age(self, table, reading):
        age = table.patients["age"].to_numpy(np.float64, na_value=np.nan)
        low, high = self._age_limits()
        fits = np.ones(len(age), dtype=bool)
        if low is not None:
            reading.leave_out_patients(f"younger than {low} years", (age < low).sum())
            fits &= age >= low
        if high is not None:
            limit = high + 1 if float(high).is_integer() else np.nextafter(high, np.inf)
            reading.leave_out_patients(f"older than {high} years", (age >= limit).sum())
            fits &= age < limit
        if low is not None or high is not None:
            reading.leave_out_patients("of unknown age", np.isnan(age).sum())
        return table.select(fits[table.visits["patient"]])

    def _age_limits(self):
        try:
            low, high = self.age
        except (TypeError, ValueError):
            low = high = ""
        for limit in (low, high):
            if limit is not None and not isinstance(limit, Real):
                raise ValueError(
                    "Filter age takes the lowest and the highest age in years, each a "
                    f"number or None; got {self.age!r}."
                )
        return low, high
