import json

import numpy as np
import pytest

from fairsample.datasets.patient_lab_bins import PatientLabBins, medians_of_bins


@pytest.mark.parametrize("n_bins", [2, 5, 50])
@pytest.mark.parametrize("size", [1, 2, 7, 100, 1_001])
def test_the_median_has_the_bin_of_the_values_median(size, n_bins):
    rng = np.random.default_rng(size)
    for values in (
        rng.normal(size=size).round(2),
        rng.integers(0, 4, size).astype(float),
        rng.exponential(size=size),
    ):
        bins = PatientLabBins(n_bins=n_bins).fit({"K": values})
        middle = medians_of_bins(bins)["K"]
        assert bins.encode(["K"], [middle]) == bins.encode(["K"], [np.median(values)])


def test_the_shares_go_to_json_and_back():
    bins = PatientLabBins(n_bins=3).fit({"K": [1.0, 2.0], "Na": [140.0]})
    bins.patient_shares_ = {"K": 0.5, "Na": 0.49}
    stored = json.loads(json.dumps(bins.to_json()))
    again = PatientLabBins.from_json(stored)
    assert again.common_medians() == bins.common_medians() == {"K": 1.5}
    assert again.edges_.equals(bins.edges_)
