"""A table in a text file, with every cell as it stands there."""

import pandas as pd

from fairsample.messages import quote

__all__ = ["read_text_table"]

_NO_NUMBERS = frozenset({"NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
_CODE = r"[+-]?(?:0\d|\d{16,}$)"  # a number would not be written as it was read


def read_text_table(path, separator=",", *, as_text=(), missing=()):
    r"""Read a text file so that what is written again says the same.

    A column is one of numbers if all its cells are, but for empty ones and the usual
    signs of a missing number. In any other column only empty cells are missing: "None"
    and "NA" may well be categories. Codes with leading zeros, or more digits than a
    number keeps, are text.

    Parameters
    ----------
    path : path
        The file; it may be compressed.
    separator : str, default=","
        Between cells.
    as_text : collection of str, default=()
        Columns that are text, whatever they look like.
    missing : collection of str, default=()
        What else means a missing value, in all columns.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If two columns have one name.

    Examples
    --------
    >>> from io import StringIO
    >>> file = StringIO("zip,dose,drug\n00501,NA,None\n10001,2,aspirin\n")
    >>> read_text_table(file)
         zip  dose     drug
    0  00501   NaN     None
    1  10001   2.0  aspirin
    """
    text = pd.read_csv(
        path, sep=separator, header=None, dtype=str, na_filter=False, encoding="utf-8"
    )
    names = text.iloc[0].str.removeprefix("\ufeff")
    if names.duplicated().any():
        raise ValueError(
            f"more than one column is called {quote(names[names.duplicated()])}. Give "
            "every column its own name."
        )
    rows = text.iloc[1:].reset_index(drop=True).set_axis(list(names), axis=1)
    return pd.DataFrame(
        {
            name: _typed(column, name in as_text, frozenset({"", *missing}))
            for name, column in rows.items()
        }
    )


def _typed(column, is_text, missing):
    """Return a column of text as numbers or truth values, if it holds such."""
    present = column[~column.isin(missing)]
    numbers = present[~present.isin(_NO_NUMBERS)]
    if not is_text and len(numbers) and not numbers.str.match(_CODE).any():
        try:
            return pd.to_numeric(numbers).reindex(column.index)
        except ValueError:
            pass
    if not is_text and len(present) == len(column) and present.isin(_TRUTH).all():
        return column.map(_TRUTH).astype(bool)
    return column.where(~column.isin(missing), None)


_TRUTH = {"True": True, "False": False, "true": True, "false": False}
