"""Partitions of a Dask DataFrame are read one after the other."""

import pandas as pd
import pytest
from disk_tables import mixed_frame

pytest.importorskip("dask.dataframe")
import dask.dataframe as dd

from fairsample.on_disk.dask_source import DaskSource
from fairsample.on_disk.pieces import join_pieces


def test_pieces_are_the_frame_that_dask_computes():
    frame = dd.from_pandas(mixed_frame(), npartitions=4)
    source = DaskSource(frame)
    pieces = list(source.pieces(source.names, 100))
    assert max(map(len, pieces)) == 100
    whole = frame.compute().reset_index(drop=True)
    pd.testing.assert_frame_equal(join_pieces(pieces), whole)
    assert source.n_rows() == len(whole)
    assert source.dtypes(["age"], {"age"}) == {"age": whole["age"].dtype}


def test_a_partition_that_is_not_as_declared_is_refused_by_name():
    frame = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
    lying = frame.map_partitions(lambda part: part / 2, meta=frame._meta)
    with pytest.raises(ValueError, match="'x' is float64 in partition 0 .* int64"):
        list(DaskSource(lying).pieces(["x"], 10))
