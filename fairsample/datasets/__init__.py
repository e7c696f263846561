"""Data sets: simulated, and fetched from their public origins."""

from fairsample.datasets.adult import fetch_adult
from fairsample.datasets.berkeley import load_berkeley
from fairsample.datasets.compas import fetch_compas
from fairsample.datasets.diabetes130 import fetch_diabetes130
from fairsample.datasets.event_frame import from_events
from fairsample.datasets.german_credit import fetch_german_credit
from fairsample.datasets.icu_cohort import make_icu_cohort
from fairsample.datasets.icu_effects import simulate_icu_effects
from fairsample.datasets.meds_reader import read_meds
from fairsample.datasets.meds_writer import write_meds
from fairsample.datasets.mimic3 import read_mimic3
from fairsample.datasets.phenotypes import phenotypes
from fairsample.datasets.pic import read_pic
from fairsample.datasets.reading_report import ReadingReport
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.rhc import fetch_rhc
from fairsample.datasets.support2 import fetch_support2
from fairsample.datasets.synthea_reader import read_synthea
from fairsample.on_disk.table_on_disk import TableOnDisk

__all__ = [
    "ReadingReport",
    "RecordFilters",
    "TableOnDisk",
    "fetch_adult",
    "fetch_compas",
    "fetch_diabetes130",
    "fetch_german_credit",
    "fetch_rhc",
    "fetch_support2",
    "from_events",
    "load_berkeley",
    "make_icu_cohort",
    "phenotypes",
    "read_meds",
    "read_mimic3",
    "read_pic",
    "read_synthea",
    "simulate_icu_effects",
    "write_meds",
]
