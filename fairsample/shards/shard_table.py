"""Drawn rows as Arrow tables that all have the same columns and types."""

from io import BytesIO

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import dense_column, dense_dtype, is_object_dtype
from fairsample.encoding.visit_cells import is_visit_column
from fairsample.messages import quote

__all__ = ["ShardTable"]


class ShardTable:
    """The table that shards are parts of: features, sensitive features, target.

    Sensitive features have columns of their own where they are no columns of X; where
    X has other columns of the same names they are called ``sensitive_...``.

    Parameters
    ----------
    template : DataFrame of shape (0, n_features)
        Columns and dtypes of X.
    groups : Groups
        Every group.
    target_form : TargetForm
        Every class.
    examples : DataFrame of shape (n_examples, n_objects)
        Values of the columns of X whose dtypes do not tell what they hold.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of all shards.

    Raises
    ------
    ValueError
        If two columns have one name, or a column holds what Parquet cannot.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.groups import resolve_groups
    >>> from fairsample.shards import ShardTable
    >>> from fairsample.target_form import TargetForm
    >>> X = pd.DataFrame({"sex": ["F", "M", "F"], "age": [1, 2, 3]})
    >>> groups = resolve_groups(X, selector="sex")
    >>> form, _ = TargetForm.read([0, 1, 0])
    >>> table = ShardTable(X.iloc[:0], groups, form, X[["sex"]])
    >>> table.schema.names
    ['sex', 'age', 'y']
    """

    def __init__(self, template, groups, target_form, examples):
        self._groups, self._target_form = groups, target_form
        self._names = [str(name) for name in template]
        parts = [
            _dense(template, self._names),
            self._sensitive(np.arange(len(groups))),
            self._target(np.arange(len(target_form.classes))),
        ]
        _check_names([name for part in parts for name in part])
        columns = {name: values for part in parts for name, values in part.items()}
        columns |= {str(name): dense_column(v) for name, v in examples.items()}
        self.schema = _schema_of(columns)

    def to_arrow(self, rows, group, label):
        """Put drawn rows together: pyarrow.Table of shape (n_rows, n_columns).

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_features)
            Features.
        group, label : ndarray of int of shape (n_rows,)
            Codes of group and class of each row.

        Raises
        ------
        ValueError
            If a value does not fit the type of its column.
        """
        import pyarrow as pa

        parts = [_dense(rows, self._names), self._sensitive(group), self._target(label)]
        frame = pd.concat(parts, axis=1)
        try:
            table = pa.Table.from_pandas(frame, self.schema, preserve_index=False)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise ValueError(
                f"Rows cannot be written to Parquet: {error}. Give the columns of X "
                "values of one type each before the fit."
            ) from error
        return table.replace_schema_metadata(self.schema.metadata)

    def _sensitive(self, group):
        if self._groups.columns:
            return pd.DataFrame(index=pd.RangeIndex(len(group)))
        values = pd.DataFrame(self._groups.values(group))
        names = [str(name) for name in self._groups.names]
        taken = {*self._names, str(self._target_form.name)}
        return _dense(values, [f"sensitive_{n}" if n in taken else n for n in names])

    def _target(self, label):
        values = pd.DataFrame(self._target_form.write(label))
        name = str(self._target_form.name)
        if values.shape[1] == 1:
            return _dense(values, [name])
        one_hot = isinstance(self._target_form.examples, pd.DataFrame)
        return _dense(values, [str(c) if one_hot else f"{name}_{c}" for c in values])


def object_columns(template, groups):
    """Name the columns whose dtypes do not tell what they hold, groups' columns aside.

    Parameters
    ----------
    template : DataFrame of shape (0, n_features)
        Columns and dtypes of X.
    groups : Groups
        The groups.

    Returns
    -------
    list
        Names of columns.
    """
    return [
        name
        for name, dtype in template.dtypes.items()
        if is_object_dtype(dense_dtype(dtype)) and name not in groups.columns
    ]


def _dense(frame, names):
    columns = [dense_column(frame.iloc[:, k]) for k in range(frame.shape[1])]
    dense = dict(enumerate(columns))
    return pd.DataFrame(dense, index=frame.index).set_axis(names, axis=1)


def _check_names(names):
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Two columns of the shards would be called {quote(twice)}. Rename a "
            "column of X, or give y a name of its own, as a Series, and fit again."
        )


def _schema_of(columns):
    """Give the Arrow schema of columns, and refuse what Parquet cannot keep."""
    import pyarrow as pa
    from pyarrow import parquet

    fields = []
    for name, values in columns.items():
        try:
            field = pa.field(name, _arrow_type(values))
            one_row = pa.table([pa.nulls(1, field.type)], pa.schema([field]))
            parquet.write_table(one_row, BytesIO())
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise ValueError(
                f"Column {name!r} ({values.dtype}) cannot be kept by Parquet: {error}. "
                "Convert it before the fit, for example by .astype(str)."
            ) from error
        fields.append(field)
    empty = pd.DataFrame({name: values.iloc[:0] for name, values in columns.items()})
    of_pandas = pa.Schema.from_pandas(empty, preserve_index=False).metadata
    return pa.schema(fields, metadata=of_pandas)


def _arrow_type(values):
    import pyarrow as pa

    if is_visit_column(values):
        return pa.list_(pa.list_(pa.string()))
    found = pa.Array.from_pandas(values).type
    return pa.string() if pa.types.is_null(found) else found
