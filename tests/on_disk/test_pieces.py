"""Pieces make the table that they were cut from."""

import pandas as pd
from disk_tables import mixed_frame

from fairsample.on_disk.pieces import join_pieces


def test_pieces_of_a_frame_make_the_frame():
    frame = mixed_frame(100)
    pieces = [frame.iloc[:0], frame.iloc[:40], frame.iloc[40:]]
    pd.testing.assert_frame_equal(join_pieces(pieces), frame)


def test_categories_are_joined_and_keep_their_order():
    low, high = (
        pd.DataFrame({"x": pd.Categorical([cell], categories, ordered=True)})
        for cell, categories in (("b", ["c", "b"]), ("a", ["b", "a"]))
    )
    joined = join_pieces([low, high])["x"]
    assert joined.tolist() == ["b", "a"]
    assert joined.cat.categories.tolist() == ["c", "b", "a"]
    assert joined.cat.ordered


def test_no_rows_at_all():
    frame = mixed_frame(10).iloc[:0]
    pd.testing.assert_frame_equal(join_pieces([frame, frame]), frame)
