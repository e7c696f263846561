"""FLIP: fair tables under differential privacy, task-agnostic."""

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.domain import TableDomain
from fairsample.flip.releases_of_rows import PrivacyWarning
from fairsample.flip.resampler import FlipResampler

__all__ = ["FlipResampler", "PrivacyLedger", "PrivacyWarning", "TableDomain"]
