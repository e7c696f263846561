"""What a command reads: a table, or the folder of a hospital's export."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fairsample.commands.text_table import read_text_table
from fairsample.messages import quote

__all__ = [
    "MARK",
    "Records",
    "add_input_arguments",
    "kind_of_table",
    "named_value",
    "read_alike",
    "read_records",
]

TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
READERS = ("diabetes130", "meds", "mimic3", "pic", "synthea")
MARK = "synthetic"  # the column that tells synthetic rows
_MOST_CLASSES = 50
_OF_READERS = ("label", "visit", "filter")
_OF_TABLES = ("target", "drop", "as_text", "missing")


@dataclass(frozen=True)
class Records:
    """Features, the outcome, and where the outcome stood among the columns.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    y : Series of shape (n_samples,)
        The outcome, with a name.
    sensitive : str or list of str
        The columns of `X` with the sensitive attribute.
    position : int
        The place of the outcome in the table that was read.
    """

    X: pd.DataFrame
    y: pd.Series
    sensitive: object
    position: int

    @property
    def sensitive_columns(self):
        """The sensitive columns, as a list also where there is one."""
        one = isinstance(self.sensitive, str)
        return [self.sensitive] if one else list(self.sensitive)

    def frame(self, X, y):
        """Put an outcome back where it stood."""
        frame = X.copy()
        frame.insert(min(self.position, frame.shape[1]), self.y.name, y)
        return frame

    def check_classes(self):
        """Refuse an outcome that cannot be one of classes."""
        n = self.y.nunique()
        if n < 2:
            raise ValueError(
                f"The outcome {self.y.name!r} has one value in all of {len(self.y)} "
                "rows: there are no classes to tell apart."
            )
        if n > _MOST_CLASSES:
            raise ValueError(
                f"The outcome {self.y.name!r} has {n} different values, which are no "
                "classes. Cut it into a few before."
            )

    def class_named(self, text):
        """Return the class that a text names; None for None."""
        known = {str(label): label for label in self.y.dropna().unique()}
        if text is not None and text not in known:
            raise ValueError(
                f"--pos-label {text!r} is no class of {self.y.name!r}, whose classes "
                f"are {quote(known)}."
            )
        return known.get(text)


def add_input_arguments(parser):
    """Declare what says where rows come from and what is in them."""
    parser.add_argument(
        "input", metavar="IN", help=f"a table ({', '.join(TABLES)}) or a folder"
    )
    parser.add_argument("--target", help="column of the outcome (of a table)")
    parser.add_argument(
        "--sensitive",
        action="append",
        metavar="COLUMN",
        help="column of the sensitive attribute; several, or joined by commas, make "
        "intersectional groups",
    )
    parser.add_argument(
        "--drop", action="append", metavar="COLUMN", help="column to leave out"
    )
    parser.add_argument(
        "--as-text",
        action="append",
        metavar="COLUMN",
        help="column of codes that look like numbers",
    )
    parser.add_argument(
        "--missing",
        action="append",
        metavar="VALUE",
        help="text that stands for a missing value, beside the usual ones",
    )
    parser.add_argument(
        "--reader", choices=READERS, help="what the folder is, if it cannot be told"
    )
    parser.add_argument("--label", help="the outcome that the reader makes")
    parser.add_argument("--visit", help="what a visit is, or its hours")
    parser.add_argument(
        "--filter",
        action="append",
        metavar="NAME=VALUE",
        help='of the reader, such as min_visits=2 or age="[18, null]"',
    )


def read_records(given):
    r"""Read what the command line asks for.

    Parameters
    ----------
    given : Namespace
        With what `add_input_arguments` declares.

    Returns
    -------
    Records

    Raises
    ------
    ValueError
        If a column is not there, or an option does not suit the input.
    FileNotFoundError
        If there is no such file or folder.

    Examples
    --------
    >>> import argparse, tempfile
    >>> parser = argparse.ArgumentParser()
    >>> add_input_arguments(parser)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "patients.csv"
    ...     _ = file.write_text("sex,died,age\nF,0,71\nM,1,64\n")
    ...     line = [str(file), "--target=died", "--sensitive=sex"]
    ...     records = read_records(parser.parse_args(line))
    >>> list(records.X), records.y.tolist(), records.sensitive
    (['sex', 'age'], [0, 1], 'sex')
    """
    path = Path(given.input)
    if path.is_dir():
        return _read_folder(path, given)
    _refuse(given, _OF_READERS, "is for folders, and IN is a file")
    frame = _read_table(path, given)
    if given.target is None:
        raise ValueError("--target is missing: name the column of the outcome.")
    _check_columns(frame, [given.target], "--target")
    for option in ("drop", "as_text"):
        _check_columns(frame, getattr(given, option) or [], f"--{option}")
    y = frame[given.target]
    if y.isna().any():
        raise ValueError(
            f"Column {given.target!r} has no value in {y.isna().sum()} of {len(y)} "
            "rows. Drop the rows without an outcome."
        )
    position = frame.columns.get_loc(given.target)
    X = frame.drop(columns=[given.target, *(given.drop or [])])
    return Records(X, y, _sensitive(X, given), position)


def read_alike(path, option, given, records, *, synthetic):
    """Read another table with the columns of the first one.

    Where a column marks synthetic rows, as `augment` writes it, the rows of the kind
    that was asked for are taken.

    Parameters
    ----------
    path : path or None
        The table; None is passed on.
    option : str
        What names it on the command line.
    given : Namespace
        How text files are read.
    records : Records
        The first table.
    synthetic : bool
        Whether synthetic rows are meant, or real ones.

    Returns
    -------
    tuple of (X, y) or None

    Raises
    ------
    ValueError
        If a column is not there, a class is unknown, or no row is left.
    FileNotFoundError
        If there is no such file.
    """
    if path is None:
        return None
    frame = _read_table(Path(path), given)
    wanted = [*records.X, records.y.name]
    absent = [name for name in wanted if name not in frame]
    if absent:
        raise ValueError(f"{option} {str(path)!r} lacks the columns {quote(absent)}.")
    if MARK in frame and MARK not in wanted:
        frame = frame[frame[MARK].astype(bool) == synthetic].reset_index(drop=True)
    y = frame[records.y.name]
    unknown = [label for label in y.unique() if label not in set(records.y)]
    if unknown or not len(y):
        what = f"classes {quote(unknown)}, unknown to IN" if unknown else "no such rows"
        raise ValueError(f"{option} {str(path)!r} has {what}.")
    return frame[list(records.X)], y


def _read_table(path, given):
    if not path.is_file():
        raise FileNotFoundError(f"There is no file or folder {str(path)!r}.")
    kind = kind_of_table(path)
    if kind == ".parquet" and (given.as_text or given.missing):
        raise ValueError("--as-text and --missing are for text files, not Parquet.")
    try:
        if kind == ".parquet":
            return pd.read_parquet(path)
        return read_text_table(
            path,
            "\t" if kind.startswith(".tsv") else ",",
            as_text=given.as_text or (),
            missing=given.missing or (),
        )
    except ImportError:
        raise
    except Exception as error:  # readers raise whatever a broken file makes them
        raise ValueError(f"{str(path)!r} cannot be read: {error}") from error


def kind_of_table(path):
    """Tell the kind of table that a file name says; refuse others."""
    found = [kind for kind in TABLES if str(path).lower().endswith(kind)]
    if not found:
        raise ValueError(
            f"{str(path)!r} is no table that can be read or written; name a file that "
            f"ends in one of {', '.join(TABLES)}."
        )
    return found[0]


def _read_folder(folder, given):
    from fairsample import datasets

    _refuse(given, _OF_TABLES, "is for tables, and IN is a folder")
    reader = given.reader or _recognise(folder)
    if reader == "diabetes130":
        _refuse(given, _OF_READERS, "is not for diabetes130")
        bunch = datasets.fetch_diabetes130(
            records="patients", data_home=folder.parent, download_if_missing=False
        )
    else:
        options = {
            "label": given.label,
            "visit": _hours_or_unit(given.visit),
            "filters": dict(map(named_value, given.filter or [])) or None,
        }
        chosen = {name: value for name, value in options.items() if value is not None}
        read = getattr(datasets, f"read_{reader}")
        bunch = read(folder, **chosen, verbose=0 if given.quiet else 1)
        print(bunch.reading, file=sys.stderr)
    if bunch.target is None:
        raise ValueError(f"The reader {reader} made no outcome: say which by --label.")
    X, y = bunch.data, bunch.target
    selected = _sensitive(X, given) if given.sensitive else bunch.sensitive
    return Records(X, y, selected, X.shape[1])


def _recognise(folder):
    """Tell whose export a folder is from the names in it."""
    names = {path.name.lower().split(".")[0] for path in folder.iterdir()}
    if "diabetic_data" in names:
        return "diabetes130"
    if {"data", "metadata"} <= names:
        return "meds"
    if {"patients", "admissions"} <= names:
        return "pic" if {"emr_symptoms", "or_exam_reports"} & names else "mimic3"
    if "patients" in names:
        return "synthea"
    raise ValueError(
        f"Whose export is the folder {str(folder)!r}? It holds {quote(sorted(names))}. "
        f"Name one of {', '.join(READERS)} by --reader."
    )


def _sensitive(X, given):
    """Return the sensitive columns; a name may hold commas itself."""
    if not given.sensitive:
        raise ValueError("--sensitive is missing: name the column whose groups matter.")
    columns = []
    for named in given.sensitive:
        columns += [named] if named in X else named.split(",")
    _check_columns(X, columns, "--sensitive")
    return columns[0] if len(columns) == 1 else columns


def _check_columns(frame, names, option):
    absent = [name for name in names if name not in frame]
    if absent:
        raise ValueError(
            f"{option.replace('_', '-')} names {quote(absent)}, and there is no such "
            f"column. The columns are {quote(frame.columns)}."
        )


def _refuse(given, options, why):
    for option in options:
        if getattr(given, option):
            raise ValueError(f"--{option.replace('_', '-')} {why}. Leave it out.")


def _hours_or_unit(visit):
    try:
        return float(visit)
    except (TypeError, ValueError):
        return visit


def named_value(text):
    """Read ``NAME=VALUE``, the value as JSON if it is JSON and as text if not."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise ValueError(f"{text!r} is no NAME=VALUE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
