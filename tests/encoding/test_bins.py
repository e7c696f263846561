import json

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fairsample.encoding import ColumnBins

SEEDS = [0, 1, 2]


def lognormal(rng, n):
    return rng.lognormal(3, 1, n)


def zero_inflated(rng, n):
    return np.where(rng.random_sample(n) < 0.6, 0.0, rng.lognormal(5, 2, n))


def heaped_integers(rng, n):
    exact = rng.poisson(500, n)
    return np.where(rng.random_sample(n) < 0.7, 50 * (exact // 50), exact)


def cents(rng, n):
    return np.round(rng.gamma(2, 30, n), 2)


def capped_float32(rng, n):
    return np.minimum(rng.normal(0, 1, n), 1.5).astype(np.float32)


def seconds_of_years(rng, n):
    return 1_500_000_000 + 3600 * rng.randint(0, 20_000, n)


def hashes(rng, n):
    info = np.iinfo(np.int64)
    return rng.randint(info.min, info.max, n, dtype=np.int64)


def unsigned_hashes(rng, n):
    return rng.randint(0, np.iinfo(np.uint64).max, n, dtype=np.uint64)


SHAPES = [
    lognormal,
    zero_inflated,
    heaped_integers,
    cents,
    capped_float32,
    seconds_of_years,
    hashes,
    unsigned_hashes,
]


def decoded(bins, values, seed=0):
    codes = bins.transform(values)
    return codes, bins.inverse_transform(codes, np.random.RandomState(seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n", [7, 60, 900, 6000])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_drawn_value_lies_in_its_bin_and_in_the_range(shape, n, seed):
    values = shape(np.random.RandomState(seed), n)
    bins = ColumnBins().fit(values)
    codes, drawn = decoded(bins, values, seed)
    assert drawn.dtype == values.dtype
    assert drawn.min() >= values.min() and drawn.max() <= values.max()
    np.testing.assert_array_equal(bins.transform(drawn), codes)
    for code in np.unique(codes):
        inside = values[codes == code]
        assert drawn[codes == code].min() >= inside.min()
        assert drawn[codes == code].max() <= inside.max()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_codes_ascend_with_the_values_and_each_occurs(shape, seed):
    values = np.sort(shape(np.random.RandomState(seed), 3000))
    bins = ColumnBins().fit(values)
    codes = bins.transform(values)
    assert (np.diff(codes) >= 0).all()
    np.testing.assert_array_equal(np.bincount(codes), bins.counts_)
    assert len(bins.counts_) == bins.n_codes_ <= 2 * bins.n_bins + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_distribution_is_kept(shape):
    values = shape(np.random.RandomState(3), 20_000)
    _, drawn = decoded(ColumnBins().fit(values), values)
    assert ks_2samp(values, drawn).statistic < 0.004


@pytest.mark.parametrize("shape", [lognormal, cents, seconds_of_years])
def test_distribution_within_a_wide_bin_is_kept(shape):
    values = shape(np.random.RandomState(4), 20_000)
    bins = ColumnBins(n_bins=4).fit(values)
    codes, drawn = decoded(bins, values)
    assert bins.n_codes_ == 4
    for code in range(4):
        inside = codes == code
        assert ks_2samp(values[inside], drawn[inside]).statistic < 0.04


def test_the_tail_of_a_heavy_tail_is_kept():
    values = np.random.RandomState(0).lognormal(0, 2, 30_000)
    bins = ColumnBins().fit(values)
    codes = np.tile(bins.transform(values), 20)
    drawn = bins.inverse_transform(codes, np.random.RandomState(1))
    assert drawn.mean() == pytest.approx(values.mean(), rel=0.02)
    assert drawn.std() == pytest.approx(values.std(), rel=0.1)


def test_continuous_values_are_drawn_anew_not_copied():
    values = np.random.RandomState(0).normal(size=5000)
    _, drawn = decoded(ColumnBins().fit(values), values)
    assert np.isin(drawn, values).mean() < 0.01


@pytest.mark.parametrize(
    "values",
    [
        np.arange(128).repeat(2),
        np.array([2**62 + 1, -(2**62) - 3, 7, 2**62 + 2] * 3),
        np.array([2**64 - 1, 0, 2**63 + 1], dtype=np.uint64),
        np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max, 0]),
        np.array([0.1, 1 / 3, np.pi, 1e300, -1e-300] * 2),
        np.array([0.1, 1 / 3, 65504], dtype=np.float16),
        np.array([0.1, 1 / 3, 3e38], dtype=np.float32),
        np.array([-128, 127, 3], dtype=np.int8),
    ],
    ids=lambda values: f"{values.dtype}-{len(values)}",
)
def test_few_distinct_values_come_back_exactly(values):
    bins = ColumnBins().fit(values)
    codes, drawn = decoded(bins, values)
    np.testing.assert_array_equal(drawn, values)
    assert drawn.dtype == values.dtype
    assert bins.n_codes_ == len(np.unique(values))


def test_values_that_do_not_recur_are_binned():
    values = np.random.RandomState(0).normal(size=100)
    assert ColumnBins().fit(values).n_codes_ == 10


def test_more_levels_than_allowed_are_binned_and_few_rows_make_few_bins():
    values = np.arange(129).repeat(4)
    assert ColumnBins().fit(values).n_codes_ < 40
    assert ColumnBins(max_levels=129).fit(values).n_codes_ == 129
    assert ColumnBins(max_levels=5).fit(np.arange(12).repeat(20)).n_codes_ == 12
    assert ColumnBins(max_levels=5, n_bins=3).fit(np.arange(12).repeat(9)).n_codes_ == 3


def test_a_point_mass_has_its_own_code_and_cuts_the_bins_beside_it():
    rng = np.random.RandomState(0)
    values = np.r_[np.full(500, 40.0), rng.normal(40, 10, 4000)]
    bins = ColumnBins().fit(values)
    mass = bins.transform(np.array([40.0]))
    beside = values[bins.transform(values) != mass]
    assert bins.counts_[mass] == 500
    assert 40.0 not in bins.inverse_transform(bins.transform(beside), rng)


def test_recurring_values_in_a_bin_keep_their_shares():
    rng = np.random.RandomState(0)
    values = rng.choice(np.sqrt(np.arange(1, 201)), size=4000)
    bins = ColumnBins(n_bins=20).fit(values)
    codes, drawn = decoded(bins, np.tile(values, 20))
    assert np.isin(drawn, values).all()
    share = (drawn == np.sqrt(50)).mean()
    assert share == pytest.approx((values == np.sqrt(50)).mean(), rel=0.15)


@pytest.mark.parametrize("scale", [1, 1 / 3])
def test_nothing_is_drawn_between_the_values_and_a_sentinel(scale):
    rng = np.random.RandomState(0)
    values = np.r_[rng.randint(0, 400, 20_000), np.full(90, 9999)] * scale
    bins = ColumnBins().fit(values)
    codes, drawn = decoded(bins, np.tile(values, 5))
    assert bins.n_codes_ < 110
    assert not ((drawn > 400 * scale) & (drawn < 9999 * scale)).any()
    assert (drawn == 9999 * scale).sum() == pytest.approx(450, rel=0.15)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (lambda rng: 15 * rng.randint(0, 4000, 5000) - 30_000, 15),
        (lambda rng: rng.randint(0, 4000, 5000) * 0.25, 0.25),
        (lambda rng: np.round(rng.normal(0, 1, 5000), 3), 0.001),
        (lambda rng: (rng.randint(0, 9000, 5000) * 100).astype(np.float32), 100),
    ],
)
def test_resolution_is_kept(values, step):
    values = values(np.random.RandomState(0))
    _, drawn = decoded(ColumnBins().fit(values), values)
    steps = drawn.astype(float) / step
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    if values.dtype == np.float64:
        np.testing.assert_array_equal(drawn, np.round(drawn, 3))


