import numpy as np
import pandas as pd
import pytest

from fairsample import StandardFairnessModel
from fairsample.causal.causal_table import CausalTable
from fairsample.groups import resolve_groups
from fairsample.target_form import TargetForm


def plan(X, y, roles, selector="sex", values=None):
    groups = resolve_groups(X, selector=selector, values=values)
    target, codes = TargetForm.read(y)
    model = StandardFairnessModel(**roles)
    return CausalTable.plan(X, groups, model, target), groups.codes, codes


def some_rows():
    X = pd.DataFrame(
        {"job": list("uvuv"), "sex": list("MFFM"), "age": [30, 41, 52, 63]},
        index=[7, 7, 3, 1],
    )
    y = pd.Series([1, 0, 0, 1], name="ill")
    roles = {"sensitive": "sex", "confounders": ["age"], "mediators": ["job"]}
    return X, y, roles


def test_rows_stand_in_causal_order():
    X, y, roles = some_rows()
    table, group, label = plan(X, y, roles)
    rows = table.rows(X, group, label)
    assert list(rows) == table.order == ["age", "sex", "job", "ill"]
    assert rows.index.equals(pd.RangeIndex(4))
    assert rows["sex"].tolist() == list("MFFM")
    assert rows["ill"].tolist() == ["1", "0", "0", "1"]
    pd.testing.assert_series_equal(rows["age"], X["age"].reset_index(drop=True))


def test_rows_are_read_as_they_were_written():
    X, y, roles = some_rows()
    table, group, label = plan(X, y, roles)
    rows = table.rows(X, group, label).set_axis([9, 8, 7, 6])
    features, found_group, found_label = table.read(rows)
    np.testing.assert_array_equal(found_group, group)
    np.testing.assert_array_equal(found_label, label)
    pd.testing.assert_frame_equal(features, X[["age", "job"]].reset_index(drop=True))


@pytest.mark.parametrize(("column", "value"), [("sex", "X"), ("ill", "2"), ("ill", 1)])
def test_groups_and_classes_that_are_none_are_named(column, value):
    X, y, roles = some_rows()
    table, group, label = plan(X, y, roles)
    rows = table.rows(X, group, label)
    rows[column] = rows[column].astype(object)
    rows.loc[2, column] = value
    with pytest.raises(ValueError, match="groups are 'F', 'M', classes '0', '1'"):
        table.read(rows)


def test_no_rows_are_read_as_none():
    X, y, roles = some_rows()
    table, group, label = plan(X, y, roles)
    features, *codes = table.read(table.rows(X, group, label).iloc[:0])
    assert [len(part) for part in (features, *codes)] == [0, 0, 0]


def test_names_are_free():
    X, y, roles = some_rows()
    X = X.rename(columns={"age": "ill", "job": "ill_"})
    roles |= {"confounders": ["ill"], "mediators": ["ill_"]}
    table, group, label = plan(X, y, roles)
    assert table.order == ["ill", "sex", "ill_", "ill__"]
    assert table.rows(X, group, label).columns.is_unique


def test_intersectional_groups_are_one_column():
    X, y, roles = some_rows()
    values = pd.DataFrame({"sex": list("MFFM"), "old": [False, True, False, True]})
    roles |= {"sensitive": ["sex", "old"]}
    table, group, label = plan(X.drop(columns="sex"), y, roles, None, values)
    assert table.sensitive == "sex and old"
    rows = table.rows(X, group, label)["sex and old"]
    assert rows.tolist() == ["M, False", "F, True", "F, False", "M, True"]


def test_labels_with_one_text_are_told_apart():
    X, y, roles = some_rows()
    X["sex"] = pd.Series([1, "1", 1, "1"], index=X.index, dtype=object)
    table, group, label = plan(X, y, roles)
    assert sorted(table.groups) == ["1 (int)", "1 (str)"]
    rows = table.rows(X, group, label)
    assert rows["sex"].tolist() == ["1 (int)", "1 (str)"] * 2
