import json

import numpy as np
import pandas as pd
import pytest

from fairsample.flip.column_domain import ColumnDomain

DECLARATIONS = [
    {"bounds": [17, 90]},
    {"bounds": [0.5, 1.5], "step": 0.1, "missing": True, "scale": "log"},
    {"categories": ["F", "M"], "missing": False},
    {"categories": [1, True, "1", 2.5]},
    {"bounds": [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")], "step": "1D"},
    {"bounds": ["2020-01-01", "2021-01-01"], "step": pd.Timedelta(1, "h")},
    {"missing": True},
    {},
]


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_a_declaration_comes_back_from_json(declaration):
    column = ColumnDomain.from_declaration("x", declaration)
    text = json.dumps(column.to_json())
    assert ColumnDomain.from_declaration("x", json.loads(text)) == column


def test_plain_declarations_are_written_as_they_were_given():
    declaration = {"bounds": [17, 90], "missing": False, "step": 1}
    assert ColumnDomain.from_declaration("x", declaration).to_json() == declaration


def test_numbers_of_numpy_become_pythons():
    column = ColumnDomain.from_declaration("x", {"bounds": np.array([1, 5])})
    assert [type(bound) for bound in column.bounds] == [int, int]


@pytest.mark.parametrize(
    "declaration, message",
    [
        ([17, 90], "'x' is a dict"),
        ({"bound": [17, 90]}, "unknown keys: 'bound'"),
        ({"bounds": [90, 17]}, "lower bound 90 of column 'x' is above the upper one"),
        ({"bounds": [17]}, "bounds of column 'x' are two"),
        ({"bounds": "17"}, "bounds of column 'x' are two"),
        ({"bounds": 17}, "bounds of column 'x' are two"),
        ({"bounds": [0, float("inf")]}, "finite values, not inf"),
        ({"bounds": [float("nan"), 1]}, "finite values, not nan"),
        ({"bounds": [False, True]}, "finite values, not False"),
        ({"bounds": [0, "9"]}, "of two types"),
        ({"categories": []}, "'x' are empty"),
        ({"categories": "FM"}, "'x' are a list"),
        ({"categories": ["F", "M", "F"]}, "'F' of column 'x' is repeated"),
        ({"categories": [1, 1.0]}, "1.0 of column 'x' is repeated"),
        ({"categories": ["F", None]}, "None is no category of column 'x'"),
        ({"categories": [["F"]]}, "no value of a table"),
        ({"categories": ["F"], "bounds": [0, 1]}, "both 'categories' and 'bounds'"),
        ({"categories": [1, 2], "step": 1}, "both 'categories' and 'step'"),
        ({"bounds": [0, 1], "missing": "yes"}, "'missing' of column 'x'"),
        ({"bounds": [0, 1], "scale": "sqrt"}, "scale of column 'x'"),
        ({"bounds": [0, 1], "step": 0}, "step of column 'x'"),
        ({"bounds": [0, 1], "step": -0.5}, "step of column 'x'"),
        ({"bounds": [0, 1], "step": True}, "step of column 'x'"),
        ({"bounds": [0, 1], "step": "daily"}, "step of column 'x'"),
        ({"bounds": [0, 1], "step": float("nan")}, "step of column 'x'"),
    ],
)
def test_contradictions_are_refused_by_name(declaration, message):
    with pytest.raises(ValueError, match=message):
        ColumnDomain.from_declaration("x", declaration)
