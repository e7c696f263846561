"""FairSynth: HALO trained under a fairness objective."""

from fairsample.fairsynth.resampler import FairSynthResampler

__all__ = ["FairSynthResampler"]
