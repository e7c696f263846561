import json
from collections import OrderedDict

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

from fairsample.encoding.json_values import value_from_json, value_to_json


def through_bytes(value):
    """Write a value to bytes, and read it."""
    arrays = {}
    text = json.dumps(value_to_json(value, arrays, "value"), allow_nan=False)
    return value_from_json(json.loads(text), load(save(arrays)))


def check_array(again, array):
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.flags.writeable
    if array.dtype == object:
        assert list(map(type, again.flat)) == list(map(type, array.flat))
        assert list(map(repr, again.flat)) == list(map(repr, array.flat))
    else:
        assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        [1, [2.5, "a"], None, True],
        (),
        ("F", ("nested", 1)),
        {},
        {"a": {"missing": "NaT"}, "b": {"dict": [1]}},
        {("F", 1): 3, 2: (4,), "a": []},
        OrderedDict([("b", 1), ("a", 2)]),
        OrderedDict([((("F", 3), 1), 0)]),
        [[["DX:428"], []], [[]]],
        {"deep": [{"deeper": ({1: 2},)}]},
    ],
    ids=repr,
)
def test_containers_come_back(value):
    again = through_bytes(value)
    assert again == value
    assert type(again) is type(value)
    assert repr(again) == repr(value)


ARRAYS = [
    np.array([0.1, -0.0, np.nan, np.inf]),
    np.array([[1, 2], [3, 4]], dtype=np.int8).T,
    np.arange(10, dtype=np.uint64)[::3],
    np.array([1, 2], dtype=">i4"),
    np.array([1.5, 2], dtype=np.float16),
    np.array([True, False]),
    np.array(3.5),
    np.empty((0, 3), dtype=np.float32),
    np.array(["no", "äöü"]),
    np.array([b"no", b"\x00yes"]),
    np.array(["2024-02-29", "NaT"], dtype="M8[D]"),
    np.array([1, 2], dtype="m8[s]"),
    np.array([0.1], dtype=np.longdouble),
    np.array([1 + 2j]),
    np.array([1, "a", None, np.nan, True, ("t", 1), np.int8(3)], dtype=object),
    np.array([["a", 1], ["b", 2]], dtype=object),
    np.array([], dtype=object),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: array.dtype.str)
def test_arrays_come_back(array):
    check_array(through_bytes(array), array)


def test_arrays_are_called_after_their_place():
    arrays = {}
    value = {"a.b": np.zeros(1), "a": {"b": np.ones(1)}, "c": [np.ones(2)]}
    stored = value_to_json(value, arrays, "net")
    assert list(arrays) == ["net.a.b", "net.a.b'", "net.c.0"]
    again = value_from_json(stored, arrays)
    assert (again["a.b"][0], again["a"]["b"][0]) == (0, 1)


def test_arrays_are_copied():
    arrays = {}
    array = np.zeros(2)
    stored = value_to_json(array, arrays, "a")
    array[0] = 1
    again = value_from_json(stored, arrays)
    again[1] = 1
    assert arrays["a"].tolist() == [0, 0]


VISITS = pd.Series([[["DX:428", "RX:1"], []], [["DX:250"]], [[]]])
PARQUET_VISITS = pd.Series(
    [np.array([np.array(["a", "b"], dtype=object)] + [None], dtype=object)]
)
SERIES = {
    "int8": pd.Series([1, 2], dtype="int8"),
    "float32": pd.Series([0.1, None], dtype="float32"),
    "nullable": pd.Series([1, None, 2**62 + 1], dtype="Int64"),
    "Float32": pd.Series([0.1, None], dtype="Float32"),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "str": pd.Series(["b", None, "a", "b"], dtype="str"),
    "string": pd.Series(["b", None, "a", "b"], dtype="string[python]"),
    "object": pd.Series(["b", None, np.nan, pd.NA, 1, 1.0, True], dtype=object),
    "dates": pd.Series([pd.Timestamp("2024").date()], dtype=object),
    "ordered": pd.Series(
        pd.Categorical(["b", None, "a"], categories=["b", "c", "a"], ordered=True)
    ),
    "unordered": pd.Series(pd.Categorical([30, 10, 30], categories=[30, 20, 10])),
    "intervals": pd.cut(pd.Series([1, 5, 9]), [-np.inf, 3, 6, 10]),
    "datetime": pd.Series(pd.to_datetime(["2024-02-29 01:02:03", None])),
    "zoned": pd.Series(
        pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"], utc=True)
    ).dt.tz_convert("Europe/Paris"),
    "timedelta": pd.Series(pd.to_timedelta([1, None], unit="s")),
    "period": pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
    "sparse": pd.Series([0.0, 1.5, np.nan], dtype=pd.SparseDtype(float, 0)),
    "visits": VISITS,
    "tuples": pd.Series([(("a",), ["b"])], dtype=object),
}


