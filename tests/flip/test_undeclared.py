import numpy as np
import pandas as pd
import pytest
from resamplers import mixed_frame
from scripted_noise import ScriptedNoise

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.columns import release_columns
from fairsample.flip.conforming import conform
from fairsample.flip.secure_noise import SecureNoise
from fairsample.flip.undeclared import complete_domain


def completed(frame, domain=None, epsilon=1.0, noise=None, ledger=None):
    return complete_domain(
        frame,
        domain,
        ledger=ledger or PrivacyLedger(1e-5),
        epsilon=epsilon,
        noise=noise or ScriptedNoise(),
    )


def column(values, dtype=None, **options):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=dtype)})
    return completed(frame, **options)["x"]


@pytest.mark.parametrize(
    "values, bounds",
    [
        ([5, 9, 40], (4, 63)),
        ([0, 0, 0], (0, 0)),
        ([-1, 0, 1], (-1, 1)),
        ([-100, -70, -65], (-127, -64)),
        ([2**40, 2**40 + 1], (2**40, 2**41 - 1)),
        ([0.3, 0.4, 0.9], (0.25, 1.0)),
        ([-6.5, 0.0, 1e-30], (-8.0, 0.0)),
    ],
)
def test_bounds_are_powers_of_two_around_the_values(values, bounds):
    found = column(np.repeat(values, 1000))
    assert found.bounds == bounds
    assert found.missing is False


def test_bounds_stay_within_the_dtype():
    assert column(np.repeat([100, -100], 500), "int8").bounds == (-127, 127)
    assert column(np.repeat([200], 500), "uint8").bounds == (128, 255)
    assert column(np.repeat([2**64 - 1], 500), "uint64").bounds[1] == 2**64 - 1


def test_bounds_of_times():
    times = pd.Series(pd.date_range("2019-01-01", periods=2000, freq="D"))
    for dtype in ("datetime64[s]", "datetime64[ns]", "datetime64[ns, UTC]"):
        given = times.dt.tz_localize("UTC") if "UTC" in dtype else times
        bounds = column(given, dtype).bounds
        assert bounds[0] <= given.min() and bounds[1] >= given.max()
        assert bounds[0].year > 1990 and bounds[1].year < 2050


def test_rare_extremes_and_infinities_do_not_stretch_the_bounds():
    values = np.append(np.repeat([5.0, 6.0], 1000), [1e9, -np.inf, np.inf, np.nan])
    assert column(values).bounds == (4.0, 8.0)


def test_values_that_crowd_get_a_log_scale():
    rng = np.random.RandomState(0)
    assert column(rng.lognormal(3, 3, 20_000)).scale == "log"
    assert column(rng.uniform(0, 100, 20_000)).scale == "linear"
    assert column(-rng.lognormal(3, 3, 20_000)).scale == "linear"


def test_categories_that_many_rows_hold_are_listed_by_frequency():
    values = np.repeat(["b", "a", "secret", "c"], [400, 900, 1, 300])
    for dtype in ("str", "object", "category"):
        for _ in range(5):
            found = column(values, dtype, noise=SecureNoise())
            assert found.categories == ("a", "b", "c")
            assert found.missing is False


def test_ordered_categories_keep_their_order():
    dtype = pd.CategoricalDtype(["low", "never", "mid", "high"], ordered=True)
    values = np.repeat(["mid", "low", "high"], [900, 300, 500])
    assert column(values, dtype).categories == ("low", "mid", "high")


@pytest.mark.parametrize("dtype", ["str", "float64", "Int64", "datetime64[s]"])
def test_missing_values_are_found_by_their_noisy_count(dtype):
    value = {"str": "a", "datetime64[s]": pd.Timestamp("2020-01-01")}.get(dtype, 3)
    assert column([value] * 900 + [None] * 400, dtype).missing is True
    assert column([value] * 900 + [None], dtype).missing is False
    frame = pd.DataFrame({"x": pd.Series([value] * 900 + [None], dtype=dtype)})
    assert completed(frame, {"x": {"missing": True}})["x"].missing is True


@pytest.mark.parametrize("epsilon", [0.1, 1.0])
def test_the_whole_costs_what_was_allowed(epsilon):
    frame, _ = mixed_frame()
    ledger, noise = PrivacyLedger(1e-5), ScriptedNoise()
    big = pd.concat([frame] * 30)
    completed(big, {"int": {"bounds": [0, 90]}}, epsilon, noise, ledger)
    assert epsilon * 0.99 < ledger.epsilon() <= epsilon
    (mechanism,) = ledger.mechanisms
    assert mechanism.delta > 0
    stds = np.array([std for _, std in noise.asked])
    assert (stds**-2).sum() ** -0.5 == pytest.approx(mechanism.noise_multiplier)
    assert len(stds) == 9


def test_a_record_adds_one_to_one_count_of_a_column():
    frame = pd.DataFrame({"a": [1.0, np.inf, None, 0.0], "b": ["x", "y", "y", None]})
    sums = []

    class Watched(ScriptedNoise):
        def normal(self, shape, std):
            sums.append(shape)
            return np.full(shape, 1e9)

    completed(frame, noise=Watched())
    assert len(sums) == 2 and sums[1] == 3


def test_what_is_declared_costs_nothing():
    frame, _ = mixed_frame()
    ledger = PrivacyLedger(1e-5)
    domain = completed(frame[["int"]], {"int": {"bounds": [0, 9]}}, 0, None, ledger)
    assert domain["int"].bounds == (0, 9)
    assert not ledger.mechanisms


@pytest.mark.parametrize("epsilon", [None, 0, 0.0])
def test_without_a_budget_undeclared_columns_are_refused(epsilon):
    frame = pd.DataFrame({"age": [3], "town": ["x"], "smokes": [True]})
    ledger = PrivacyLedger(1e-5)
    with pytest.raises(
        ValueError, match=r"'age', 'town'\. .*domain=.*preprocess_epsilon="
    ):
        completed(frame, None, epsilon, None, ledger)
    assert not ledger.mechanisms


@pytest.mark.parametrize("values", [["a", "b", "c"], [1.5, 2.5], [None, None]])
def test_too_few_rows_are_refused_by_name(values):
    with pytest.raises(ValueError, match=r"'x' has no .*domain=.*preprocess_epsilon="):
        column(values, "str" if values[0] == "a" else "float64")


def test_all_of_a_table_can_be_found_out():
    frame, _ = mixed_frame()
    frame = pd.concat([frame] * 20, ignore_index=True)
    ledger, noise = PrivacyLedger(1e-5), SecureNoise()
    domain = complete_domain(frame, None, ledger=ledger, epsilon=1.0, noise=noise)
    sketch, domain = release_columns(
        frame, domain, ledger=ledger, noise_multipliers=20.0, noise=noise
    )
    conforming = conform(frame, domain)
    assert sketch.dtypes.equals(conforming.dtypes)
    plain = frame.columns.drop(["ordered", "unordered", "sex"])
    assert conforming[plain].dtypes.equals(frame[plain].dtypes)
    for name in ("int", "race", "Int64", "bool", "str", "sex"):
        assert (conforming[name].isna() == frame[name].isna()).all()
        same = conforming[name].astype(object) == frame[name].astype(object)
        assert (same | frame[name].isna()).mean() > 0.99
