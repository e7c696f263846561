import numpy as np
import pandas as pd
import pytest

from fairsample.datasets import from_events
from fairsample.validation import DataWarning

EVENTS = pd.DataFrame(
    [
        ("b", "2100-01-05 10:00", "DX:1", None),
        ("a", "2100-01-03 23:00", "RX:late", None),
        ("a", "2100-01-01 08:00", "DX:428", None),
        ("a", "2100-01-01 09:00", "glucose", 7.0),
        ("a", "2100-01-01 22:00", "glucose", 9.0),
        ("a", "2100-01-01 08:00", "DX:428", None),
        ("b", "2100-01-05 10:00", "glucose", 5.0),
    ],
    columns=["patient", "time", "code", "value"],
)
DIED = pd.Series({"b": 0, "a": 1}, name="died")


def visits_of(bunch):
    return dict(zip(bunch.patient_ids, bunch.data["visits"], strict=True))


def test_days_on_which_something_happened():
    bunch = from_events(EVENTS)
    assert visits_of(bunch) == {
        "a": [["DX:428", "LAB:glucose:1"], ["RX:late"]],
        "b": [["DX:1", "LAB:glucose:0"]],
    }
    assert bunch.target is None


def test_hours_from_the_first_event_keep_empty_windows():
    visits = visits_of(from_events(EVENTS, visit=12))["a"]
    assert visits == [
        ["DX:428", "LAB:glucose:1"],
        ["LAB:glucose:2"],
        [],
        [],
        [],
        ["RX:late"],
    ]


def test_ids_of_visits_and_rows_without_one():
    ids = ["x", "y", "x", "x", None, "x", "x"]
    bunch = from_events(EVENTS.assign(stay=ids), visit="stay")
    assert visits_of(bunch)["a"] == [["DX:428", "LAB:glucose:1"], ["RX:late"]]
    assert bunch.reading.rows["events"] == {"read": 7, "no visit": 1}


def test_codes_that_begin_a_visit():
    begins = pd.DataFrame(
        [("a", "2100-01-01 22:00", "ADM:1"), ("a", "2100-01-03", "ADM:2")],
        columns=["patient", "time", "code"],
    )
    rows = [*EVENTS.to_dict("records"), *begins.to_dict("records")]
    events = pd.DataFrame(rows)
    assert visits_of(from_events(events, visit=["ADM:"]))["a"] == [
        ["DX:428", "LAB:glucose:1"],
        ["ADM:1", "LAB:glucose:2"],
        ["ADM:2", "RX:late"],
    ]


@pytest.mark.parametrize("visit", ["day", 5, ["RX:"]])
def test_nothing_after_the_prediction_time(visit):
    moments = pd.Series({"a": pd.Timestamp("2100-01-01 09:00")})
    bunch = from_events(EVENTS, visit=visit, target=DIED, prediction_times=moments)
    assert visits_of(bunch)["a"] == [["DX:428", "LAB:glucose:1"]]
    assert bunch.reading.rows["events"]["after the prediction time"] == 2
    assert dict(zip(bunch.patient_ids, bunch.target, strict=True)) == {"b": 0, "a": 1}


@pytest.mark.parametrize(
    ("lab_value", "value"),
    [("last", 9.0), ("first", 7.0), ("mean", 8.0), ("min", 7.0), ("max", 9.0)],
)
def test_one_value_for_a_visit_and_test(lab_value, value):
    bunch = from_events(EVENTS, lab_value=lab_value)
    code = visits_of(bunch)["a"][0][1]
    assert bunch.lab_bins.draw([code], random_state=0) == [value]


def test_the_order_and_the_index_of_the_rows_do_not_matter():
    shuffled = EVENTS.sample(frac=1, random_state=1)
    before = shuffled.copy(deep=True)
    assert from_events(shuffled).frame.equals(from_events(EVENTS).frame)
    pd.testing.assert_frame_equal(shuffled, before)


def test_bins_of_other_events_are_used():
    bins = from_events(EVENTS).lab_bins
    part = EVENTS[EVENTS["patient"] == "b"]
    assert visits_of(from_events(part, labs=bins)) == {"b": [["DX:1", "LAB:glucose:0"]]}


def test_static_columns_target_and_filters():
    static = pd.DataFrame(
        {"race": ["x", "y", "z"], "age": [70, 17, 40]}, index=["a", "b", "c"]
    )
    bunch = from_events(EVENTS, static=static, target=DIED, sensitive="race")
    assert bunch.data.drop(columns="visits").to_dict("list") == {
        "race": ["x", "y"],
        "age": [70, 17],
    }
    assert bunch.target.tolist() == [1, 0]
    assert bunch.target.name == "died"
    assert bunch.reading.patients["without a target"] == 1
    adults = from_events(EVENTS, static=static, filters={"age": (18, 70)})
    assert adults.patient_ids.tolist() == ["a"]
    assert adults.reading.patients == {
        "found": 3,
        "without a visit shown": 1,
        "younger than 18 years": 1,
    }
    assert adults.reading.rows["events"]["of a patient left out"] == 2


