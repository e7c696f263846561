import pandas as pd
import pytest

from fairsample.table_form import TableForm


@pytest.fixture
def X():
    return pd.DataFrame(
        {"n": [1, 2, 3], "level": pd.Categorical(list("aba"), categories=list("abc"))}
    )


def test_rows_of_the_same_form_pass(X):
    form, frame = TableForm.read(X)
    form.check(frame.iloc[[2, 0]], n_rows=2)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: rows.astype({"n": float}), "column 'n' as dtype"),
        (
            lambda rows: rows.assign(level=pd.Categorical(list("aba"))),
            "column 'level' as Categorical",
        ),
        (lambda rows: rows[["level", "n"]], r"drew the columns \['level', 'n'\]"),
        (lambda rows: rows.drop(columns="n"), r"drew the columns \['level'\]"),
    ],
)
def test_rows_of_another_form_are_a_fault_of_the_generator(X, spoil, message):
    form, frame = TableForm.read(X)
    with pytest.raises(TypeError, match=message):
        form.check(spoil(frame), n_rows=3)


def test_too_few_rows_are_a_fault_of_the_generator(X):
    form, frame = TableForm.read(X)
    with pytest.raises(ValueError, match="3 rows instead of 4"):
        form.check(frame, n_rows=4)


def test_list_of_rows_keeps_the_type_of_each_column():
    form, frame = TableForm.read([["F", 1], ["M", 2]])
    assert frame[1].dtype == "int64"
    assert form.append([["F", 1], ["M", 2]], frame) == [["F", 1], ["M", 2]] * 2
