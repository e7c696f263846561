"""One shard: drawn from its own seed by one thread, and written whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairsample.conditions import draw_cells
from fairsample.shards.run_manifest import RunManifest
from fairsample.shards.shard_table import ShardTable
from fairsample.training.threads import at_most_threads
from fairsample.whole_files import whole_files

__all__ = ["ShardWriter"]


@dataclass(frozen=True)
class ShardWriter:
    """Draws and writes the shards of a run, each on its own.

    Parameters
    ----------
    resampler : BaseFairResampler
        What draws; it is fitted.
    table : ShardTable
        The form of the shards.
    run : RunManifest
        Seeds and sizes.
    folder : Path
        Where the shards go.
    """

    resampler: Any
    table: ShardTable
    run: RunManifest
    folder: Path

    def write(self, number, conditions=None):
        """Write a shard.

        Parameters
        ----------
        number : int
            The number of the shard, from 0.
        conditions : dict, DataFrame or None
            What holds in its rows.
        """
        from pyarrow import parquet

        n_rows, stream = len(self.run.shards()[number]), self.run.stream(number)
        resampler = self.resampler
        # One thread, since with more of them sums come out otherwise on other machines.
        with at_most_threads(1):
            group, label = draw_cells(resampler, n_rows, conditions, stream)
            rows = resampler._draw_rows(group, label, stream, resampler._draw)
        table = self.table.to_arrow(rows, group, label)
        with whole_files(self.folder / self.run.file_name(number)) as (aside,):
            parquet.write_table(table, aside)
