import numpy as np
import pandas as pd
import pytest
from synthetic_tables import mixed_table

from fairsample.metrics.table_columns import check_tables, read_columns
from fairsample.metrics.table_embedding import nearest_distances, position_features


def test_what_is_a_number():
    levels = np.arange(30)
    table = pd.DataFrame(
        {
            "float": levels / 7,
            "nullable": pd.array(levels, dtype="Int64"),
            "time": pd.date_range("2024-01-01", periods=30),
            "few levels": levels % 20,
            "boolean": levels > 9,
            "text": levels.astype(str),
            "category": pd.Categorical(levels),
        }
    )
    numbers = [column.name for column in read_columns(table=table) if column.is_number]
    assert numbers == ["float", "nullable", "time"]


def test_cells_are_the_same_category_whatever_the_dtype():
    real = pd.DataFrame({"stage": [1, 2, 3], "drug": pd.Categorical(["b", "a", "b"])})
    synthetic = pd.DataFrame({"drug": ["b", None], "stage": [2.0, np.nan]})
    stage, drug = read_columns(real=real, synthetic=synthetic)
    assert stage.codes(1).tolist() == [stage.codes(0)[1], stage.n_categories]
    assert drug.codes(1).tolist() == [drug.codes(0)[0], drug.n_categories]
    assert (stage.n_categories, drug.n_categories) == (3, 2)


def test_categories_of_a_dtype_that_do_not_occur_are_none():
    table = pd.DataFrame({"drug": pd.Categorical(["a"], categories=["a", "b"])})
    assert read_columns(table=table)[0].n_categories == 1


@pytest.mark.parametrize(
    "synthetic, message",
    [
        (np.zeros((3, 2)), "synthetic has to be a DataFrame"),
        (pd.DataFrame({"a": [], "b": []}), r"synthetic has no rows.*\(0, 2\)"),
        (pd.DataFrame({"a": [1]}), "synthetic lacks columns that real has: 'b'"),
        (pd.DataFrame([[1, 2, 3]], columns=list("abc")), "real lacks .*: 'c'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than one column called 'a'"),
    ],
)
def test_unequal_tables_are_refused(synthetic, message):
    with pytest.raises(ValueError, match=message):
        check_tables(real=pd.DataFrame({"a": [1], "b": [2]}), synthetic=synthetic)


@pytest.mark.parametrize(
    "cells, numeric_features, message",
    [
        ([1.0, 2.0], ["dose"], "numeric_features names 'dose', which real does not"),
        (["x", "y"], ["a"], "numeric_features names 'a', a column of"),
        ([1.0, np.inf], ["a"], "'a' holds infinite values"),
        ([[["c"]], [["d"]]], None, "'a' holds records with visits"),
        ([{1}, {2}], None, "'a' holds nested cells"),
    ],
)
def test_unreadable_columns_are_named(cells, numeric_features, message):
    real = pd.DataFrame({"a": pd.Series(cells)})
    with pytest.raises(ValueError, match=message):
        read_columns(numeric_features, real=real, synthetic=real)


def test_text_where_numbers_were_is_refused():
    real = pd.DataFrame({"a": np.arange(30)})
    with pytest.raises(ValueError, match="'a' was fitted on numbers and holds 'x'"):
        read_columns(real=real, synthetic=pd.DataFrame({"a": ["x"]}))


def test_the_embedding_puts_ends_and_categories_one_apart():
    real = pd.DataFrame({"dose": [0.0, 5.0, 5.0, 100.0], "drug": ["a", "b", "b", "a"]})
    far = pd.DataFrame({"dose": [-9.0, 999.0, 5.0], "drug": ["a", "a", "c"]})
    columns = read_columns(["dose"], real=real, far=far)
    X, Y = position_features(columns, reference=[0])
    assert np.linalg.norm(Y[0] - Y[1]) == pytest.approx(1)
    assert np.linalg.norm(Y[2] - X[1]) == pytest.approx(1)
    assert np.linalg.norm(X[1] - X[2]) == 0


def test_a_missing_number_is_a_category_halfway():
    table = pd.DataFrame({"dose": [0.0, 1.0, np.nan]})
    (X,) = position_features(read_columns(["dose"], table=table), reference=[0])
    assert np.linalg.norm(X[2] - X[0]) == pytest.approx(np.hypot(0.25, 1))


def test_distances_leave_a_point_itself_out_and_equal_ones_are_equal():
    (X,) = position_features(read_columns(table=mixed_table(0)), reference=[0])
    to_itself, _ = nearest_distances(X, X)
    to_copies, nearest = nearest_distances(X, X.copy())
    assert (to_itself > 0).any()
    assert (to_copies == 0).all()
    assert (np.linalg.norm(X - X[nearest], axis=1) == 0).all()
