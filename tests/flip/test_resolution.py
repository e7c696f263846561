import numpy as np
import pandas as pd
import pytest
from scripted_noise import ScriptedNoise

from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.number_axis import NumberAxis
from fairsample.flip.resolution import find_step


def found_step(series, std=0.0, noise=None, **declaration):
    column = ColumnDomain.from_declaration("x", declaration)
    column = domain_for_dtype("x", column, series.dtype)
    axis = NumberAxis.from_domain("x", column, series.dtype)
    found = find_step(series, column, axis, std, noise or ScriptedNoise())
    NumberAxis.from_domain("x", found, series.dtype)
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64"])
@pytest.mark.parametrize("decimals, step", [(0, 1.0), (1, 0.1), (3, 0.001)])
def test_the_decimals_of_floats(dtype, decimals, step):
    values = np.round(np.random.RandomState(0).uniform(0, 50, 1000), decimals)
    found = found_step(pd.Series(values, dtype=dtype), bounds=[0.00005, 50.00005])
    assert found.step == step
    assert found.bounds == (step, 50.0)


def test_measurements_have_no_resolution():
    series = pd.Series(np.random.RandomState(0).normal(size=500))
    assert found_step(series, bounds=[-5, 5]).step is None


def test_whole_numbers_between_which_there_is_none_have_no_resolution():
    series = pd.Series(np.full(500, 7.0))
    assert found_step(series, bounds=[0.2, 0.8]).step == 0.1


@pytest.mark.parametrize(
    "unit, text", [("D", "1D"), ("h", "1h"), ("min", "1min"), ("s", "1s")]
)
@pytest.mark.parametrize("dtype", ["datetime64[ns]", "datetime64[s]"])
def test_the_unit_of_times(unit, text, dtype):
    rng = np.random.RandomState(0)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        rng.randint(0, 1000, 500), unit=unit
    )
    found = found_step(
        pd.Series(times).astype(dtype), bounds=["2020-01-01 00:00:00", "2030-01-01"]
    )
    assert found.step == pd.Timedelta(text)
    assert found.bounds[1] == pd.Timestamp("2030-01-01")


def test_a_few_finer_values_do_not_count():
    values = np.arange(1000.0)
    values[:80] += 0.123
    assert found_step(pd.Series(values), bounds=[0, 1000]).step == 1.0
    values[:120] += 0.1
    assert found_step(pd.Series(values), bounds=[0, 1000]).step != 1.0


def test_noise_leaves_a_small_column_as_it_is():
    series = pd.Series(np.random.RandomState(0).uniform(0, 1, 50))
    for seed in range(30):
        noise = ScriptedNoise(seed)
        assert found_step(series, std=100.0, noise=noise, bounds=[0, 1]).step is None


def test_a_record_adds_one_to_one_count():
    series = pd.Series([1.0, 0.5, 0.1234567, np.inf, -np.inf, np.nan])
    noise = ScriptedNoise()
    found_step(series, std=3.0, noise=noise, bounds=[0, 2])
    assert noise.asked == [(8, 3.0)]
