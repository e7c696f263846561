"""Tables that are drawn shard by shard, each of them a Parquet file."""

from fairsample.shards.engines import ENGINES, run_on_engine
from fairsample.shards.fit_digest import digest_of_conditions, digest_of_fit
from fairsample.shards.run_manifest import RunManifest, open_run
from fairsample.shards.shard_table import ShardTable
from fairsample.shards.shard_writing import ShardWriter

__all__ = [
    "ENGINES",
    "RunManifest",
    "ShardTable",
    "ShardWriter",
    "digest_of_conditions",
    "digest_of_fit",
    "open_run",
    "run_on_engine",
]
