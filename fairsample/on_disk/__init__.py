"""Tables that are larger than memory: where they lie, and how they are learned from."""

from fairsample.on_disk.disk_fitting import FittedOnDisk
from fairsample.on_disk.table_on_disk import TableOnDisk, is_on_disk

__all__ = ["FittedOnDisk", "TableOnDisk", "is_on_disk"]
