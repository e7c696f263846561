import numpy as np
import pytest
from structural_models import MODEL, draw_world

from fairsample.causal.pooled_effects import pool_effects
from fairsample.metrics import CausalEffectsByCase, causal_effects


@pytest.fixture(scope="module")
def tables():
    return [
        causal_effects(*draw_world("A", 400, seed), model=MODEL, learner="linear")
        for seed in range(3)
    ]


def test_values_are_means_and_errors_those_of_independent_tables(tables):
    pooled = pool_effects(tables)
    for name, effect in pooled.effects.items():
        parts = [table.effects[name] for table in tables]
        assert effect.value == pytest.approx(np.mean([part.value for part in parts]))
        squared = sum(part.se**2 for part in parts)
        assert effect.se == pytest.approx(np.sqrt(squared) / 3)
    assert pooled.n_rows == 1200


def test_influence_tells_what_weights_on_all_rows_do(tables):
    pooled = pool_effects(tables).direct
    weights = np.repeat([0.5, 0.25, 0.25], 400) / 400
    moved = sum(weights * pooled.influence)
    assert pooled.influence.mean() == pytest.approx(0)
    assert moved == pytest.approx(0, abs=1e-12)  # no row gains on others of its table


def test_parts_still_add_up(tables):
    pooled = pool_effects(tables)
    parts = pooled.direct.value + pooled.indirect.value + pooled.spurious.value
    assert pooled.total_variation.value == pytest.approx(parts, abs=1e-12)


def test_one_table_is_what_it_was(tables):
    assert pool_effects(tables[:1]).direct is tables[0].direct


def test_each_case_by_itself(tables):
    by_case = [CausalEffectsByCase({"a": one, "b": tables[0]}) for one in tables]
    pooled = pool_effects(by_case)
    assert list(pooled) == ["a", "b"]
    assert pooled["b"].direct.value == pytest.approx(tables[0].direct.value)
    assert pooled["a"].direct.value == pool_effects(tables).direct.value
