"""A frame becomes records and comes back as a frame like it."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_generators import histories_of

from fairsample.fairsynth.generation import END
from fairsample.fairsynth.record_encoder import (
    RecordEncoder,
    find_visit_column,
    fit_encoder,
)

GROUP = np.array([0, 1, 1, 0, 2, 1])
OUTCOME = np.array([1, 0, 0, 1, 1, 0])
VISITS = [
    [["b", "a"], [], ["a"]],
    [["c"]],
    [[]],
    [["a"], []],
    [["a", "b", "c"]],
    [[], ["b", "a", "b"]],
]


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "race": ["A", "B", "B", "A", "C", "B"],
            "age": [30, 41, 30, 52, 41, 30],
            "visits": pd.Series(VISITS, dtype=object),
            "sex": pd.Categorical(["F", "M", None, "F", "M", "M"]),
            "clinic": ["north", "south", "south", "north", "south", "south"],
        }
    )


@pytest.fixture
def encoder(frame):
    return RecordEncoder().fit(frame, GROUP)


def random_state():
    return np.random.RandomState(0)


def test_group_and_outcome_come_first(frame, encoder):
    columns = encoder.encode(frame, GROUP, OUTCOME).columns
    assert columns[:, 0].tolist() == GROUP.tolist()
    assert columns[:, 1].tolist() == OUTCOME.tolist()
    assert columns.dtype == torch.long


def test_what_the_group_determines_is_not_written(frame, encoder):
    assert encoder.is_written_.tolist() == [False, True, True, False]
    assert encoder.encode(frame, GROUP, OUTCOME).columns.shape == (6, 4)
    assert encoder.module_sizes()["block_sizes"] == [3, 3]


def test_every_patient_has_one_end_on_the_last_visit(frame, encoder):
    histories = histories_of(encoder.encode(frame, GROUP, OUTCOME))
    assert [[END in visit for visit in history] for history in histories] == [
        [False, False, True],
        [True],
        [True],
        [False, True],
        [True],
        [False, True],
    ]
    assert sum(visit.count(END) for history in histories for visit in history) == 6


def test_codes_follow_the_vocabulary(frame, encoder):
    assert encoder.visits_.vocabulary_.tolist() == ["a", "b", "c"]
    assert histories_of(encoder.encode(frame, GROUP, OUTCOME)) == [
        [[1, 2], [], [0, 1]],
        [[0, 3]],
        [[0]],
        [[1], [0]],
        [[0, 1, 2, 3]],
        [[], [0, 1, 2]],
    ]


def test_round_trip(frame, encoder):
    records = encoder.encode(frame, GROUP, OUTCOME)
    again = encoder.decode(records, GROUP, random_state())
    pd.testing.assert_frame_equal(
        again.drop(columns="visits"), frame.drop(columns="visits")
    )
    assert list(again.columns) == list(frame.columns)
    assert again["visits"].tolist() == [
        [sorted(set(visit)) for visit in history] for history in VISITS
    ]


def test_visits_come_back_as_lists_of_lists_of_str(frame, encoder):
    records = encoder.encode(frame, GROUP, OUTCOME)
    cells = encoder.decode(records, GROUP, random_state())["visits"]
    assert {type(cell) for cell in cells} == {list}
    assert {type(visit) for cell in cells for visit in cell} == {list}
    codes = {type(code) for cell in cells for visit in cell for code in visit}
    assert codes == {str}


def test_decode_writes_the_groups_own_values(frame, encoder):
    records = encoder.encode(frame, GROUP, OUTCOME)
    group = np.array([2, 2, 0, 0, 1, 1])
    again = encoder.decode(records, group, random_state())
    assert again["race"].tolist() == ["C", "C", "A", "A", "B", "B"]
    assert again["clinic"].tolist() == ["south"] * 2 + ["north"] * 2 + ["south"] * 2
    assert again["age"].tolist() == frame["age"].tolist()


def test_decode_changes_neither_encoder_nor_records(frame, encoder):
    records = encoder.encode(frame, GROUP, OUTCOME)
    rows, columns = encoder.rows_of_group_.copy(), records.columns.clone()
    for _ in range(2):
        encoder.decode(records, np.zeros(6, dtype=int), random_state())
    pd.testing.assert_frame_equal(encoder.rows_of_group_, rows)
    assert records.columns.equal(columns)


def test_encode_leaves_the_frame_alone(frame, encoder):
    before = frame.copy(deep=True)
    encoder.encode(frame, GROUP, OUTCOME)
    pd.testing.assert_frame_equal(frame, before)


def test_rates_of_codes_and_of_ends(encoder):
    sizes = encoder.module_sizes()
    assert sizes["n_codes"] == 3
    assert sizes["max_visits"] == 3
    n_visits = 10
    assert sizes["code_rates"].tolist() == pytest.approx(
        [6 / n_visits, 5 / n_visits, 3 / n_visits, 2 / n_visits]
    )


@pytest.mark.parametrize("columns", [["race", "age"], ["visits"], ["race", "visits"]])
def test_only_some_kinds_of_columns(frame, columns):
    encoder = RecordEncoder().fit(frame[columns], GROUP)
    records = encoder.encode(frame[columns], GROUP, OUTCOME)
    again = encoder.decode(records, GROUP, random_state())
    assert list(again.columns) == columns
    assert again.index.equals(pd.RangeIndex(6))
    sizes = encoder.module_sizes()
    assert ("n_codes" in sizes) == ("visits" in columns) == (records.codes is not None)
    assert len(sizes["block_sizes"]) == ("age" in columns)
    names = [column.name for column in encoder.schema.columns]
    assert names == [name for name in columns if name != "visits"]


def test_no_records(frame, encoder):
    records = encoder.encode(frame, GROUP, OUTCOME).take(torch.empty(0).long())
    again = encoder.decode(records, GROUP[:0], random_state())
    assert list(again.columns) == list(frame.columns)
    assert len(again) == 0


@pytest.mark.parametrize("columns", [slice(None), ["visits"], ["race", "age"]])
def test_through_json(frame, columns):
    frame = frame.loc[:, columns]
    encoder = RecordEncoder().fit(frame, GROUP)
    learned = encoder.to_json()
    rows = learned.pop("rows_of_group")
    stored = json.loads(json.dumps(learned))
    loaded = RecordEncoder.from_json({**stored, "rows_of_group": rows})
    records = encoder.encode(frame, GROUP, OUTCOME)
    pd.testing.assert_frame_equal(
        loaded.decode(records, GROUP, random_state()),
        encoder.decode(records, GROUP, random_state()),
    )
    found = loaded.encode(frame, GROUP, OUTCOME)
    assert found.columns.equal(records.columns)
    assert {
        name: np.asarray(s).tolist() for name, s in loaded.module_sizes().items()
    } == {name: np.asarray(s).tolist() for name, s in encoder.module_sizes().items()}
    again = loaded.to_json()
    assert again.pop("rows_of_group") is rows
    assert again == learned


def test_numbers_are_cut_into_as_many_bins_as_asked_for():
    frame = pd.DataFrame({"x": np.arange(1000.0)})
    encoder = RecordEncoder(max_levels=50, n_bins=7).fit(frame, np.arange(1000) % 2)
    assert encoder.module_sizes()["block_sizes"] == [7]


@pytest.mark.parametrize(
    ("n_rows", "max_levels", "n_bins"),
    [(100, 30, 20), (3000, 60, 40), (50_000, 128, 100)],
)
def test_bins_are_as_fine_as_the_rows_allow(n_rows, max_levels, n_bins):
    frame = pd.DataFrame({"x": np.zeros(n_rows)})
    found = fit_encoder(frame, np.zeros(n_rows, dtype=int))
    assert (found.max_levels, found.n_bins) == (max_levels, n_bins)
    fixed = fit_encoder(frame, np.zeros(n_rows, dtype=int), 5, 6)
    assert (fixed.max_levels, fixed.n_bins) == (5, 6)


class TestVisitColumn:
    def test_is_found(self, frame):
        assert find_visit_column(frame) == "visits"
        assert find_visit_column(frame.drop(columns="visits")) is None

    def test_there_is_one(self, frame):
        frame["labs"] = frame["visits"]
        with pytest.raises(ValueError, match=r"\['visits', 'labs'\] all hold visits"):
            RecordEncoder().fit(frame, GROUP)

    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            ([], "visits.*3"),
            (None, "visits.*3"),
            ("DX:428", "visits.*3"),
            ([["a"], "b"], "visits.*3"),
            ([["a", 3]], "visits.*3"),
            ([["a", None]], "visits.*3"),
        ],
    )
    def test_bad_cells_are_named(self, frame, cell, message):
        frame.at[3, "visits"] = cell
        with pytest.raises(ValueError, match=message):
            RecordEncoder().fit(frame, GROUP)

    @pytest.mark.parametrize(
        "form",
        [
            lambda cell: tuple(tuple(visit) for visit in cell),
            lambda cell: np.array(
                [np.array(v, dtype=object) for v in cell] + [0], object
            )[:-1],
            lambda cell: [np.array(visit, dtype="str") for visit in cell],
        ],
    )
    def test_any_nested_sequence_is_taken(self, frame, encoder, form):
        expected = encoder.encode(frame, GROUP, OUTCOME)
        frame["visits"] = pd.Series([form(cell) for cell in VISITS], dtype=object)
        found = RecordEncoder().fit(frame, GROUP).encode(frame, GROUP, OUTCOME)
        assert histories_of(found) == histories_of(expected)
