"""Data sets: simulated, and fetched from their public origins."""

from fairsample.datasets.adult import fetch_adult
from fairsample.datasets.berkeley import load_berkeley
from fairsample.datasets.compas import fetch_compas
from fairsample.datasets.diabetes130 import fetch_diabetes130
from fairsample.datasets.german_credit import fetch_german_credit
from fairsample.datasets.icu_cohort import make_icu_cohort
from fairsample.datasets.icu_effects import simulate_icu_effects
from fairsample.datasets.rhc import fetch_rhc
from fairsample.datasets.support2 import fetch_support2

__all__ = [
    "fetch_adult",
    "fetch_compas",
    "fetch_diabetes130",
    "fetch_german_credit",
    "fetch_rhc",
    "fetch_support2",
    "load_berkeley",
    "make_icu_cohort",
    "simulate_icu_effects",
]
