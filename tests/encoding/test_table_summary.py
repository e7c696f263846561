"""A table read in pieces gets the encoder of a frame."""

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import TableEncoder, TableSchema, TableSummary

RNG = np.random.RandomState(0)
N = 500
FRAME = pd.DataFrame(
    {
        "age": RNG.randint(0, 90, N),
        "dose": RNG.normal(size=N).round(1),
        "weight": np.where(RNG.rand(N) < 0.2, np.nan, RNG.normal(70, 9, N)),
        "sex": RNG.choice(["F", "M", None], N),
        "ward": pd.Categorical(RNG.choice(["B", "A"], N), categories=["C", "B", "A"]),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.randint(0, 9, N), "D"),
        "id": [f"p{i}" for i in range(N)],
    }
)


@pytest.mark.parametrize("n_pieces", [1, 3, 50])
def test_pieces_give_the_encoder_of_the_frame(n_pieces):
    summary = TableSummary(FRAME.columns)
    for rows in np.array_split(np.arange(N), n_pieces):
        summary.update(FRAME.iloc[rows])
    assert summary.n_rows == N
    options = {"max_levels": 20, "n_bins": 10}
    found = TableEncoder(**options).fit_summary(summary)
    expected = TableEncoder(**options).fit(FRAME)
    assert found.to_json() == expected.to_json()
    codes = found.transform(FRAME)
    np.testing.assert_array_equal(codes, expected.transform(FRAME))


def test_some_columns():
    taken = TableSummary.of(FRAME).take(FRAME.columns.isin(["sex", "age"]))
    expected = TableSchema.from_frame(FRAME[["age", "sex"]])
    assert TableSchema.from_summary(taken) == expected


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1]], "DataFrame is needed, not a list"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' occurs more than once"),
        (pd.DataFrame({"a": []}), "nothing to learn from"),
    ],
)
def test_what_is_no_table_is_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        TableSummary.of(frame)
