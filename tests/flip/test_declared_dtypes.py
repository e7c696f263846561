import numpy as np
import pandas as pd
import pytest

from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype


def suited(dtype, **declaration):
    column = ColumnDomain.from_declaration("x", declaration)
    return domain_for_dtype("x", column, pd.api.types.pandas_dtype(dtype))


@pytest.mark.parametrize(
    "dtype, holds_missing",
    [
        ("int8", False),
        ("uint64", False),
        ("bool", False),
        ("float32", True),
        ("Int64", True),
        ("boolean", True),
        ("object", True),
        ("str", True),
        ("datetime64[ns]", True),
        (pd.SparseDtype("int8", 0), False),
    ],
)
def test_what_cannot_be_missing_is_not(dtype, holds_missing):
    assert suited(dtype, missing=True).missing is holds_missing


def test_booleans_declare_themselves():
    assert suited("bool").categories == (False, True)
    assert suited("boolean").categories == (False, True)
    assert not suited("object").is_complete


def test_categories_of_a_category_dtype_are_not_public():
    assert suited(pd.CategoricalDtype(["rare"])).categories is None


def test_bounds_of_integers_are_narrowed_to_integers_of_the_dtype():
    assert suited("int64", bounds=[0.5, 9.5]).bounds == (1, 9)
    assert suited("int8", bounds=[-1000, 1000]).bounds == (-128, 127)
    assert suited("uint8", bounds=[-5, 5]).bounds == (0, 5)
    assert suited("int64", bounds=[0, 9]).step == 1


def test_times_are_read_and_put_into_the_zone():
    zoned = suited(
        "datetime64[ns, Europe/Paris]", bounds=["2020-06-01", "2021-06-01T00:00Z"]
    )
    assert zoned.bounds[0] == pd.Timestamp("2020-06-01", tz="Europe/Paris")
    assert zoned.bounds[1] == pd.Timestamp("2021-06-01", tz="UTC")
    naive = suited("datetime64[s]", bounds=["2020-06-01T00:00Z", "2021-06-01"])
    assert naive.bounds[0] == pd.Timestamp("2020-06-01")
    spans = suited("timedelta64[s]", bounds=["0s", "2h"], step="1min")
    assert spans.bounds[1] == pd.Timedelta(2, "h")
    assert spans.step == pd.Timedelta(1, "min")


@pytest.mark.parametrize(
    "dtype", ["float64", "int16", "Float32", "str", "datetime64[s]"]
)
def test_suiting_twice_is_suiting_once(dtype):
    kinds = {
        "str": {"categories": ["a"]},
        "datetime64[s]": {"bounds": ["2020", "2021"]},
    }
    once = suited(dtype, **kinds.get(dtype, {"bounds": [0.2, 7.7]}))
    assert domain_for_dtype("x", once, pd.api.types.pandas_dtype(dtype)) == once


@pytest.mark.parametrize(
    "dtype, declaration, message",
    [
        ("str", {"bounds": ["a", "z"]}, "'x' of dtype .* has no bounds"),
        ("object", {"bounds": [0, 1]}, "'x' of dtype object has no bounds"),
        ("bool", {"bounds": [0, 1]}, "'x' of dtype bool has no bounds"),
        ("bool", {"categories": [0, 1]}, "holds no 0"),
        ("str", {"categories": [0, 1]}, "holds no 0"),
        ("int64", {"categories": ["a"]}, "'x' holds numbers; 'a'"),
        ("int64", {"bounds": ["a", "b"]}, "'x' holds numbers; 'a'"),
        ("int64", {"bounds": [0, 9], "step": 0.5}, "'x' holds integers"),
        ("int64", {"bounds": [0.1, 0.9]}, "No int64 lies within"),
        ("uint8", {"bounds": [300, 400]}, "No uint8 lies within"),
        ("float64", {"bounds": [0, 9], "step": "1D"}, "'x' holds numbers; '1D'"),
        ("datetime64[ns]", {"categories": ["2020"]}, "declare its 'bounds'"),
        ("datetime64[ns]", {"bounds": [2020, 2021]}, "2020 in its domain is a number"),
        (
            "datetime64[ns]",
            {"bounds": ["a", "b"]},
            "datetime column 'x' cannot be read",
        ),
        ("datetime64[ns]", {"bounds": ["2021-01", "2021-01"], "scale": "log"}, "'log'"),
        ("datetime64[ns]", {"bounds": ["2020-12", "2020-2"]}, "is above the upper one"),
        ("complex128", {}, "complex"),
    ],
)
def test_declarations_that_do_not_suit_the_dtype_are_refused(
    dtype, declaration, message
):
    with pytest.raises(ValueError, match=message):
        suited(dtype, **declaration)


def test_the_largest_floats_have_a_finite_distance():
    low, high = suited("float64", bounds=[-1e308, 1e308]).bounds
    assert np.isfinite(high - low)
