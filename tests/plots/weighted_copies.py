"""A resampler with a fairness weight that costs nothing."""

from numbers import Real

from sklearn.utils._param_validation import Interval

from fairsample import GroupRandomOverSampler


class WeightedCopies(GroupRandomOverSampler):
    """Copy rows within groups, 60 for each unit of the weight."""

    _parameter_constraints: dict = {
        **GroupRandomOverSampler._parameter_constraints,
        "fairness_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, sensitive_features=None, *, fairness_weight=1.0, random_state=None
    ):
        super().__init__(sensitive_features, random_state=random_state)
        self.fairness_weight = fairness_weight

    def _fit_resample(self, X, y, sensitive_features=None):
        self.n_synthetic = round(60 * self.fairness_weight)
        return super()._fit_resample(X, y, sensitive_features)
