import json

import numpy as np
import pytest

from fairsample.encoding.levels import CategoryLevels


def test_every_category_is_a_code_up_to_the_limit():
    values = np.array([2, 0, 1, 1])
    levels = CategoryLevels(max_categories=3).fit(values)
    np.testing.assert_array_equal(levels.transform(values), values)
    np.testing.assert_array_equal(levels.counts_, [1, 2, 1])
    state = np.random.RandomState(0)
    np.testing.assert_array_equal(levels.inverse_transform(values, state), values)
    assert state.random_sample() == np.random.RandomState(0).random_sample()


def test_rare_categories_share_the_last_code_and_come_back_in_proportion():
    values = np.repeat(np.arange(6), [50, 1, 3, 60, 6, 40])
    levels = CategoryLevels(max_categories=3).fit(values)
    np.testing.assert_array_equal(levels.kept_, [0, 3, 5])
    np.testing.assert_array_equal(levels.pooled_, [1, 2, 4])
    np.testing.assert_array_equal(levels.counts_, [50, 60, 40, 10])
    np.testing.assert_array_equal(levels.transform(np.arange(6)), [0, 3, 3, 1, 3, 2])
    codes = np.full(20_000, 3)
    drawn = levels.inverse_transform(codes, np.random.RandomState(0))
    shares = np.bincount(drawn, minlength=6) / len(codes)
    np.testing.assert_allclose(shares, [0, 0.1, 0.3, 0, 0.6, 0], atol=0.02)
    mixed = levels.inverse_transform(np.arange(4), np.random.RandomState(0))
    np.testing.assert_array_equal(mixed[:3], [0, 3, 5])


def test_categories_that_occur_once_are_no_codes_when_some_are_pooled():
    levels = CategoryLevels(max_categories=3).fit(np.array([0, 1, 1, 2, 3]))
    np.testing.assert_array_equal(levels.kept_, [1])


@pytest.mark.parametrize(("most", "n_codes"), [(0, 1), (None, 900)])
def test_all_or_none_pooled(most, n_codes):
    levels = CategoryLevels(max_categories=most).fit(np.arange(900))
    assert levels.n_codes_ == n_codes


def test_json_draws_the_very_same_categories():
    values = np.random.RandomState(0).poisson(30, 500)
    values = np.unique(values, return_inverse=True)[1]
    levels = CategoryLevels(max_categories=5).fit(values)
    again = CategoryLevels.from_json(json.loads(json.dumps(levels.to_json())))
    codes = levels.transform(values)
    np.testing.assert_array_equal(again.transform(values), codes)
    np.testing.assert_array_equal(
        again.inverse_transform(codes, np.random.RandomState(1)),
        levels.inverse_transform(codes, np.random.RandomState(1)),
    )
