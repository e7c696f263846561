import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from fairsample.target_form import TargetForm


@pytest.mark.parametrize(
    ("y", "name"),
    [
        ([0, 1, 0], "y"),
        (np.array([0, 1, 0]), "y"),
        (pd.Series([0, 1, 0]), "y"),
        (pd.Series([0, 1, 0], name="died"), "died"),
        (pd.DataFrame({"died": [0, 1, 0]}), "died"),
        (pd.DataFrame({"no": [1, 0, 1], "yes": [0, 1, 0]}), "y"),
    ],
)
def test_codes_and_name(y, name):
    form, codes = TargetForm.read(y)
    assert codes.tolist() == [0, 1, 0]
    assert form.name == name
    assert form.labels == [0, 1]


def test_classes_are_sorted_by_value_not_by_category():
    y = pd.Series(["b", "a"], dtype=pd.CategoricalDtype(["b", "a", "c"]))
    form, codes = TargetForm.read(y)
    assert form.labels == ["a", "b"]
    assert codes.tolist() == [1, 0]
    assert form.write(np.array([0, 0])).tolist() == ["a", "a"]


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "bool", "int8"])
def test_labels_are_plain_python_values(dtype):
    form, _ = TargetForm.read(pd.Series([0, 1, 1], dtype=dtype))
    assert form.classes.dtype.kind in "ib"
    assert not any(isinstance(label, np.generic) for label in form.labels)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "got None"),
        ([0, None, 1], "missing values"),
        ([0.0, np.nan, 1.0], "missing values"),
        (pd.Series([0, pd.NA, 1], dtype="Int64"), "missing values"),
        ([0.1, 0.2, 0.3], "Unknown label type"),
        (np.array([[1, 1], [0, 1]]), "Multilabel and multioutput"),
        (csr_array([[1, 0], [0, 1]]), "sparse"),
    ],
)
def test_what_is_no_target(y, message):
    with pytest.raises(ValueError, match=message):
        TargetForm.read(y)
