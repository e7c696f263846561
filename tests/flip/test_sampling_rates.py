"""Rates of groups, and groups that are too small for theirs."""

import numpy as np
import pytest

from fairsample.flip.sampling_rates import check_rates


def test_rates_read_what_was_asked_on_average():
    sizes = {"F": 9_700.3, "M": 19_500.0}
    rates = check_rates(sizes, 256)
    assert rates["F"] * sizes["F"] == pytest.approx(256)
    assert rates["M"] * sizes["M"] == pytest.approx(256)
    by_group = check_rates(sizes, {"M": 100, "F": 50})
    assert by_group == {"F": 50 / 9_700.3, "M": 100 / 19_500.0}


def test_small_groups_are_named_with_their_rates():
    sizes = {("b", 1): 120.4, ("w", 1): 20_000, ("o", 0): 3_000.0}
    with pytest.raises(ValueError, match=r"\('b', 1\) \(about 120 rows, rate 2\.1\)\."):
        check_rates(sizes, 250)
    with pytest.raises(ValueError, match="Merge them"):
        check_rates(sizes, 250, cap=1)
    assert check_rates({"a": 2_500}, 250) == {"a": 0.1}
    with pytest.raises(ValueError, match="rate 0.1"):
        check_rates({"a": 2_499}, 250)


@pytest.mark.parametrize("size", [0, -3.2, np.nan])
def test_noise_may_leave_nothing_of_a_group(size):
    with pytest.raises(ValueError, match=r"'X' \(about 0 rows, rate inf\)"):
        check_rates({"F": 1e6, "X": size}, 10)


@pytest.mark.parametrize("cap", [0, -0.1, 1.1, np.nan])
def test_cap_must_be_a_rate(cap):
    with pytest.raises(ValueError, match=r"cap must be in \(0, 1\]"):
        check_rates({"F": 100}, 1, cap=cap)


@pytest.mark.parametrize("rows", [0, -1, np.inf, np.nan, {"M": 3}])
def test_rows_must_be_asked_for_every_group(rows):
    with pytest.raises(ValueError, match="rows_per_step must be positive .* '[FM]'"):
        check_rates({"M": 1000, "F": 1000}, rows)
