import pytest
from imblearn.over_sampling import RandomOverSampler

from fairsample import GroupRandomOverSampler
from fairsample.evaluation import SyntheticOnly


def test_real_rows_are_dropped(data):
    X, y = data
    synthetic_only = SyntheticOnly(
        GroupRandomOverSampler("race", random_state=0), n_samples=40
    )
    X_synthetic, y_synthetic = synthetic_only.fit_resample(X, y)
    assert len(X_synthetic) == len(y_synthetic) == 40
    assert synthetic_only.synthetic_mask_.all()
    assert not hasattr(synthetic_only.resampler, "classes_")


def test_values(data):
    X, y = data
    X_synthetic, _ = SyntheticOnly(GroupRandomOverSampler(random_state=0)).fit_resample(
        X, y, sensitive_features=X["race"]
    )
    assert len(X_synthetic) == len(X)


def test_resampler_without_sample(data):
    with pytest.raises(ValueError, match="'resampler' parameter"):
        SyntheticOnly(RandomOverSampler()).fit_resample(*data)
