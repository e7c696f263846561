"""Records with visits as plain tables, for what reads columns only."""

import numpy as np
import pandas as pd

from fairsample.encoding.visit_cells import flatten_visits

__all__ = ["histories_as_text", "plain_tables", "visit_lengths"]

_N_CODES = 30  # that get a column of their own


def plain_tables(*frames, visits):
    """Put lengths and frequent codes in the place of visits.

    Parameters
    ----------
    *frames : DataFrame
        Records with the same columns.
    visits : list of str
        The columns that hold visits.

    Returns
    -------
    list of DataFrame
        For each frame its other columns, and of each visit column the number of visits,
        the codes in a visit, and how often each of the 30 most frequent codes of the
        first frame occurs.

    Examples
    --------
    >>> records = pd.DataFrame({"visits": [[["a", "b"], ["a"]]]})
    >>> plain_tables(records, visits=["visits"])[0].to_dict("list")
    {'visits: visits': [2], 'visits: codes a visit': [1.5], 'visits: a': [2.0],
     'visits: b': [1.0]}
    """
    parts = [[frame.drop(columns=visits).reset_index(drop=True)] for frame in frames]
    for name in visits:
        flats = [flatten_visits(frame[name]) for frame in frames]
        frequent = pd.Series(flats[0].codes).value_counts().index[:_N_CODES]
        for part, flat in zip(parts, flats, strict=True):
            part.append(visit_lengths(flat).add_prefix(f"{name}: "))
            part.append(_code_counts(flat, frequent).add_prefix(f"{name}: "))
    return [pd.concat(part, axis=1) for part in parts]


def visit_lengths(flat):
    """Count the visits of each patient, and the codes in one of them on average."""
    n_visits = np.diff(flat.patient_ptr)
    n_codes = np.diff(flat.visit_ptr[flat.patient_ptr])
    return pd.DataFrame({"visits": n_visits, "codes a visit": n_codes / n_visits})


def histories_as_text(frame, visits):
    """Write histories as text, so that equal ones compare equal."""
    return frame.assign(
        **{
            name: [repr([list(map(str, one)) for one in cell]) for cell in frame[name]]
            for name in visits
        }
    )


def _code_counts(flat, codes):
    position = pd.Index(codes).get_indexer(flat.codes)
    ends = flat.visit_ptr[flat.patient_ptr]
    patient = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    counts = np.zeros((len(ends) - 1, len(codes)))
    known = position >= 0
    np.add.at(counts, (patient[known], position[known]), 1)
    return pd.DataFrame(counts, columns=list(codes))
