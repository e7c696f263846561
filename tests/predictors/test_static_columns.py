import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from fairsample.predictors.static_columns import StaticColumnEncoder


def _encode(encoder, X):
    encoded = encoder.transform(X)
    encoded = encoded.toarray() if sp.issparse(encoded) else encoded
    return pd.DataFrame(encoded, columns=encoder.get_feature_names_out(), index=X.index)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, 3, 6]),
        pd.Series([1, 2, 3, 6], dtype="float32"),
        pd.Series([1, 2, 3, 6], dtype="Int64"),
        pd.Series([1, 2, 3, 6], dtype="UInt8"),
        pd.Series([False, True, True, True]),
        pd.Series([False, True, True, True], dtype="boolean"),
        pd.Series(
            pd.to_datetime(["2020-01-01", "2020-01-02", "2020-03-01", "2021-01-01"])
        ),
        pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"] * 2, utc=True)),
        pd.Series(pd.to_timedelta([1, 2, 3, 6], unit="h")),
        pd.Series(pd.arrays.SparseArray([1.0, 0.0, 0.0, 6.0])),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_are_scaled(column):
    X = column.to_frame("c")
    encoded = _encode(StaticColumnEncoder().fit(X), X)
    assert encoded.columns.tolist() == ["c"]
    assert encoded["c"].mean() == pytest.approx(0, abs=1e-12)
    assert encoded["c"].std(ddof=0) == pytest.approx(1)
    plain = np.asarray(column.astype("int64" if column.dtype.kind in "mM" else float))
    assert np.corrcoef(encoded["c"], plain)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None, 3, 3], dtype="Int64"),
        pd.Series([1, np.nan, 3, 3]),
        pd.Series([True, None, False, False], dtype="boolean"),
        pd.Series(pd.to_datetime(["2020", None, "2022", "2022"])),
    ],
    ids=lambda column: str(column.dtype),
)
def test_missing_numbers_are_indicated_and_imputed(column):
    X = column.to_frame("c")
    encoded = _encode(StaticColumnEncoder().fit(X), X)
    assert encoded.notna().all(axis=None)
    indicator = encoded["missingindicator_c"]
    assert indicator.iloc[1] > 0
    assert (indicator.drop(1) < 0).all()


@pytest.mark.parametrize("dtype", [object, "str", "category", "string"])
def test_categories_one_hot_with_missing_apart_and_unknown_zero(dtype):
    X = pd.DataFrame({"c": pd.Series(["b", "a", None], dtype=dtype)})
    encoder = StaticColumnEncoder().fit(X)
    encoded = _encode(encoder, X)
    assert encoded.columns.tolist() == ["c_a", "c_b", "c_nan"]
    assert encoded.to_numpy().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    unknown = pd.DataFrame({"c": pd.Series(["z"], dtype=dtype)})
    assert _encode(encoder, unknown).to_numpy().tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("dtype", [object, "str", "category", "string"])
def test_categories_that_are_all_missing_later(dtype):
    X = pd.DataFrame({"c": pd.Series(["b", "a", None], dtype=dtype)})
    encoder = StaticColumnEncoder().fit(X)
    assert _encode(encoder, X[2:]).to_numpy().tolist() == [[0, 0, 1]]
    encoder = StaticColumnEncoder().fit(X[:2])
    assert _encode(encoder, X[2:]).to_numpy().tolist() == [[0, 0]]


def test_objects_that_cannot_be_compared():
    X = pd.DataFrame({"c": pd.Series([1, "a", (2, 3), None], dtype=object)})
    assert _encode(StaticColumnEncoder().fit(X), X).to_numpy().sum() == 4


def test_all_missing_column_stays_harmless():
    X = pd.DataFrame({"c": [np.nan, np.nan], "d": [1.0, 2.0]})
    encoded = _encode(StaticColumnEncoder().fit(X), X)
    assert (encoded["c"] == 0).all()


def test_numeric_column_that_turns_into_text():
    encoder = StaticColumnEncoder().fit(pd.DataFrame({"age": [1, 2]}))
    with pytest.raises(ValueError, match="Column 'age' was numeric"):
        encoder.transform(pd.DataFrame({"age": ["old", "young"]}))


def test_integer_column_names_clone_and_pickle():
    X = pd.DataFrame({0: [1.0, 2.0], 1: ["a", "b"]})
    encoder = StaticColumnEncoder().fit(X)
    expected = _encode(encoder, X)
    pd.testing.assert_frame_equal(
        _encode(pickle.loads(pickle.dumps(encoder)), X), expected
    )
    pd.testing.assert_frame_equal(_encode(clone(encoder).fit(X), X), expected)
    assert X.columns.tolist() == [0, 1]
