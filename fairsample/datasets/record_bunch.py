"""The data set that a reader of health records hands out."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions

from fairsample.datasets.lab_imputation import IMPUTATIONS
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.table_bunch import table_bunch
from fairsample.datasets.visit_results import LAB_VALUES
from fairsample.encoding.labs import LabBins

__all__ = ["DAYS", "READER_CONSTRAINTS", "record_bunch", "refuse_empty"]

DAYS = Interval(Real, 0, 365_000, closed="right")
READER_CONSTRAINTS = {
    "filters": [RecordFilters, dict, None],
    "labs": [str, "array-like", LabBins, None],
    "lab_value": [StrOptions(set(LAB_VALUES))],
    "imputation": [StrOptions(set(IMPUTATIONS)), None],
    "n_bins": [Interval(Integral, 2, None, closed="left")],
    "min_code_patients": [Interval(Integral, 1, None, closed="left")],
    "return_X_y": ["boolean"],
    "verbose": ["verbose"],
}


def record_bunch(
    table,
    events,
    *,
    filters,
    reading,
    sensitive,
    target_names,
    description,
    labs="all",
    imputation=None,
    n_bins=10,
    min_code_patients=1,
    target=None,
    beside=None,
    return_X_y=False,
    stacklevel=5,
    **more,
):
    """Make the data set of patients with visits.

    Applies the filters on visits and codes, once more where that was done before: it
    changes nothing then. Warns once of rows that could not be read.

    Parameters
    ----------
    table : VisitTable
        The visits shown. Every column of ``table.patients`` that has no other use
        becomes a column of the data.
    events : VisitEvents
        What belongs to these visits.
    filters : RecordFilters, dict or None
        Which patients and codes are wanted; the age is not looked at here.
    reading : ReadingReport
        What was read so far. Patients and codes left out here are added.
    sensitive : str or None
        Column with the sensitive attribute.
    target_names : list of str or None
        What 0 and 1 stand for.
    description : str
        Text for ``DESCR``.
    labs, imputation, n_bins, min_code_patients : object
        As :meth:`VisitEvents.to_visits` takes them.
    target : str, default=None
        Column of ``table.patients`` with the outcome, 0 or 1; the target has its name.
    beside : dict of str to str, default=None
        Entries of the Bunch that are columns of ``table.patients`` and no features:
        entry -> column.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    stacklevel : int, default=5
        Whose line the warning names: 5 is that of the caller of the public function
        that calls this one, with one decorator.
    **more : object
        Further entries of the Bunch.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)

    Raises
    ------
    ValueError
        If no patient is left. The message tells why they were left out.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.datasets import ReadingReport
    >>> from fairsample.datasets.record_bunch import record_bunch
    >>> from fairsample.datasets.visit_events import VisitEvents
    >>> from fairsample.datasets.visit_table import VisitTable
    >>> day = pd.to_datetime(["2100-01-01"])
    >>> table = VisitTable(
    ...     pd.DataFrame({"race": ["Asian"], "died": [1]}, index=[7]),
    ...     pd.DataFrame({"patient": [0], "start": day, "end": day}),
    ... )
    >>> events = VisitEvents(len(table))
    >>> events.add_codes(table.at_time([7], day), np.array(["DX:428"]))
    >>> bunch = record_bunch(
    ...     table, events, filters=None, reading=ReadingReport(), sensitive="race",
    ...     target_names=["alive", "died"], description="One patient", target="died",
    ... )
    >>> bunch.frame
        race      visits  died
    0  Asian  [[DX:428]]     1
    """
    filters = RecordFilters.of(filters)
    shown = table.assign(number=np.arange(len(table)))
    if filters.with_codes is not None:
        shown = _with_codes(shown, events, filters.with_codes, reading)
    shown = filters.to_visits(shown, reading)
    patient_of_visit = np.full(events.n_visits, -1)
    patient_of_visit[shown.visits["number"]] = shown.visits["patient"]
    refuse_empty(shown, reading)
    histories, lab_bins, dropped = events.to_visits(
        patient_of_visit,
        labs=labs,
        n_bins=n_bins,
        imputation=imputation,
        code_prefixes=filters.code_prefixes,
        min_code_patients=min_code_patients,
    )
    reading.add_codes(dropped)
    reading.warn_of_faults(stacklevel)
    patients = shown.patients.reset_index(drop=True)
    beside = beside or {}
    columns = [
        name for name in patients if name != target and name not in beside.values()
    ]
    visits = pd.Series(np.empty(len(patients), dtype=object))
    visits[:] = histories
    return table_bunch(
        patients[columns].assign(visits=visits),
        None if target is None else patients[target].astype(int),
        sensitive=sensitive,
        target_names=target_names,
        description=description,
        return_X_y=return_X_y,
        patient_ids=pd.Series(shown.patients.index, name="patient_id"),
        lab_bins=lab_bins,
        reading=reading,
        **{entry: patients[column] for entry, column in beside.items()},
        **more,
    )


def refuse_empty(table, reading):
    """Refuse a table of visits in which nobody is left, and tell why.

    Parameters
    ----------
    table : VisitTable
        The visits shown.
    reading : ReadingReport
        Who was left out.

    Raises
    ------
    ValueError
        If there is no visit.
    """
    if not len(table):
        raise ValueError(
            "No patient is left. Loosen the filters or choose another label. What was "
            f"read:\n{reading!r}"
        )


def _with_codes(table, events, prefixes, reading):
    patient = table.visits["patient"].to_numpy()
    found = np.zeros(len(table.patients), dtype=bool)
    found[patient[events.visits_with(prefixes)]] = True
    reason = f"without a code that begins with {' or '.join(prefixes)}"
    n_without = int((~found).sum())
    reading.leave_out_patients(reason, n_without)
    if n_without:
        reading.add_note(
            f"Rows of the {n_without:,} patients {reason} are among those used: "
            "who has one is known when all are read."
        )
    return table.select(found[patient])
