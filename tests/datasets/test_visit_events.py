import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fairsample.datasets import visit_events
from fairsample.datasets.visit_events import VisitEvents
from fairsample.encoding import LabBins

NAMES = ["DX:2", "DX:1", "DX:2", "RX:a"]
VISIT = np.array([0, 0, 0, 2])
PATIENT = np.array([0, 0, 1])


def events_with(codes, chunks=1):
    events = VisitEvents(3)
    for part in np.array_split(np.arange(4), chunks):
        events.add_codes(VISIT[part], codes(part))
    return events


@pytest.mark.parametrize("chunks", [1, 2, 4])
@pytest.mark.parametrize(
    "form",
    [
        lambda names: np.array(names, dtype=object),
        pd.Categorical,
        lambda names: pa.array(names).dictionary_encode(),
        lambda names: pd.Series(names, index=[5] * len(names)),
    ],
)
def test_a_visit_is_a_sorted_set_whatever_the_form(form, chunks, monkeypatch):
    monkeypatch.setattr(visit_events, "_FEWEST_WAITING", 1)
    events = events_with(lambda part: form([NAMES[i] for i in part]), chunks)
    histories, bins, dropped = events.to_visits(PATIENT)
    assert histories == [[["DX:1", "DX:2"], []], [["RX:a"]]]
    assert (bins, dropped) == (None, {})


def test_visits_that_are_left_out_leave_no_trace():
    events = events_with(lambda part: np.array(NAMES, dtype=object)[part])
    events.add_results(np.array([0, 2]), np.array(["K", "K"]), [1.0, 2.0])
    histories, bins, _ = events.to_visits(np.array([-1, 0, 1]), min_code_patients=1)
    assert histories == [[[]], [["LAB:K:0", "RX:a"]]]
    assert bins.edges_["low"].tolist() == [2.0]


def test_rare_codes_and_other_prefixes_are_dropped_and_counted():
    events = VisitEvents(3)
    events.add_codes(np.array([0, 1, 2, 2]), np.array(["DX:1", "DX:1", "DX:1", "PX:7"]))
    events.add_codes(np.array([0, 1]), np.array(["RX:a", "RX:a"]))
    histories, _, dropped = events.to_visits(
        PATIENT, min_code_patients=2, code_prefixes=["DX", "RX"]
    )
    assert histories == [[["DX:1"], ["DX:1"]], [["DX:1"]]]
    assert dropped == {
        "codes with other prefixes": 1,
        "codes of fewer than 2 patients": 1,
    }


def test_codes_of_results_are_those_of_the_bins():
    rng = np.random.default_rng(0)
    events, values = VisitEvents(600), rng.normal(size=600)
    tests = np.where(np.arange(600) % 3 == 0, "Na", "K")
    events.add_results(np.arange(600), tests, values)
    histories, bins, _ = events.to_visits(np.arange(600), n_bins=5)
    assert [codes for ((codes,),) in histories] == bins.encode(tests, values)
    expected = LabBins(n_bins=5).fit(tests, values)
    assert bins.edges_.equals(expected.edges_)


def test_given_bins_are_used_and_other_tests_counted():
    bins = LabBins().fit({"K": [1.0, 2.0, 3.0]})
    events = VisitEvents(3)
    events.add_results(np.arange(3), np.array(["K", "K", "Na"]), [9.0, 1.0, 5.0])
    histories, same, dropped = events.to_visits(PATIENT, labs=bins)
    assert histories == [[["LAB:K:2"], ["LAB:K:0"]], [[]]]
    assert same is bins
    assert dropped == {"tests not in the given bins": 1}
    for labs in (None, (), []):
        assert events.to_visits(PATIENT, labs=labs)[:2] == ([[[], []], [[]]], None)


def test_imputed_values_get_the_bins_of_the_measured_ones():
    events = VisitEvents(4)
    events.add_results(np.array([0, 2]), np.array(["K", "K"]), [1.0, 3.0])
    patient = np.array([0, 0, 1, 1])
    forward = [["LAB:K:0"], ["LAB:K:0"]], [["LAB:K:1"], ["LAB:K:1"]]
    histories, bins, _ = events.to_visits(patient, imputation="forward")
    assert histories == list(forward)
    assert bins.edges_["n_values"].tolist() == [1, 1]


def test_bins_that_tell_no_shares_give_medians():
    bins = LabBins().fit({"K": [1.0, 2.0, 2.0, 3.0]})
    events = VisitEvents(4)
    events.add_results(np.array([1, 2]), np.array(["K", "K"]), [3.0, 3.0])
    patient = np.array([0, 0, 1, 1])
    histories, _, _ = events.to_visits(patient, labs=bins, imputation="forward_median")
    assert histories == [[["LAB:K:1"], ["LAB:K:2"]], [["LAB:K:2"], ["LAB:K:2"]]]


def test_visits_with_a_code():
    events = events_with(lambda part: np.array(NAMES, dtype=object)[part])
    assert events.visits_with(["DX:"]).tolist() == [0]
    assert events.visits_with("RX").tolist() == [2]
    assert events.visits_with(["none"]).tolist() == []


@pytest.mark.parametrize(
    "call",
    [
        lambda events: events.add_codes([3], ["a"]),
        lambda events: events.add_codes([-1], ["a"]),
        lambda events: events.add_codes([0, 1], ["a"]),
        lambda events: events.add_codes([0], np.array([None])),
        lambda events: events.add_results([0], ["K"], [np.nan]),
        lambda events: events.to_visits([0]),
        lambda events: events.to_visits(PATIENT, imputation="backward"),
    ],
)
def test_what_is_refused(call):
    with pytest.raises(ValueError):
        call(VisitEvents(3))