def test_unseen_values_have_the_nearest_code():
    bins = ColumnBins().fit(np.array([10, 20, 40]))
    values = np.array([-5, 14, 16, 31, 99])
    np.testing.assert_array_equal(bins.transform(values), [0, 0, 1, 2, 2])
    np.testing.assert_array_equal(bins.transform(values + 0.3), [0, 0, 1, 2, 2])
    extremes = np.array([0, 2**64 - 1], dtype=np.uint64)
    np.testing.assert_array_equal(bins.transform(extremes), [0, 2])


def test_constant_values_have_one_code():
    bins = ColumnBins().fit(np.full(30, 0.7))
    assert bins.n_codes_ == 1
    drawn = bins.inverse_transform(np.zeros(3, dtype=int), np.random.RandomState(0))
    np.testing.assert_array_equal(drawn, [0.7] * 3)


def test_no_values_give_no_codes():
    bins = ColumnBins().fit(np.random.RandomState(0).normal(size=400))
    codes, drawn = decoded(bins, np.empty(0))
    assert codes.shape == drawn.shape == (0,)


@pytest.mark.parametrize("shape", SHAPES)
def test_json_draws_the_very_same_values(shape):
    values = shape(np.random.RandomState(5), 4000)
    bins = ColumnBins(max_levels=64, n_bins=50).fit(values)
    again = ColumnBins.from_json(json.loads(json.dumps(bins.to_json())))
    codes, drawn = decoded(bins, values)
    same_codes, same = decoded(again, values)
    np.testing.assert_array_equal(codes, same_codes)
    np.testing.assert_array_equal(drawn, same)
    assert same.dtype == values.dtype
    assert again.to_json() == bins.to_json()


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.RandomState(0)
    values = zero_inflated(rng, 3000)
    bins = ColumnBins().fit(values)
    assert ColumnBins().fit(rng.permutation(values)).to_json() == bins.to_json()


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf, 1.0]])
def test_values_that_cannot_be_binned_are_refused(values):
    with pytest.raises(ValueError, match="value"):
        ColumnBins().fit(np.array(values))


@pytest.mark.parametrize("name", ["max_levels", "n_bins"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is at least 1, not 0"):
        ColumnBins(**{name: 0}).fit(np.arange(3))