@pytest.mark.parametrize("n_rows", [0, None], ids=["empty", "full"])
@pytest.mark.parametrize("name", SERIES)
def test_series_come_back(name, n_rows):
    series = SERIES[name].iloc[:n_rows].rename(name)
    again = through_bytes(series)
    pd.testing.assert_series_equal(again, series, check_index_type="exact")
    assert list(map(type, again)) == list(map(type, series))
    if isinstance(series.dtype, pd.CategoricalDtype):
        pd.testing.assert_index_equal(again.cat.categories, series.cat.categories)


def test_cells_that_are_arrays_come_back():
    (again,) = through_bytes(PARQUET_VISITS)
    assert again[0].tolist() == ["a", "b"]
    assert again[0].dtype == object
    assert again[1] is None


@pytest.mark.parametrize("name", ["int32", "double", "string", "date32"])
def test_arrow_columns_come_back(name):
    pyarrow = pytest.importorskip("pyarrow")
    values = {"string": ["a", None], "date32": [pd.Timestamp("2024").date(), None]}
    dtype = pd.ArrowDtype(getattr(pyarrow, name.replace("double", "float64"))())
    series = pd.Series(values.get(name, [1, None]), dtype=dtype)
    pd.testing.assert_series_equal(through_bytes(series), series)


def test_nested_arrow_columns_are_refused():
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pyarrow.list_(pyarrow.string()))
    frame = pd.DataFrame({"visits": pd.Series([["a"]], dtype=dtype)})
    with pytest.raises(ValueError, match="'visits'.*to object"):
        value_to_json(frame, {}, "frame")


INDEXES = [
    pd.RangeIndex(3, 9, 2, name="row"),
    pd.Index([3, 1]),
    pd.Index(["a", "b"], name=("x", 1)),
    pd.Index(["a", 1, ("b", 2)], dtype=object, tupleize_cols=False),
    pd.Index([], dtype=object),
    pd.CategoricalIndex(["a", "b"], categories=["b", "a"]),
    pd.IntervalIndex.from_breaks([0, 1, 2]),
    pd.DatetimeIndex(["2024-01-05", "2024-01-01"], name="day"),
    pd.MultiIndex.from_tuples([("F", 1), ("M", 2)], names=["sex", None]),
    pd.MultiIndex.from_arrays([["F", "M"]], names=["sex"]),
]


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: type(index).__name__)
def test_indexes_come_back(index):
    pd.testing.assert_index_equal(through_bytes(index), index, exact=True)


def test_frames_come_back():
    columns = {name: s for name, s in SERIES.items() if len(s) == 2 or len(s) == 3}
    frame = pd.concat(columns, axis=1).iloc[:2].set_axis([7, 5])
    assert frame.shape[1] > 10
    again = through_bytes(frame)
    pd.testing.assert_frame_equal(again, frame, check_index_type="exact")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(index=[3, 1]),
        pd.DataFrame(np.eye(2)),
        pd.DataFrame([[1, 2]], columns=["twice", "twice"]),
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", 1)])),
        pd.DataFrame({"n": [1]}).iloc[:0],
    ],
)
def test_frames_of_odd_shape_come_back(frame):
    again = through_bytes(frame)
    pd.testing.assert_frame_equal(
        again, frame, check_index_type="exact", check_column_type="exact"
    )


@pytest.mark.parametrize(
    "stream",
    [np.random.RandomState(3), np.random.RandomState(np.random.PCG64(3))],
    ids=["MT19937", "PCG64"],
)
def test_streams_go_on_where_they_were(stream):
    stream.normal()
    again = through_bytes(stream)
    assert again.normal(size=700).tolist() == stream.normal(size=700).tolist()
    assert again.randint(9, size=7).tolist() == stream.randint(9, size=7).tolist()


@pytest.mark.parametrize("dtype", [np.dtype(">f4"), pd.Int64Dtype()], ids=str)
def test_dtypes_come_back(dtype):
    assert through_bytes(dtype) == dtype


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, [lambda: 0], np.array([(1, 2.0)], dtype="i4,f8"), int],
    ids=["object", "set", "function", "structured", "type"],
)
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="cannot be stored"):
        value_to_json(value, {}, "value")


def test_an_unknown_tag_is_refused():
    with pytest.raises(ValueError, match="pickle"):
        value_from_json({"pickle": "gASV"}, {})
