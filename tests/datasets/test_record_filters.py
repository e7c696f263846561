import pandas as pd
import pytest

from fairsample.datasets import ReadingReport, RecordFilters
from fairsample.datasets.visit_table import VisitTable


@pytest.fixture
def table():
    start = pd.to_datetime(["2100-01-01", "2100-02-01", "2100-03-01", "2101-01-01"])
    visits = pd.DataFrame({"patient": [0, 0, 0, 1], "start": start, "end": start})
    return VisitTable(pd.DataFrame(index=["a", "b", "c"]), visits)


BIRTH = pd.Series(pd.to_datetime(["2082-02-15", "1801-01-01", None]), index=list("abc"))


def test_numbers_of_visits(table):
    reading = ReadingReport()
    kept = RecordFilters(min_visits=2, max_visits=2).to_visits(table, reading)
    assert kept.patients.index.tolist() == ["a"]
    assert kept.visits["start"].tolist() == table.visits["start"].tolist()[1:3]
    assert reading.patients["with fewer than 2 visits shown"] == 2
    again = RecordFilters(min_visits=2, max_visits=2).to_visits(kept, reading)
    assert again.visits.equals(kept.visits)


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        ((None, None), ["a", "b"]),
        ((17, None), ["a", "b"]),
        ((18, None), ["b"]),
        ((None, 17), ["a"]),
        ((None, 17.5), []),
        ((90, 90), ["b"]),
        ((None, 89), ["a"]),
    ],
)
def test_age_at_the_first_visit_shown(table, age, kept):
    reading = ReadingReport()
    found = RecordFilters(age=age).to_visits(table, reading, birth=BIRTH, oldest=90)
    assert found.patients.index.tolist() == kept
    last = RecordFilters(age=age, max_visits=1).to_visits(
        table, reading, birth=BIRTH, oldest=90
    )
    if age == (18, None):  # a birthday between the first visit and the last
        assert last.patients.index.tolist() == ["a", "b"]


def test_of_takes_dicts_and_names_what_is_unknown():
    filters = RecordFilters.of({"with_codes": "DX:428", "age": [18, None]})
    assert filters.with_codes == ("DX:428",)
    assert RecordFilters.of(filters) is filters
    assert RecordFilters.of(None) == RecordFilters()
    with pytest.raises(ValueError, match="Unknown filters: 'ages'. There are 'age'"):
        RecordFilters.of({"ages": (1, 2)})
    with pytest.raises(ValueError, match="cannot answer the filters 'age'"):
        RecordFilters.of({"age": (1, 2)}, cannot_answer=["age", "first_icu_stay"])
    assert RecordFilters.of({"age": (None, None)}, cannot_answer=["age"])


@pytest.mark.parametrize(
    "fields",
    [
        {"age": 18},
        {"age": (50, 40)},
        {"age": ("old", None)},
        {"min_visits": 0},
        {"first_icu_stay": "no"},
        {"first_icu_stay": 1},
        {"first_icu_stay": None},
        {"max_visits": 0},
        {"min_visits": 1.5},
        {"code_prefixes": []},
        {"with_codes": [428]},
    ],
)
def test_out_of_range(fields):
    with pytest.raises(ValueError, match=f"Filter {next(iter(fields))}"):
        RecordFilters(**fields)
