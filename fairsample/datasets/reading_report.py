"""What became of the rows that a reader read, and of the patients it found."""

from html import escape
from warnings import warn

import pandas as pd

from fairsample.validation import DataWarning

__all__ = ["ReadingReport"]

_FAULTS = ("malformed line", "unparseable")


class ReadingReport:
    """How many rows of each table were read and used, and why the others were not.

    For every table, the rows read are those used and those of all reasons together.
    Patients are counted in the same way. What the counts do not tell is in the notes.

    Attributes
    ----------
    rows : dict of str to dict of str to int
        For each table the rows that were not used, by reason, and ``"read"``.
    patients : dict of str to int
        Patients who were left out, by reason, and ``"found"``.
    codes : dict of str to int
        Different codes and tests that were dropped, by reason.
    notes : list of str
        Sentences that belong to the counts.

    See Also
    --------
    RecordFilters : Which patients and codes are wanted.

    Examples
    --------
    >>> from fairsample.datasets import ReadingReport
    >>> report = ReadingReport()
    >>> report.add_rows("LABEVENTS", 5, {"no number": 2})
    >>> report.add_patients(3)
    >>> report.leave_out_patients("younger than 18 years", 1)
    >>> report
    LABEVENTS: 5 rows read, 3 used; 2 no number.
    Patients: 3 found, 2 kept; 1 younger than 18 years.
    >>> report.to_frame()
                                              n
    of        outcome
    LABEVENTS read                            5
              used                            3
              no number                       2
    patients  found                           3
              kept                            2
              younger than 18 years           1
    """

    def __init__(self):
        self.rows, self.patients, self.codes = {}, {"found": 0}, {}
        self.notes = []

    def add_rows(self, table, n_read, not_used=()):
        """Count rows of a table; calls for the same table add up.

        Parameters
        ----------
        table : str
            Name of the table.
        n_read : int
            Rows read, the unused ones among them.
        not_used : dict of str to int, default=()
            Rows that were not used, by reason.
        """
        _add(self.rows.setdefault(table, {"read": 0}), {"read": n_read})
        _add(self.rows[table], dict(not_used))

    def add_patients(self, n_found):
        """Count patients found."""
        _add(self.patients, {"found": n_found})

    def leave_out_patients(self, reason, n):
        """Count patients that are left out for a reason."""
        _add(self.patients, {reason: n})

    def add_codes(self, dropped):
        """Count different codes and tests that were dropped.

        Parameters
        ----------
        dropped : dict of str to int
            By reason.
        """
        _add(self.codes, dropped)

    def add_note(self, sentence):
        """Add a sentence on what the counts do not tell."""
        self.notes.append(sentence)

    def n_used(self, table):
        """Tell how many rows of a table were used."""
        return _rest(self.rows[table], "read")

    @property
    def n_patients(self):
        """Patients that were kept."""
        return _rest(self.patients, "found")

    def to_frame(self):
        """Give all counts.

        Returns
        -------
        DataFrame of shape (n_counts, 1), indexed by (of, outcome)
            ``of`` is the name of a table, ``"patients"`` or ``"codes"``; the column is
            ``n``.
        """
        rows = {
            (of, outcome): n
            for of, counts, whole, part in self._counts()
            for outcome, n in {
                whole: counts[whole],
                part: _rest(counts, whole),
                **_reasons(counts, whole),
            }.items()
        }
        rows |= {("codes", reason): n for reason, n in self.codes.items() if n}
        index = pd.MultiIndex.from_tuples(list(rows), names=["of", "outcome"])
        return pd.DataFrame({"n": list(rows.values())}, index=index)

    def warn_of_faults(self, stacklevel=2):
        """Warn of rows that could not be read, once for all tables.

        Parameters
        ----------
        stacklevel : int, default=2
            Whose line the warning names: 2 is that of the caller.
        """
        found = []
        for table, counts in self.rows.items():
            faults = {
                reason: n
                for reason, n in _reasons(counts, "read").items()
                if reason.startswith(_FAULTS)
            }
            if faults:
                found.append(f"{table}: {_listed(faults)}")
        if found:
            warn(
                f"Rows that could not be read and were left out: {'; '.join(found)}.",
                DataWarning,
                stacklevel=stacklevel,
            )

    def __repr__(self):
        lines = []
        for of, counts, whole, part in self._counts():
            unit = "rows " if whole == "read" else ""
            name = "Patients" if whole == "found" else of
            line = f"{name}: {counts[whole]:,} {unit}{whole}, "
            line += f"{_rest(counts, whole):,} {part}"
            reasons = _reasons(counts, whole)
            lines.append(f"{line}; {_listed(reasons)}." if reasons else f"{line}.")
        if any(self.codes.values()):
            lines.append(f"Dropped: {_listed(_reasons(self.codes, None))}.")
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><th scope='row'>{escape(of)}</th><td>{escape(outcome)}</td>"
            f"<td style='text-align: right'>{n:,}</td></tr>"
            for (of, outcome), n in self.to_frame()["n"].items()
        )
        return (
            "<table><caption>What was read</caption><thead><tr>"
            "<th scope='col'>of</th><th scope='col'>outcome</th><th scope='col'>n</th>"
            f"</tr></thead><tbody>{rows}</tbody></table>"
        ) + "".join(f"<p>{escape(note)}</p>" for note in self.notes)

    def _counts(self):
        for table, counts in self.rows.items():
            yield table, counts, "read", "used"
        yield "patients", self.patients, "found", "kept"


def _add(counts, more):
    for reason, n in more.items():
        if n or reason in counts:
            counts[reason] = counts.get(reason, 0) + int(n)


def _reasons(counts, whole):
    return {reason: n for reason, n in counts.items() if reason != whole and n}


def _rest(counts, whole):
    return counts[whole] - sum(_reasons(counts, whole).values())


def _listed(counts):
    return ", ".join(f"{n:,} {reason}" for reason, n in counts.items())
