import numpy as np
import pytest

from fairsample.datasets import load_berkeley


def test_counts():
    bunch = load_berkeley()
    assert bunch.data.shape == (4526, 2)
    assert bunch.target.sum() == 1755
    in_a = bunch.frame.query("department == 'A'").groupby("gender")["admitted"]
    assert in_a.sum().to_dict() == {"Female": 89, "Male": 512}
    assert in_a.size().to_dict() == {"Female": 108, "Male": 825}


def test_true_effects_follow_from_the_counts():
    bunch = load_berkeley()
    rate = bunch.frame.groupby(["gender", "department"])["admitted"].mean()
    share = {
        gender: rows["department"].value_counts(normalize=True).sort_index()
        for gender, rows in bunch.data.groupby("gender")
    }
    male, female = rate["Male"], rate["Female"]
    effects = {
        "direct": ((female - male) * share["Male"]).sum(),
        "indirect": (female * (share["Female"] - share["Male"])).sum(),
    }
    effects["total_variation"] = sum(effects.values())
    for name, value in effects.items():
        np.testing.assert_allclose(bunch.true_effects[name], value, atol=5e-7)
    assert bunch.true_effects["spurious"] == 0


@pytest.mark.parametrize("as_frame", [True, False])
def test_return_X_y(as_frame):
    X, y = load_berkeley(return_X_y=True, as_frame=as_frame)
    assert X.shape == (4526, 2)
    assert y.shape == (4526,)
