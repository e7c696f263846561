"""Classical over-sampling of groups: the rivals that a generator has to beat."""

from fairsample.oversampling.double_prioritized import DoublePrioritizedSampler
from fairsample.oversampling.double_prioritized_classifier import (
    DoublePrioritizedClassifier,
)
from fairsample.oversampling.frame_smotenc import FrameSMOTENC
from fairsample.oversampling.group_random import GroupRandomOverSampler

__all__ = [
    "DoublePrioritizedClassifier",
    "DoublePrioritizedSampler",
    "FrameSMOTENC",
    "GroupRandomOverSampler",
]
