"""Protocols: what an augmentation does to a predictor on real test rows."""

from fairsample.evaluation.comparison import compare_augmentations
from fairsample.evaluation.splitting import split_cells
from fairsample.evaluation.summary import summarize
from fairsample.evaluation.synthetic_only import SyntheticOnly

__all__ = ["SyntheticOnly", "compare_augmentations", "split_cells", "summarize"]
