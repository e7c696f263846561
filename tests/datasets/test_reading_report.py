import warnings

import pytest

from fairsample.datasets import ReadingReport
from fairsample.validation import DataWarning


@pytest.fixture
def report():
    report = ReadingReport()
    report.add_rows("LABS", 5, {"no number": 2, "unparseable time": 0})
    report.add_rows("LABS", 4, {"no number": 1, "malformed line": 1})
    report.add_rows("<b>", 1)
    report.add_patients(3)
    report.leave_out_patients("too young", 1)
    report.add_codes({"codes of fewer than 2 patients": 1_200})
    return report


def test_rows_read_are_those_used_and_those_of_all_reasons(report):
    counts = report.to_frame()["n"]
    assert counts["LABS"].to_dict() == {
        "read": 9,
        "used": 5,
        "no number": 3,
        "malformed line": 1,
    }
    assert counts["patients"].to_dict() == {"found": 3, "kept": 2, "too young": 1}
    assert report.n_used("LABS") == 5
    assert report.n_patients == 2


def test_words(report):
    assert repr(report).splitlines() == [
        "LABS: 9 rows read, 5 used; 3 no number, 1 malformed line.",
        "<b>: 1 rows read, 1 used.",
        "Patients: 3 found, 2 kept; 1 too young.",
        "Dropped: 1,200 codes of fewer than 2 patients.",
    ]


def test_html_is_escaped(report):
    page = report._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "1,200" in page


def test_only_what_could_not_be_read_is_warned_of(report):
    with pytest.warns(DataWarning, match="LABS: 1 malformed line.") as told:
        report.warn_of_faults()
    assert len(told) == 1
    assert told[0].filename == __file__
    sound = ReadingReport()
    sound.add_rows("LABS", 5, {"no number": 2})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sound.warn_of_faults()
