"""Bins of laboratory results that know how common each test was."""

import numpy as np

from fairsample.datasets.lab_imputation import COMMON_SHARE
from fairsample.encoding.labs import LabBins

__all__ = ["PatientLabBins", "medians_of_bins"]


class PatientLabBins(LabBins):
    """The bins that a reader chooses, with the share of patients who had each test.

    With them the records of further patients are imputed as those of the first ones
    were: nothing is learned from the further patients. Plain `LabBins` do not tell the
    shares.

    Attributes
    ----------
    patient_shares_ : dict of str to float
        For each test the share of the patients who had it.

    See Also
    --------
    LabBins : The parameters, and how values become codes and come back.

    Examples
    --------
    >>> from fairsample.datasets.patient_lab_bins import PatientLabBins
    >>> bins = PatientLabBins().fit({"K": [3.0, 4.0, 5.0], "Li": [1.0]})
    >>> bins.patient_shares_ = {"K": 0.9, "Li": 0.1}
    >>> PatientLabBins.from_json(bins.to_json()).common_medians()
    {'K': 4.0}
    """

    def common_medians(self):
        """Give the medians of the tests that are imputed, as a dict of str to float."""
        medians = medians_of_bins(self)
        return {
            name: medians[name]
            for name, share in self.patient_shares_.items()
            if share >= COMMON_SHARE
        }

    def to_json(self):
        """Write the fitted bins and the shares as plain JSON types."""
        return super().to_json() | {"patient_shares": self.patient_shares_}

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote."""
        bins = super().from_json(stored)
        bins.patient_shares_ = dict(stored["patient_shares"])
        return bins


def medians_of_bins(bins):
    """Tell the median of each test from its bins.

    It gets the same bin as the median of the values that the bins were chosen on.

    Parameters
    ----------
    bins : LabBins
        Fitted bins.

    Returns
    -------
    dict of str to float

    Examples
    --------
    >>> from fairsample.datasets.patient_lab_bins import medians_of_bins
    >>> from fairsample.encoding import LabBins
    >>> medians_of_bins(LabBins().fit({"K": [1, 2, 2, 3], "Na": [140, 141]}))
    {'K': 2.0, 'Na': 140.5}
    """
    medians = {}
    for name, edges in bins.edges_.groupby("test", sort=False):
        reached = np.cumsum(edges["n_values"].to_numpy())
        n_values = reached[-1]
        lower, upper = np.searchsorted(
            reached, [(n_values - 1) // 2, n_values // 2], side="right"
        )
        low = edges["low"].to_numpy(float)[upper]
        high = edges["high"].to_numpy(float)[lower]
        medians[str(name)] = float(high if lower == upper else (low + high) / 2)
    return medians
