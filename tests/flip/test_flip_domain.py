import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from resamplers import mixed_frame

from fairsample.flip.conforming import conform
from fairsample.flip.domain import TableDomain

DECLARED = {
    "age": {"bounds": [17, 90]},
    "sex": {"categories": ["F", "M"], "missing": False},
}


def test_a_dict_a_file_and_text_say_the_same(tmp_path):
    domain = TableDomain(DECLARED)
    path = tmp_path / "domain.json"
    path.write_text(json.dumps(domain.to_json()))
    assert TableDomain(path) == domain
    assert TableDomain(str(path)) == domain
    assert TableDomain(path.read_text()) == domain
    assert TableDomain(domain) == domain
    assert TableDomain(DECLARED | {"age": {"bounds": [17, 91]}}) != domain


@pytest.mark.parametrize("names", [[0, 1], [("a", 1), ("a", 2)], ["age", 1]])
def test_names_of_any_type_come_back_from_json(names):
    domain = TableDomain(dict(zip(names, DECLARED.values(), strict=True)))
    assert TableDomain(json.dumps(domain.to_json())) == domain


def test_copies_are_equal():
    domain = TableDomain(DECLARED)
    assert pickle.loads(pickle.dumps(domain)) == domain == copy.deepcopy(domain)
    assert eval(repr(domain), {"TableDomain": TableDomain}) == domain


@pytest.mark.parametrize(
    "columns, message",
    [
        (3, "A domain is a dict"),
        ("{age: 3}", "is no JSON"),
        ({"age": {"bounds": [9, 1]}}, "'age'"),
    ],
)
def test_what_is_no_domain_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        TableDomain(columns)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError):
        TableDomain(tmp_path / "none.json")


def test_a_public_frame_lies_within_its_own_domain():
    frame, _ = mixed_frame()
    domain = TableDomain.from_frame(frame)
    expected = frame.assign(object=frame["object"].fillna(np.nan))
    pd.testing.assert_frame_equal(conform(frame, domain), expected)


def test_from_frame_reads_bounds_steps_and_categories():
    frame = pd.DataFrame(
        {
            "dose": [0.5, 2.0, 1.0],
            "code": [3, 1, 1],
            "grade": pd.Categorical(["b", "a", None], categories=["c", "b", "a"]),
            "noise": np.random.RandomState(0).normal(size=3),
        }
    )
    domain = TableDomain.from_frame(frame, listed=["code"])
    assert domain["dose"].bounds == (0.5, 2.0) and domain["dose"].step == 0.5
    assert domain["code"].categories == (1, 3)
    assert domain["grade"].categories == ("c", "b", "a") and domain["grade"].missing
    assert domain["noise"].step is None
    assert json.loads(json.dumps(domain.to_json())) == domain.to_json()


def test_a_public_column_without_values_is_refused():
    with pytest.raises(ValueError, match="'x' has no value in the public table"):
        TableDomain.from_frame(pd.DataFrame({"x": [None, np.nan]}, dtype=float))


def test_a_frame_is_covered_in_its_own_order_and_nothing_is_read():
    frame = pd.DataFrame({"sex": ["?"], "smokes": [True], "age": [1000]})
    domain = TableDomain(DECLARED).for_frame(frame)
    assert list(domain) == ["sex", "smokes", "age"]
    assert domain["smokes"].categories == (False, True)
    assert domain == TableDomain(DECLARED).for_frame(frame.iloc[:0])


def test_declared_columns_that_the_frame_lacks_are_named():
    with pytest.raises(ValueError, match="declares 'age', which the table does not"):
        TableDomain(DECLARED).for_frame(pd.DataFrame({"sex": ["F"], "Age": [3]}))
    twice = pd.DataFrame([[1, 2]], columns=["age", "age"])
    with pytest.raises(ValueError, match="'age' occurs more than once"):
        TableDomain().for_frame(twice)


def test_a_list_that_is_no_domain_is_refused():
    with pytest.raises(ValueError, match="A domain is a dict"):
        TableDomain("[1]")
