"""Real and synthetic rows side by side, with their groups and classes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from fairsample.encoding.visit_cells import is_visit_column
from fairsample.evaluation.rows import take_rows
from fairsample.evaluation.scoring import positive_class
from fairsample.evaluation.splitting import nested_order, split_cells
from fairsample.groups import Groups, resolve_groups, selected_columns, values_as_table
from fairsample.messages import quote
from fairsample.metrics.table_columns import check_tables
from fairsample.validation import check_frame

__all__ = ["AugmentedTable", "TablePart"]

HELD_OUT = 1 / 3  # of the real rows, where no test rows are given


@dataclass(frozen=True)
class TablePart:
    """Some rows of a table, with the class and the group of each.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        The features.
    label : ndarray of int of shape (n_rows,)
        The class of each row, as a code.
    group : ndarray of int of shape (n_rows,)
        The group of each row, as a code.

    Examples
    --------
    >>> part = TablePart(pd.DataFrame({"age": [40, 50]}), np.array([0, 1]), np.zeros(2))
    >>> part.take([1]).X["age"].tolist()
    [50]
    """

    X: pd.DataFrame
    label: np.ndarray
    group: np.ndarray

    def __len__(self):
        """Return the number of rows."""
        return len(self.X)

    def take(self, rows):
        """Take rows by position, with a fresh index."""
        X = take_rows(self.X, rows).reset_index(drop=True)
        return TablePart(X, self.label[rows], self.group[rows])

    def followed_by(self, other):
        """Put the rows of another part below these."""
        return TablePart(
            pd.concat([self.X, other.X], ignore_index=True),
            np.append(self.label, other.label),
            np.append(self.group, other.group),
        )


@dataclass(frozen=True)
class AugmentedTable:
    """Real rows, synthetic ones, and real ones that are held out.

    Parameters
    ----------
    real, synthetic, train, test : TablePart
        `train` are the real rows that models are trained on, `test` those that they are
        tested on. Where the latter are no rows of their own, both are parts of `real`.
    test_is_unseen : bool
        Whether `test` are rows that the generator has not seen.
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    groups : Groups
        The groups of all rows: real, synthetic and, if they are rows of their own, test
        ones.
    pos_label : object
        The class that counts as positive.
    target : str
        What the outcome is called.

    Examples
    --------
    >>> X = pd.DataFrame({"sex": ["F", "M"] * 30, "dose": range(60)})
    >>> y = [0, 0, 1] * 20
    >>> table = AugmentedTable.read((X, y), (X[:9], y[:9]), sensitive_features="sex")
    >>> len(table.real), len(table.synthetic), len(table.train), len(table.test)
    (60, 9, 40, 20)
    >>> table.cell_counts(table.synthetic).tolist()
    [[3, 2], [3, 1]]
    """

    real: TablePart
    synthetic: TablePart
    train: TablePart
    test: TablePart
    test_is_unseen: bool
    classes: np.ndarray
    groups: Groups
    pos_label: object
    target: str

    @classmethod
    def read(
        cls,
        real,
        synthetic,
        *,
        sensitive_features,
        test=None,
        target=None,
        pos_label=None,
        seed=0,
    ):
        """Check all tables and find classes and groups.

        Parameters are those of :class:`AugmentationReport`.

        Returns
        -------
        AugmentedTable
            The tables; those that were given are not changed.

        Raises
        ------
        ValueError
            When tables differ in their columns, lengths differ, a class is missing or
            unknown, or no sensitive features reach the groups.
        """
        given = {"real": real, "synthetic": synthetic, "test": test}
        parts = {
            called: _features_and_outcome(called, one, target)
            for called, one in given.items()
            if one is not None
        }
        tables = {called: X for called, (X, _) in parts.items()}
        check_tables(**tables)
        for X in tables.values():
            check_frame(X)
        columns = tables["real"].columns
        tables = {called: X[columns] for called, X in tables.items()}
        classes, labels = _read_classes({called: y for called, (_, y) in parts.items()})
        groups = _read_groups(tables, sensitive_features)
        bounds = np.cumsum([len(X) for X in tables.values()])[:-1]
        of_part = dict(zip(tables, np.split(groups.codes, bounds), strict=True))
        rows = {
            called: TablePart(X, labels[called], of_part[called])
            for called, X in tables.items()
        }
        if test is None:
            cells = rows["real"].group * len(classes) + rows["real"].label
            train, held_out = split_cells(cells, test_size=HELD_OUT, random_state=seed)
            rows["train"] = rows["real"].take(train)
            rows["test"] = rows["real"].take(held_out)
        else:
            rows["train"] = rows["real"]
        return cls(
            **rows,
            test_is_unseen=test is not None,
            classes=classes,
            groups=groups,
            pos_label=_read_positive(classes, labels["real"], pos_label),
            target=_target_name(target, real),
        )

    @property
    def cells(self):
        """Names of the cells, group by group: a list of (group, class)."""
        return [(g, c) for g in self.groups.labels for c in self.classes.tolist()]

    def cell_of(self, part):
        """Give the cell of each row of a part, as a position in `cells`."""
        return part.group * len(self.classes) + part.label

    def cell_counts(self, part):
        """Count the rows of a part: (n_groups, n_classes)."""
        shape = len(self.groups), len(self.classes)
        cells = np.bincount(self.cell_of(part), minlength=shape[0] * shape[1])
        return cells.reshape(shape)

    def y(self, part):
        """Give the class of each row of a part."""
        return self.classes[part.label]

    def sensitive(self, part):
        """Give the sensitive features of each row of a part: Series or DataFrame."""
        return self.groups.values(part.group)

    def alike(self, *parts, most, seed):
        """Draw as many rows of each cell from every part.

        A plan adds rows to some cells only. So drawn, tables differ by what rows of a
        group and class are like, and not by how many there are of them.

        Parameters
        ----------
        *parts : TablePart
            The parts.
        most : int
            Most rows that are drawn.
        seed : int
            What draws.

        Returns
        -------
        list of TablePart
            As many rows of each part, in an order of chance.
        """
        counts = [self.cell_counts(part).ravel() for part in parts]
        n_rows = np.minimum.reduce(counts)
        scale = min(1.0, most / max(n_rows.sum(), 1))
        n_rows = np.ceil(n_rows * scale).astype(int)
        stream = np.random.RandomState(seed)
        drawn = []
        for part in parts:
            cell = self.cell_of(part)
            order = stream.permutation(len(part))
            rank = pd.Series(cell[order]).groupby(cell[order]).cumcount().to_numpy()
            drawn.append(part.take(order[rank < n_rows[cell[order]]]))
        return drawn

    def some(self, part, most, seed):
        """Draw some rows of a part, in its own proportions; all if there are few."""
        if len(part) <= most:
            return part
        order = nested_order(self.cell_of(part), random_state=seed)
        return part.take(np.sort(order[:most]))

    def columns_of_visits(self):
        """Name the columns that hold visits."""
        return [name for name in self.real.X if is_visit_column(self.real.X[name])]


def _features_and_outcome(called, given, target):
    """Take a table apart, and bring its features to a frame with a fresh index."""
    if isinstance(given, pd.DataFrame):
        if target is None or target not in given.columns:
            raise ValueError(
                f"{called} is a table and target={target!r} no column of it. Name the "
                f"column of the outcome, one of {quote(given.columns)}; or give "
                f"{called} as (X, y)."
            )
        X, y = given.drop(columns=target), given[target]
    elif isinstance(given, tuple | list) and len(given) == 2:
        X, y = given
    else:
        raise ValueError(
            f"{called} has to be (X, y), or a DataFrame with the outcome among its "
            f"columns. Got {type(given).__name__}."
        )
    if not isinstance(X, pd.DataFrame):
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"{called} has to be a table of two dimensions.")
        X = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    y = column_or_1d(y)
    if len(y) != len(X):
        raise ValueError(f"{called} has {len(X)} rows of X and {len(y)} of y.")
    return X.reset_index(drop=True), y


def _read_classes(outcomes):
    """Find the classes of the real rows, and the code of every row's."""
    for called, y in outcomes.items():
        if pd.isna(y).any():
            raise ValueError(
                f"The outcome of {called} has missing values. Drop the rows without "
                "one."
            )
    y_real = pd.Series(outcomes["real"]).infer_objects().to_numpy()
    check_classification_targets(y_real)
    classes = np.unique(y_real)
    if len(classes) < 2:
        raise ValueError(
            f"The outcome of real has one class only, {classes[0]!r}. There is nothing "
            "to compare."
        )
    known = pd.Index(classes, dtype=object)
    labels = {}
    for called, y in outcomes.items():
        labels[called] = known.get_indexer(pd.Index(y, dtype=object))
        unknown = pd.unique(pd.Series(y[labels[called] < 0]))
        if len(unknown):
            raise ValueError(
                f"The outcome of {called} has classes that real does not have: "
                f"{quote(unknown.tolist())}; those are {quote(classes.tolist())}."
            )
    return classes, labels


