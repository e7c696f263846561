import numpy as np
import pandas as pd
import pytest

from fairsample.groups import resolve_groups
from fairsample.validation import DataWarning


@pytest.fixture
def X():
    return pd.DataFrame(
        {
            "race": ["B", "A", "B", "C", "A", "B"],
            "sex": ["F", "M", "F", "F", "F", "M"],
            "age": [30, 50, 40, 60, 70, 20],
        },
        index=[7, 7, 1, 0, 3, 2],
    )


@pytest.mark.parametrize(
    "selector",
    [
        "race",
        ["race"],
        ("race",),
        np.array(["race"]),
        0,
        -3,
        [0],
        np.int64(0),
        [True, False, False],
        np.array([True, False, False]),
    ],
)
def test_every_selector_reads_the_same_column(X, selector):
    groups = resolve_groups(X, selector=selector)
    assert groups.labels == ["A", "B", "C"]
    assert groups.codes.tolist() == [1, 0, 1, 2, 0, 1]
    assert groups.columns == groups.names == ("race",)
    assert groups.counts().tolist() == [2, 3, 1]


def test_callable_is_given_X_and_returns_values(X):
    groups = resolve_groups(X, selector=lambda frame: frame["age"] > 45)
    assert groups.labels == [False, True]
    assert groups.codes.tolist() == [0, 1, 0, 1, 1, 0]
    assert groups.columns == ()
    both = resolve_groups(X, selector=lambda frame: frame[["race", "sex"]])
    assert both.labels == resolve_groups(X, selector=["race", "sex"]).labels
    assert both.columns == ()
    assert both.names == ("race", "sex")


def test_several_columns_make_the_intersections_that_occur(X):
    groups = resolve_groups(X, selector=["sex", "race"])
    assert groups.labels == [("F", "A"), ("F", "B"), ("F", "C"), ("M", "A"), ("M", "B")]
    rows = list(zip(X["sex"], X["race"], strict=True))
    assert [groups.labels[code] for code in groups.codes] == rows


@pytest.mark.parametrize("container", [list, np.asarray, pd.Series, tuple])
def test_values_win_over_the_selector(X, container):
    values = container([0, 0, 0, 1, 1, 1])
    groups = resolve_groups(X, selector="race", values=values)
    assert groups.labels == [0, 1]
    assert groups.columns == ()


def test_values_named_like_a_column_are_still_values(X):
    values = pd.Series(["x", "y"] * 3, name="race")
    groups = resolve_groups(X, selector="race", values=values)
    assert groups.labels == ["x", "y"]
    assert groups.columns == ()
    frame = X[["race", "sex"]].iloc[::-1]
    groups = resolve_groups(X, values=frame)
    assert groups.columns == ()
    assert [groups.labels[c] for c in groups.codes] == list(
        frame.itertuples(index=False, name=None)
    )


def test_two_dimensional_values(X):
    values = [["a", 1], ["a", 2], ["b", 1], ["b", 1], ["a", 1], ["a", 1]]
    from_list = resolve_groups(X, values=values)
    from_array = resolve_groups(X, values=np.array(values, dtype=object))
    assert from_list.labels == from_array.labels == [("a", 1), ("a", 2), ("b", 1)]
    column = resolve_groups(X, values=np.array([[1], [0], [1], [0], [1], [0]]))
    assert column.labels == [0, 1]


@pytest.mark.parametrize(
    "dtype",
    ["object", "str", "category", "string"],
)
def test_dtype_of_the_column_does_not_matter(X, dtype):
    groups = resolve_groups(X.astype({"race": dtype}), selector="race")
    assert groups.labels == ["A", "B", "C"]
    assert {type(label) for label in groups.labels} == {str}


def test_unused_categories_are_no_groups(X):
    race = pd.Categorical(X["race"], categories=["D", "C", "B", "A"])
    groups = resolve_groups(X.assign(race=race), selector="race")
    assert groups.labels == ["A", "B", "C"]


@pytest.mark.parametrize("dtype", ["int8", "Int64", "bool", "boolean", "float32"])
def test_labels_are_plain_python_values(dtype):
    X = pd.DataFrame({"flag": pd.Series([1, 0, 1, 0], dtype=dtype)})
    groups = resolve_groups(X, selector="flag")
    assert groups.labels == [0, 1]
    assert not any(isinstance(label, np.generic) for label in groups.labels)


def test_sparse_column():
    X = pd.DataFrame({"flag": pd.arrays.SparseArray([0, 1, 0, 0])})
    assert resolve_groups(X, selector="flag").codes.tolist() == [0, 1, 0, 0]


def test_order_does_not_depend_on_the_rows(X):
    shuffled = X.iloc[[3, 5, 0, 1, 4, 2]]
    assert (
        resolve_groups(shuffled, selector=["race", "sex"]).labels
        == resolve_groups(X, selector=["race", "sex"]).labels
    )


