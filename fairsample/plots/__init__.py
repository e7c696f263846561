"""Display objects, in scikit-learn's manner; they need matplotlib."""

from fairsample.plots.causal_effects import CausalEffectsDisplay
from fairsample.plots.frontier import FairnessFrontierDisplay

__all__ = ["CausalEffectsDisplay", "FairnessFrontierDisplay"]
