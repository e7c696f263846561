import numpy as np
import pandas as pd
import pytest

from fairsample.datasets import ReadingReport
from fairsample.datasets.record_bunch import record_bunch
from fairsample.datasets.visit_events import VisitEvents
from fairsample.datasets.visit_table import VisitTable

DEFAULTS = {
    "filters": None,
    "sensitive": "race",
    "target": "died",
    "target_names": ["alive", "died"],
}


@pytest.fixture
def bunch_of():
    """Make a data set of three patients with four visits."""
    start = pd.to_datetime(["2100-01-01", "2100-02-01", "2100-03-01", "2101-01-01"])
    visits = pd.DataFrame({"patient": [0, 0, 1, 1], "start": start, "end": start})
    patients = pd.DataFrame(
        {
            "race": ["x", "y", "z"],
            "died": [0, 1, 1],
            "split": ["train", "test", "train"],
        },
        index=[10, 20, 30],
    )
    table = VisitTable(patients, visits)
    events = VisitEvents(4)
    events.add_codes(np.arange(4), np.array(["DX:428", "DX:1", "DX:2", "DX:1"]))

    def make(**options):
        return record_bunch(
            table,
            events,
            reading=ReadingReport(),
            description="Made up.",
            beside={"split": "split"},
            **DEFAULTS | options,
        )

    return make


def test_everything_is_aligned(bunch_of):
    bunch = bunch_of()
    assert bunch.data.to_dict("list") == {
        "race": ["x", "y"],
        "visits": [[["DX:428"], ["DX:1"]], [["DX:2"], ["DX:1"]]],
    }
    assert bunch.target.tolist() == [0, 1]
    assert bunch.patient_ids.tolist() == [10, 20]
    assert bunch.split.tolist() == ["train", "test"]
    assert bunch.frame.columns.tolist() == ["race", "visits", "died"]
    assert bunch.reading.patients["without a visit shown"] == 1
    X, y = bunch_of(return_X_y=True)
    assert X.equals(bunch.data)
    assert y.equals(bunch.target)


def test_filters_by_codes_and_visits(bunch_of):
    bunch = bunch_of(filters={"with_codes": ["DX:42"]})
    assert bunch.patient_ids.tolist() == [10]
    reason = "without a code that begins with DX:42"
    assert bunch.reading.patients[reason] == 2
    bunch = bunch_of(filters={"max_visits": 1})
    assert bunch.data["visits"].tolist() == [[["DX:1"]], [["DX:1"]]]
    bunch = bunch_of(filters={"code_prefixes": ["DX:4"]})
    assert bunch.data["visits"].tolist() == [[["DX:428"], []], [[], []]]


def test_rows_of_who_has_no_such_code_are_told_in_words(bunch_of):
    reading = bunch_of(filters={"with_codes": ["DX:42"]}).reading
    (note,) = reading.notes
    assert note.startswith("Rows of the 2 patients without a code that begins with")
    assert note in repr(reading)
    assert note in reading._repr_html_()
    assert bunch_of(filters={"with_codes": ["DX:"]}, target=None).reading.notes == [
        note.replace("the 2", "the 1").replace("DX:42", "DX:")
    ]
    assert bunch_of().reading.notes == []


def test_rare_codes_are_counted(bunch_of):
    bunch = bunch_of(min_code_patients=2)
    assert bunch.data["visits"].tolist() == [[[], ["DX:1"]], [[], ["DX:1"]]]
    assert bunch.reading.codes == {"codes of fewer than 2 patients": 2}


def test_nobody_left(bunch_of):
    with pytest.raises(
        ValueError, match="No patient is left(.|\n)*3 with fewer than 3"
    ):
        bunch_of(filters={"min_visits": 3})


def test_without_a_target(bunch_of):
    bunch = bunch_of(target=None, target_names=None)
    assert bunch.target is None
    assert bunch.target_names is None
    assert bunch.frame is bunch.data