def test_values_that_cannot_be_ordered_are_ordered_by_type_and_text():
    X = pd.DataFrame({"a": pd.Series(["x", 2, 10, "x"], dtype=object)})
    assert resolve_groups(X, selector="a").labels == [10, 2, "x"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_values_are_refused_or_a_group(missing):
    X = pd.DataFrame({"race": pd.Series(["B", missing, "A", missing], dtype=object)})
    with pytest.raises(ValueError, match=r"'race' has missing values, in 2 rows"):
        resolve_groups(X, selector="race")
    groups = resolve_groups(X, selector="race", missing="group")
    assert groups.labels == ["A", "B", "missing"]
    assert groups.codes.tolist() == [1, 2, 0, 2]


def test_missing_number_is_a_group_after_the_numbers():
    groups = resolve_groups(
        pd.DataFrame(index=range(4)), values=[2.0, np.nan, 1.0, 2.0], missing="group"
    )
    assert groups.labels == [1.0, 2.0, "missing"]


def test_missing_value_within_an_intersection():
    X = pd.DataFrame({"a": ["x", None, "x"], "b": [1, 1, 0]})
    groups = resolve_groups(X, selector=["a", "b"], missing="group")
    assert groups.labels == [("x", 0), ("x", 1), ("missing", 1)]
    assert groups.codes.tolist() == [1, 2, 0]


def test_a_value_called_missing_is_not_taken_for_the_missing_ones():
    X = pd.DataFrame({"a": ["missing", None, "x"]})
    with pytest.raises(ValueError, match="'a' has missing values and the value"):
        resolve_groups(X, selector="a", missing="group")


def test_nothing_given_says_both_ways_to_give_it(X):
    with pytest.raises(ValueError, match="constructor") as error:
        resolve_groups(X)
    assert "call time" in str(error.value)
    assert "enable_metadata_routing" in str(error.value)


@pytest.mark.parametrize(
    ("selector", "named"),
    [("rce", "'rce'"), (["race", "rce"], "'rce'"), (3, "3"), (-4, "-4"), ([0, 9], "9")],
)
def test_absent_column_is_named_and_the_remedy_too(X, selector, named):
    with pytest.raises(ValueError, match=named) as error:
        resolve_groups(X, selector=selector)
    assert "call time" in str(error.value)
    assert "enable_metadata_routing" in str(error.value)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ([], "no column"),
        ([False, False, False], "no column"),
        (["race", 0], "twice"),
        ([True, False], "mask of length 2"),
        ({"race"}, "in one list"),
        (np.zeros((6, 1)), "in one list"),
    ],
)
def test_selector_that_selects_nothing_sensible(X, selector, message):
    with pytest.raises(ValueError, match=message):
        resolve_groups(X, selector=selector)


@pytest.mark.parametrize("values", ["race", 3])
def test_a_name_at_call_time_is_refused(X, values):
    with pytest.raises(ValueError, match="constructor"):
        resolve_groups(X, values=values)


def test_length_mismatch(X):
    with pytest.raises(ValueError, match="have 5 rows and X has 6"):
        resolve_groups(X, values=list("ababa"))
    with pytest.raises(ValueError, match="have 2 rows and X has 6"):
        resolve_groups(X, selector=lambda frame: [0, 1])


def test_constant_feature(X):
    with pytest.raises(ValueError, match="one group only, 'A'"):
        resolve_groups(X.assign(race="A"), selector="race")


def test_values_that_are_no_scalars(X):
    with pytest.raises(ValueError, match="'race' holds values that cannot be compared"):
        resolve_groups(X.assign(race=[[i] for i in range(6)]), selector="race")


def test_most_rows_different_is_refused_with_the_remedy():
    X = pd.DataFrame({"age": np.arange(100) % 60})
    with pytest.raises(ValueError, match=r"60 groups of 100 rows.*pandas\.cut"):
        resolve_groups(X, selector="age")


def test_many_groups_are_warned_of():
    X = pd.DataFrame({"age": np.arange(1000) % 51})
    with pytest.warns(DataWarning, match=r"51 groups.*pandas\.cut"):
        resolve_groups(X, selector="age")


def test_X_is_left_alone(X):
    before = X.copy()
    resolve_groups(X, selector=["race", "sex"])
    resolve_groups(X, values=X[["race", "sex"]])
    pd.testing.assert_frame_equal(X, before)


def test_cell_counts(X):
    groups = resolve_groups(X, selector="race")
    y = np.array([0, 1, 1, 2, 1, 0])
    expected = pd.crosstab(X["race"].to_numpy(), y)
    assert groups.cell_counts(y, 3).tolist() == expected.to_numpy().tolist()


def test_first_rows_are_one_of_each_group(X):
    groups = resolve_groups(X, selector="race")
    assert X["race"].iloc[groups.first_rows()].tolist() == groups.labels


def test_values_written_out_are_those_read(X):
    one = resolve_groups(X, selector="race")
    expected = X["race"].reset_index(drop=True)
    pd.testing.assert_series_equal(
        one.values(one.codes), expected, check_dtype=False, check_index_type=False
    )
    several = resolve_groups(X, selector=["race", "sex"])
    expected = X[["race", "sex"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        several.values(several.codes), expected, check_dtype=False
    )
