"""Columns and visits <-> codes, dtype-exact both ways."""

from fairsample.encoding.bins import ColumnBins
from fairsample.encoding.column_summary import ColumnSummary
from fairsample.encoding.labs import LabBins
from fairsample.encoding.schema import ColumnSchema, TableSchema
from fairsample.encoding.table import TableEncoder
from fairsample.encoding.table_summary import TableSummary
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
    "ColumnSummary",
    "FlatVisits",
    "LabBins",
    "TableEncoder",
    "TableSchema",
    "TableSummary",
    "VisitEncoder",
    "check_visit_cells",
    "find_visit_column",
    "flatten_visits",
    "is_visit_column",
    "nest_visits",
]