def test_visits_that_are_not_kept_are_counted():
    bunch = from_events(EVENTS, filters={"max_visits": 1})
    assert visits_of(bunch)["a"] == [["RX:late"]]
    assert bunch.reading.rows["events"]["outside the shown visits"] == 4
    bunch = from_events(EVENTS, filters={"min_visits": 2})
    assert bunch.patient_ids.tolist() == ["a"]


def test_unreadable_rows_are_counted_and_warned_of():
    events = EVENTS.astype(object)
    events.loc[0, "time"] = "soon"
    events.loc[3, "value"] = "high"
    events.loc[1, "code"] = None
    with pytest.warns(DataWarning, match="1 unparseable time, 1 unparseable number"):
        bunch = from_events(events)
    assert bunch.reading.rows["events"] == {
        "read": 7,
        "no code": 1,
        "unparseable time": 1,
        "unparseable number": 1,
    }


def test_time_zones_and_any_resolution():
    for unit in ("s", "ms", "us", "ns"):
        times = pd.to_datetime(EVENTS["time"]).astype(f"datetime64[{unit}]")
        frame = from_events(EVENTS.assign(time=times)).frame
        assert frame.equals(from_events(EVENTS).frame)
    zoned = pd.to_datetime(EVENTS["time"]).dt.tz_localize("Europe/Berlin")
    assert len(visits_of(from_events(EVENTS.assign(time=zoned)))["a"]) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": "when"}, "lacks the columns 'when'; it has 'patient'"),
        ({"sensitive": "race"}, "static has no column 'race'"),
        ({"labs": ["lactate"]}, "No event is a result of the tests 'lactate'"),
        ({"target": pd.Series({"a": 3})}, "target must be 0 or 1"),
        ({"target": pd.Series([0, 1], index=["a", "a"])}, "twice in the index"),
        ({"filters": {"age": (1, 2)}}, "cannot answer the filters 'age'"),
        ({"filters": {"first_icu_stay": True}}, "'first_icu_stay'"),
        ({"time": "value"}, "holds numbers, no times"),
        ({"lab_value": "median"}, "'lab_value' parameter"),
        ({"target": pd.Series({"z": 1})}, "No patient is left"),
        ({"target": pd.Series({"a": np.nan, "b": np.nan})}, "2 without a target"),
        ({"static": pd.DataFrame({"race": []})}, "No patient is left"),
        ({"events": EVENTS.iloc[:0]}, "No patient is left"),
        ({"visit": 1e300}, "'visit' parameter"),
        ({"visit": 1e-12}, "'visit' parameter"),
        ({"visit": [1]}, "beginnings of codes"),
        ({"visit": []}, "beginnings of codes"),
    ],
)
def test_wrong_parameters(changes, message):
    with pytest.raises(ValueError, match=message):
        from_events(**{"events": EVENTS} | changes)


def test_events_without_values():
    bunch = from_events(EVENTS.drop(columns="value"))
    assert bunch.lab_bins is None
    assert visits_of(bunch)["b"] == [["DX:1", "glucose"]]
    assert from_events(EVENTS, labs=None).lab_bins is None
    assert np.array_equal(bunch.data.columns, ["visits"])


@pytest.mark.parametrize("imputation", ["forward", "forward_median"])
def test_what_is_imputed_depends_on_no_other_patient_of_the_test_set(imputation):
    days = pd.to_datetime("2100-01-01") + pd.to_timedelta(range(8), unit="D")
    train = pd.DataFrame(
        {"patient": list("aabbccdd"), "time": days, "code": "K"}
    ).assign(value=[1, 2, 2, 2, 3, 3, 4, 4])
    rare = train.iloc[:1].assign(code="Li", value=9.0)
    first = from_events(pd.concat([train, rare]), imputation=imputation)
    again = from_events(
        pd.concat([train, rare]), imputation=imputation, labs=first.lab_bins
    )
    assert again.frame.equals(first.frame)
    one = pd.DataFrame(
        {"patient": "x", "time": days[:3], "code": ["DX:1", "Li", "DX:1"]}
    ).assign(value=[None, 9.0, None])
    alone = None
    for other in (None, 1.0, 4.0):
        y = train.iloc[:1].assign(patient="y", value=other)
        test = pd.concat([one, y] if other else [one])
        visits = visits_of(
            from_events(test, imputation=imputation, labs=first.lab_bins)
        )["x"]
        alone = visits if alone is None else alone
        assert visits == alone
    n_tests = {"forward": 0, "forward_median": 1}[imputation]
    assert [sum(c.startswith("LAB:K") for c in v) for v in alone] == [n_tests] * 3
    assert not any(code.startswith("LAB:Li") for code in alone[2])
