"""Display objects, in scikit-learn's manner; they need matplotlib."""

from fairsample.plots.causal_effects import CausalEffectsDisplay
from fairsample.plots.cell_balance import CellBalanceDisplay
from fairsample.plots.code_prevalence import CodePrevalenceDisplay
from fairsample.plots.frontier import FairnessFrontierDisplay
from fairsample.plots.privacy_ledger import PrivacyLedgerDisplay
from fairsample.plots.training_history import TrainingHistoryDisplay

__all__ = [
    "CausalEffectsDisplay",
    "CellBalanceDisplay",
    "CodePrevalenceDisplay",
    "FairnessFrontierDisplay",
    "PrivacyLedgerDisplay",
    "TrainingHistoryDisplay",
]
