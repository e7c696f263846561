import numpy as np
import pandas as pd
import pytest
from dose_model import SIZES, by_dose
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from sklearn.base import BaseEstimator

from fairsample import GroupRandomOverSampler
from fairsample.evaluation import (
    SyntheticOnly,
    compare_augmentations,
    sweep_fairness_weight,
)


class WeightedCopies(GroupRandomOverSampler):
    """Copies, as many as the weight says: λ leaves a trace that can be counted."""

    def __init__(
        self,
        sensitive_features=None,
        *,
        sampling_strategy="groups",
        n_synthetic=None,
        fairness_weight=1.0,
        missing_sensitive="error",
        random_state=None,
    ):
        super().__init__(
            sensitive_features,
            sampling_strategy=sampling_strategy,
            n_synthetic=n_synthetic,
            missing_sensitive=missing_sensitive,
            random_state=random_state,
        )
        self.fairness_weight = fairness_weight

    _parameter_constraints: dict = {
        **GroupRandomOverSampler._parameter_constraints,
        "fairness_weight": "no_validation",
    }

    def fit_resample(self, X, y, *, sensitive_features=None):
        self.n_synthetic = int(100 * self.fairness_weight)
        return super().fit_resample(X, y, sensitive_features=sensitive_features)


def test_each_weight_is_an_arm(data):
    sweep = sweep_fairness_weight(
        by_dose(),
        *data,
        sensitive_features="race",
        resampler=WeightedCopies(),
        fairness_weights=(0.5, 1, 1.2),
        augmenters={"real": None},
        seeds=(0, 1),
        metrics=["f1"],
        **SIZES,
    )
    assert sweep["augmenter"].unique().tolist() == [
        "real",
        "FairSynth, λ = 0.5",
        "FairSynth, λ = 1",
        "FairSynth, λ = 1.2",
    ]
    of_arm = sweep.groupby("augmenter")[["fairness_weight", "n_synthetic"]].first()
    assert np.isnan(of_arm.loc["real", "fairness_weight"])
    assert of_arm.loc["FairSynth, λ = 1.2"].tolist() == [1.2, 120]
    assert of_arm.loc["FairSynth, λ = 0.5"].tolist() == [0.5, 50]
    assert sweep["fairness_weight"].dtype == float


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_values_are_those_of_the_comparison(data):
    arguments = {
        "sensitive_features": "race",
        "real_sizes": [150, 190],
        "seeds": (3,),
        **SIZES,
    }
    sweep = sweep_fairness_weight(
        by_dose(),
        *data,
        resampler=WeightedCopies(),
        fairness_weights=[2],
        name="copies",
        **arguments,
    )
    by_hand = compare_augmentations(
        by_dose(),
        *data,
        augmenters={"copies, λ = 2": WeightedCopies(fairness_weight=2)},
        **arguments,
    )
    pd.testing.assert_frame_equal(
        sweep.drop(columns=["seconds", "fairness_weight"]),
        by_hand.drop(columns="seconds"),
    )


@pytest.mark.parametrize(
    "wrap", [make_resampling_pipeline, lambda resampler: SyntheticOnly(resampler)]
)
def test_the_weight_is_found_in_what_the_resampler_is_made_of(data, wrap):
    class Seen(BaseEstimator):
        log: list = []

        def __init__(self, fairness_weight=1.0):
            self.fairness_weight = fairness_weight

        def fit(self, X, y):
            return self

        def sample(self, n_samples):
            return X.iloc[:100], y.iloc[:100]

        def fit_resample(self, X, y):
            self.log.append(self.fairness_weight)
            return X, y

        def get_params(self, deep=True):
            self.log.append(self.fairness_weight)
            return super().get_params(deep)

    X, y = data
    Seen.log.clear()
    sweep_fairness_weight(
        by_dose(),
        X,
        y,
        sensitive_features="race",
        resampler=wrap(Seen()),
        fairness_weights=[0.25, 0.75],
        seeds=(0,),
        metrics=["f1"],
    )
    assert {0.25, 0.75} < set(Seen.log)


def test_the_frontier_reads_the_names(data):
    pytest.importorskip("matplotlib").use("Agg")
    from fairsample.plots import FairnessFrontierDisplay

    sweep = sweep_fairness_weight(
        by_dose(),
        *data,
        sensitive_features="race",
        resampler=WeightedCopies(),
        fairness_weights=(0.5, 1, 1.5),
        augmenters={"real": None},
        seeds=(0, 1),
        **SIZES,
    )
    display = FairnessFrontierDisplay.from_comparison(sweep)
    assert display.frontier.index.tolist() == [0.5, 1, 1.5]
    assert display.rivals.index.tolist() == ["real"]


def test_bad_input(data):
    arguments = {"sensitive_features": "race"}
    with pytest.raises(ValueError, match="no parameter fairness_weight"):
        sweep_fairness_weight(
            by_dose(), *data, resampler=GroupRandomOverSampler(), **arguments
        )
    with pytest.raises(ValueError, match="a value twice"):
        sweep_fairness_weight(
            by_dose(),
            *data,
            resampler=WeightedCopies(),
            fairness_weights=[1, 1.0],
            **arguments,
        )
    with pytest.raises(ValueError, match="called like those of λ"):
        sweep_fairness_weight(
            by_dose(),
            *data,
            resampler=WeightedCopies(),
            fairness_weights=[1],
            augmenters={"FairSynth, λ = 1": None},
            **arguments,
        )
