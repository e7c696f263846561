import pytest
from recording import Inventor
from sklearn.base import BaseEstimator

from fairsample import (
    DoublePrioritizedSampler,
    FairSynthResampler,
    GroupRandomOverSampler,
)
from fairsample.evaluation import paper_arms
from fairsample.oversampling import FrameSMOTENC


def test_arms():
    arms = paper_arms("race")
    assert list(arms) == [
        "real",
        "real + synthetic",
        "real + oversampling",
        "real + copies within groups",
        "real + SMOTENC",
        "real + FairSynth",
    ]
    assert arms["real"] is None
    plain, fair = arms["real + synthetic"], arms["real + FairSynth"]
    assert isinstance(fair, FairSynthResampler)
    assert plain.fairness_weight == 0
    assert plain.sampling_strategy == "proportional"
    assert fair.fairness_weight == 1
    assert fair.sampling_strategy == "groups"
    assert isinstance(arms["real + oversampling"], DoublePrioritizedSampler)
    assert arms["real + oversampling"].group == "all-minorities"
    assert isinstance(arms["real + copies within groups"], GroupRandomOverSampler)
    assert isinstance(arms["real + SMOTENC"], FrameSMOTENC)
    for name, arm in arms.items():
        if name not in ("real", "real + SMOTENC"):
            assert arm.sensitive_features == "race"


def test_smotenc_is_for_tables():
    assert "real + SMOTENC" not in paper_arms("race", has_visits=True)


def test_generator_is_copied_and_keeps_its_plan():
    generator = FairSynthResampler("sex", sampling_strategy="parity", memory="cache")
    arms = paper_arms(generator=generator, fairness_weight=1.2)
    fair = arms["real + FairSynth"]
    assert fair.get_params() == generator.get_params() | {"fairness_weight": 1.2}
    assert arms["real + synthetic"].memory == "cache"
    assert generator.fairness_weight == 1


def test_the_plain_arm_takes_no_feedback():
    class WithFeedback(BaseEstimator):
        def __init__(
            self,
            sampling_strategy="auto",
            fairness_weight=1.0,
            sensitive_features=None,
            downstream=None,
        ):
            self.sampling_strategy = sampling_strategy
            self.fairness_weight = fairness_weight
            self.sensitive_features = sensitive_features
            self.downstream = downstream

    arms = paper_arms("race", generator=WithFeedback(downstream=Inventor()))
    assert arms["real + synthetic"].downstream is None
    assert isinstance(arms["real + FairSynth"].downstream, Inventor)


def test_a_generator_without_fairness_weight():
    with pytest.raises(ValueError, match="fairness_weight"):
        paper_arms("race", generator=GroupRandomOverSampler())
