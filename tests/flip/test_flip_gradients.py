"""FlipResampler with the engine "dp-sgd", on real admissions."""

import pandas as pd
import pytest

from fairsample import FlipResampler
from fairsample.datasets import load_berkeley

DOMAIN = {
    "gender": {"categories": ["Female", "Male"]},
    "department": {"categories": list("ABCDEF")},
    "admitted": {"categories": [0, 1]},
}

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairsample.flip.releases_of_rows.PrivacyWarning"
)


def gradients(**parameters):
    return FlipResampler(
        "gender",
        domain=DOMAIN,
        private_engine="dp-sgd",
        random_state=0,
        **parameters,
    )


@pytest.fixture(scope="module")
def admissions():
    return load_berkeley(return_X_y=True)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    return str(tmp_path_factory.mktemp("memory"))


def share_in_a_or_b(resampler, gender):
    """Among the admitted, whom the real departments A and B tell to be men."""
    X, _ = resampler.sample(
        4000, conditions={"gender": gender, "admitted": 1}, random_state=0
    )
    return X["department"].isin(["A", "B"]).mean()


def test_weight_takes_away_what_the_group_tells(admissions, memory):
    X, y = admissions
    real = (
        X[y == 1]
        .groupby("gender")["department"]
        .agg(lambda d: d.isin(["A", "B"]).mean())
    )
    assert real["Male"] - real["Female"] > 0.5
    told = gradients(fairness_weight=0, memory=memory).fit(X, y)
    assert share_in_a_or_b(told, "Male") - share_in_a_or_b(told, "Female") > 0.3
    untold = gradients(fairness_weight=4, memory=memory).fit(X, y)
    shares = [share_in_a_or_b(untold, gender) for gender in ("Male", "Female")]
    assert shares[0] == pytest.approx(shares[1], abs=0.05)
    # One release served both.
    pd.testing.assert_frame_equal(untold.ledger_, told.ledger_)
    assert (untold.cell_counts_ == told.cell_counts_).all(axis=None)


def test_saved_and_loaded(admissions, memory, tmp_path):
    resampler = gradients(fairness_weight=4, memory=memory).fit(*admissions)
    resampler.save(tmp_path / "saved")
    loaded = FlipResampler.load(tmp_path / "saved")
    X, y = resampler.sample(300)
    X_again, y_again = loaded.sample(300)
    pd.testing.assert_frame_equal(X, X_again)
    assert (y == y_again).all()
    assert loaded.epsilon_ == resampler.epsilon_ <= 2


def test_balanced_steps_are_in_the_ledger_by_group(admissions):
    resampler = gradients(balance_groups=True).fit(*admissions)
    steps = resampler.ledger_[resampler.ledger_["release"] == "gradients"]
    rates = steps.set_index("group")["sampling rate"]
    assert rates["Female"] > rates["Male"]
    costs = resampler.epsilon_by_group_
    assert max(costs.values()) == resampler.epsilon_ <= 2
    assert costs["Female"] == pytest.approx(costs["Male"], rel=1e-3)


def test_only_steps_can_be_balanced(admissions):
    resampler = gradients(balance_groups=True).set_params(private_engine="marginals")
    with pytest.raises(ValueError, match="balance_groups=True.*sampling_strategy"):
        resampler.fit(*admissions)
