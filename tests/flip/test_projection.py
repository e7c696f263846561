"""Soft rows, and the tables that they were fitted to."""

import numpy as np
import pytest
from resamplers import numpy_state, torch_state

from fairsample.flip.pair_tables import PairTables
from fairsample.flip.projection import project

SIZES = [3, 4, 2, 5]
STARTS = np.append(0, np.cumsum(SIZES))


def mixture(n_parts=3, seed=0):
    """Pair tables and one-ways of a mixture of products, which soft rows can be."""
    rng = np.random.RandomState(seed)
    weights = rng.dirichlet(np.full(n_parts, 5.0))
    parts = np.hstack([rng.dirichlet(np.full(size, 0.5), n_parts) for size in SIZES])
    values = (parts * weights[:, None]).T @ parts
    for start, stop in zip(STARTS, STARTS[1:], strict=False):
        values[start:stop, start:stop] = 0
    tables = PairTables(values.astype(np.float32), STARTS)
    return tables, (weights @ parts).astype(np.float32)


def fit(tables, one_ways, **options):
    options = {"n_steps": 150, "seed": 0, "device": "cpu", **options}
    return project(tables, one_ways, 300, **options)


@pytest.fixture(scope="module")
def fitted():
    tables, one_ways = mixture()
    return tables, one_ways, fit(tables, one_ways)


def test_rows_are_distributions(fitted):
    *_, soft = fitted
    assert soft.shape == (300, sum(SIZES))
    assert soft.dtype == np.float32
    assert soft.min() >= 0
    for part in np.split(soft, STARTS[1:-1], axis=1):
        np.testing.assert_allclose(part.sum(axis=1), 1, atol=1e-5)


def test_tables_of_a_mixture_are_reproduced(fitted):
    tables, _, soft = fitted
    asked_for = tables.values > 0
    found = soft.T @ soft / len(soft)
    assert np.abs(found - tables.values)[asked_for].max() < 0.003


def test_margins_follow(fitted):
    _, one_ways, soft = fitted
    np.testing.assert_allclose(soft.mean(axis=0), one_ways, atol=0.003)


def test_steps_bring_rows_nearer(fitted):
    tables, one_ways, soft = fitted
    asked_for = tables.values > 0

    def distance(rows):
        difference = rows.T @ rows / len(rows) - tables.values
        return np.linalg.norm(difference[asked_for])

    assert distance(soft) < distance(fit(tables, one_ways, n_steps=5)) / 5


def test_a_column_by_itself_keeps_its_one_way():
    one_way = np.array([0.2, 0.5, 0.3], dtype=np.float32)
    tables = PairTables(np.zeros((3, 3), dtype=np.float32), np.array([0, 3]))
    soft = project(tables, one_way, 4000, n_steps=2, seed=0, device="cpu")
    np.testing.assert_allclose(soft.mean(axis=0), one_way, atol=0.06)


def test_seeds_and_global_random_state(fitted):
    tables, one_ways, soft = fitted
    before = numpy_state(), torch_state()
    np.testing.assert_array_equal(fit(tables, one_ways), soft)
    assert (numpy_state(), torch_state()) == before
    assert not np.array_equal(fit(tables, one_ways, n_steps=1, seed=1), soft)


def test_given_tables_are_not_changed():
    tables, one_ways = mixture()
    values, shares = tables.values.copy(), one_ways.copy()
    fit(tables, one_ways, n_steps=2)
    np.testing.assert_array_equal(tables.values, values)
    np.testing.assert_array_equal(one_ways, shares)
