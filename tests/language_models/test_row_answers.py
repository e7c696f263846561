"""Rows found in answers, whole, wrapped, cut off or made up."""

import json

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import TableSchema
from fairsample.language_models.near_copies import NearCopies
from fairsample.language_models.row_answers import answered_objects, read_answer
from fairsample.language_models.row_schema import RowSchema

ROWS = [{"age": 40}, {"age": 41}]
SCHEMA = RowSchema(pd.DataFrame({"age": [31, 52]}))


class TestObjects:
    @pytest.mark.parametrize(
        "text",
        [
            json.dumps({"rows": ROWS}),
            json.dumps(ROWS),
            json.dumps({"count": 2, "rows": ROWS}, indent=2),
            json.dumps({"result": ROWS}),
            f"Sure [as asked]:\n```json\n{json.dumps(ROWS)}\n```\nMore?",
            '<think>{"rows": [1]} or [{"age": 1}]?</think>{"rows":' + json.dumps(ROWS),
            json.dumps({"rows": ROWS})[:-1],
            json.dumps({"rows": [*ROWS, {"age": 42}]})[:-6],
            json.dumps(ROWS)[:-1] + ", {",
        ],
    )
    def test_found(self, text):
        assert answered_objects(text) == ROWS

    @pytest.mark.parametrize(
        "text",
        ["", "No.", "[", "{", "{}", "null", '"[]"', "[1, 2]", "[" * 100_000, "{" * 999],
    )
    def test_nothing_to_find(self, text):
        assert answered_objects(text) is None

    def test_an_answer_without_rows(self):
        assert answered_objects('{"rows": []}') == []


class TestReading:
    @pytest.mark.parametrize(
        "row, reason",
        [
            ({"age": "40"}, "value of another type"),
            ({"age": 400}, "outside the range"),
            ({"age": None}, "missing value where none is missing"),
            ({"AGE": 40}, "other fields than asked for"),
            ({"age": 40, "sex": "F"}, "other fields than asked for"),
            ({}, "other fields than asked for"),
            (40, "other fields than asked for"),
            ([40], "other fields than asked for"),
            (None, "other fields than asked for"),
        ],
    )
    def test_bad_rows_are_dropped_and_the_others_kept(self, row, reason):
        text = json.dumps({"rows": [ROWS[0], row, ROWS[1]]})
        rows, rejected = read_answer(text, SCHEMA, ["age"], 3, numbered=False)
        assert rows == {1: [40], 2: [41]}
        assert rejected == {reason: 1}

    @pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
    def test_numbers_that_are_none(self, constant):
        text = '[{"age": 40}, {"age": ?}]'.replace("?", constant)
        rows, _ = read_answer(text, SCHEMA, ["age"], 2, numbered=False)
        assert rows == {1: [40]}

    @pytest.mark.parametrize("number", [0, 4, -1, True, "1", 1.0, None])
    def test_numbers_that_were_not_asked_for(self, number):
        text = json.dumps([{"row": 2, "age": 40}, {"row": number, "age": 41}])
        rows, rejected = read_answer(text, SCHEMA, ["age"], 3, numbered=True)
        assert rows == {2: [40]}
        assert rejected == {"not asked for": 1, "not written": 1}

    def test_one_number_twice(self):
        """Said twice, a row counts once; contradicted, not at all."""
        same = [{"row": 1, "age": 40}] * 2
        other = [{"row": 2, "age": 40}, {"row": 2, "age": 41}]
        rows, rejected = read_answer(
            json.dumps(same + other), SCHEMA, ["age"], 4, numbered=True
        )
        assert rows == {1: [40]}
        assert rejected == {"number written twice": 3}

    def test_surplus_rows(self):
        rows, rejected = read_answer(
            json.dumps(ROWS * 2), SCHEMA, ["age"], 2, numbered=False
        )
        assert rows == {1: [40], 2: [41]}
        assert rejected == {"not asked for": 2}


class TestNearCopies:
    def setup_method(self):
        draw = np.random.RandomState(0)
        self.rows = pd.DataFrame(
            {
                "sex": draw.choice(["F", "M"], 300),
                "income": draw.normal(50_000, 10_000, 300),
                "pain": np.where(draw.random_sample(300) < 0.5, np.nan, 1.0),
            }
        )
        self.rows["income"] = np.arange(300) * 1000.0
        columns = list(TableSchema.from_frame(self.rows).columns)
        self.copies = NearCopies(self.rows, columns, tolerance=0.001)

    def test_real_rows_copy_themselves(self):
        assert self.copies.copied(self.rows).tolist() == list(range(300))

    def test_a_little_off_is_a_copy_and_more_is_none(self):
        near = self.rows.assign(income=self.rows["income"] + 290)
        assert (self.copies.copied(near) == np.arange(300)).all()
        far = self.rows.assign(income=self.rows["income"] + 310)
        assert (self.copies.copied(far) == -1).all()

    def test_other_categories_or_missing_cells_are_other_rows(self):
        other = self.rows.assign(sex=self.rows["sex"].map({"F": "M", "M": "F"}))
        assert (self.copies.copied(other) == -1).all()
        other = self.rows.assign(pain=np.where(self.rows["pain"].isna(), 1.0, np.nan))
        assert (self.copies.copied(other) == -1).all()

    def test_rows_with_a_twin_point_at_nobody(self):
        twice = pd.concat([self.rows, self.rows])
        columns = list(TableSchema.from_frame(self.rows).columns)
        assert (NearCopies(twice, columns).copied(self.rows) == -1).all()

    def test_repeated(self):
        written = self.rows.iloc[[0, 1, 0, 2, 1]]
        expected = [False, False, True, False, True]
        assert self.copies.repeated(written).tolist() == expected
