"""Protocols: what an augmentation does to a predictor on real test rows."""

from fairsample.evaluation.augmentation_report import AugmentationReport
from fairsample.evaluation.comparison import compare_augmentations
from fairsample.evaluation.fairness_sweep import sweep_fairness_weight
from fairsample.evaluation.paper import paper_arms
from fairsample.evaluation.size_table import count_best, table_one
from fairsample.evaluation.splitting import split_cells
from fairsample.evaluation.summary import summarize
from fairsample.evaluation.synthetic_only import SyntheticOnly

__all__ = [
    "AugmentationReport",
    "SyntheticOnly",
    "compare_augmentations",
    "count_best",
    "paper_arms",
    "split_cells",
    "summarize",
    "sweep_fairness_weight",
    "table_one",
]
