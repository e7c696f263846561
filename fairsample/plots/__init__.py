"""Display objects, in scikit-learn's manner; they need matplotlib."""

from fairsample.plots.frontier import FairnessFrontierDisplay

__all__ = ["FairnessFrontierDisplay"]
