"""Distinct rows keep their numbers from piece to piece."""

import numpy as np
import pandas as pd
import pytest

from fairsample.on_disk.distinct_rows import DistinctRows


def test_numbers_tell_the_same_rows_in_every_piece():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M", None], 500),
            "ward": rng.choice([1.0, 2.0, np.nan], 500),
            "age": rng.randint(0, 9, 500),
        }
    )
    distinct = DistinctRows(["sex", "ward"])
    numbers = np.concatenate(
        [distinct.number(frame.iloc[i : i + 60]) for i in range(0, 500, 60)]
    )
    assert len(distinct) == numbers.max() + 1 == 9
    told = distinct.rows.iloc[numbers].reset_index(drop=True)
    pd.testing.assert_frame_equal(told, frame[["sex", "ward"]], check_dtype=False)
    first = [numbers.tolist().index(number) for number in range(9)]
    assert first == sorted(first)


def test_categories_are_told_by_what_they_are():
    distinct = DistinctRows(["x"])
    for categories in (["a", "b"], ["b", "a"]):
        piece = pd.DataFrame({"x": pd.Categorical(["a", "b", None], categories)})
        assert distinct.number(piece).tolist() == [0, 1, 2]


def test_too_many_are_refused_by_name():
    distinct = DistinctRows(["age"], most=3)
    with pytest.raises(ValueError, match="'age' hold more than 3 different values"):
        distinct.number(pd.DataFrame({"age": range(4)}))
