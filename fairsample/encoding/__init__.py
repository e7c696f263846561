"""Columns and visits <-> codes, dtype-exact both ways."""

from fairsample.encoding.bins import ColumnBins
from fairsample.encoding.labs import LabBins
from fairsample.encoding.schema import ColumnSchema, TableSchema
from fairsample.encoding.table import TableEncoder
from fairsample.encoding.visit_cells import (
    FlatVisits,
    check_visit_cells,
    find_visit_column,
    flatten_visits,
    is_visit_column,
    nest_visits,
)
from fairsample.encoding.visits import VisitEncoder

__all__ = [
    "ColumnBins",
    "ColumnSchema",
    "FlatVisits",
    "LabBins",
    "TableEncoder",
    "TableSchema",
    "VisitEncoder",
    "check_visit_cells",
    "find_visit_column",
    "flatten_visits",
    "is_visit_column",
    "nest_visits",
]
