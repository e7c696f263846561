"""Metrics: is it fair, is it faithful, is it private."""

from fairsample.metrics.alpha_precision import alpha_precision_beta_recall
from fairsample.metrics.attribute_error import attribute_balanced_error_rate
from fairsample.metrics.bootstrap import BootstrapInterval, bootstrap_interval
from fairsample.metrics.causal import causal_effects
from fairsample.metrics.causal_effect import Effect
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase
from fairsample.metrics.causal_effects_result import CausalEffects
from fairsample.metrics.cluster_balance import adversarial_cluster_balance
from fairsample.metrics.effect_equivalence import equivalence
from fairsample.metrics.effect_equivalence_result import EffectEquivalence
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
from fairsample.metrics.privacy import (
    membership_inference_auc,
    nearest_record_shares,
)
from fairsample.metrics.scorers import FairnessScorer, fairness_scorer
from fairsample.metrics.table_classifiers import (
    classifier_two_sample_test,
    train_on_synthetic_auc,
)
from fairsample.metrics.table_fidelity import column_shapes, pair_trends
from fairsample.metrics.task_fairness import task_fairness

__all__ = [
    "BootstrapInterval",
    "CausalEffects",
    "CausalEffectsByCase",
    "Effect",
    "EffectEquivalence",
    "FairnessScorer",
    "LengthSummary",
    "RecordFidelity",
    "adversarial_cluster_balance",
    "alpha_precision_beta_recall",
    "attribute_balanced_error_rate",
    "bootstrap_interval",
    "causal_effects",
    "classifier_two_sample_test",
    "code_prevalence",
    "column_shapes",
    "disparate_impact",
    "equivalence",
    "fairness_scorer",
    "group_rates",
    "membership_inference_auc",
    "nearest_record_shares",
    "pair_trends",
    "record_fidelity",
    "task_fairness",
    "train_on_synthetic_auc",
    "worst_group_recall",
    "worst_group_tpr",
]