def _read_groups(tables, sensitive_features):
    is_selector = isinstance(sensitive_features, str | list | type(None))
    n_rows = [len(X) for X in tables.values()]
    if callable(sensitive_features):
        values = [values_as_table(sensitive_features(X)) for X in tables.values()]
    elif is_selector:
        names = list(selected_columns(tables["real"], sensitive_features))
        values = [X[names] for X in tables.values()]
    else:
        values = [values_as_table(sensitive_features)]
        if len(values[0]) != sum(n_rows):
            raise ValueError(
                f"sensitive_features has {len(values[0])} values for {sum(n_rows)} "
                f"rows. Give one for each row of {', then of '.join(tables)}."
            )
    values = pd.concat([one.astype(object) for one in values], ignore_index=True)
    every_row = pd.DataFrame(index=pd.RangeIndex(sum(n_rows)))
    return resolve_groups(every_row, values=values, missing="group")


def _read_positive(classes, label, pos_label):
    """Find the positive class; of more than two the rarest, if none is named."""
    if pos_label is not None and pos_label not in classes:
        raise ValueError(
            f"pos_label={pos_label!r} is none of the classes, which are "
            f"{quote(classes.tolist())}."
        )
    found = positive_class(classes, pos_label)
    return classes[np.bincount(label).argmin()] if found is None else found


def _target_name(target, real):
    y = None if isinstance(real, pd.DataFrame) else real[1]
    name = target if target is not None else getattr(y, "name", None)
    return "outcome" if name is None else str(name)
