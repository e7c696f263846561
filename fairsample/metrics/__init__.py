"""Metrics: is it fair, is it faithful."""

from fairsample.metrics.bootstrap import BootstrapInterval, bootstrap_interval
from fairsample.metrics.fairness import (
    disparate_impact,
    worst_group_recall,
    worst_group_tpr,
)
from fairsample.metrics.fidelity import (
    LengthSummary,
    RecordFidelity,
    code_prevalence,
    record_fidelity,
)
from fairsample.metrics.group_rates import group_rates
from fairsample.metrics.scorers import FairnessScorer, fairness_scorer

__all__ = [
    "BootstrapInterval",
    "FairnessScorer",
    "LengthSummary",
    "RecordFidelity",
    "bootstrap_interval",
    "code_prevalence",
    "disparate_impact",
    "fairness_scorer",
    "group_rates",
    "record_fidelity",
    "worst_group_recall",
    "worst_group_tpr",
]
