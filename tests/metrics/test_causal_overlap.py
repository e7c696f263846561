"""Warnings where the groups do not overlap."""

import warnings

import numpy as np
import pytest
from structural_models import MODEL, draw_world

from fairsample.causal import StandardFairnessModel
from fairsample.metrics import causal_effects
from fairsample.validation import DataWarning

FAST = {"learner": "linear", "random_state": 0}


def warned(X, y, model=MODEL, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        effects = causal_effects(X, y, model=model, **(FAST | options))
    assert all(one.category is DataWarning for one in caught)
    assert all(one.filename == __file__ for one in caught)
    return effects, [str(one.message) for one in caught]


def test_nothing_is_said_of_groups_that_overlap():
    effects, messages = warned(*draw_world("A", 800, seed=0))
    assert messages == []
    assert effects.overlap["clipped"].max() == 0
    assert effects.overlap["lowest"].between(0.01, 0.5).all()


def test_effective_rows_are_the_comparison_when_groups_are_alike():
    X, y = draw_world("A", 800, seed=0)
    X["group"] = np.where(np.arange(800) % 2, "x1", "x0")
    X["z"] = np.repeat(np.arange(400), 2) / 400
    model = StandardFairnessModel(sensitive="group", confounders=["z"])
    effects = causal_effects(X, y, model=model, **FAST)
    effective = effects.overlap["effective_rows"].tolist()
    assert effective == pytest.approx([400, 400], rel=1e-2)


@pytest.mark.parametrize("role", ["confounders", "mediators"])
def test_a_level_of_one_group_only_is_named(role):
    X, y = draw_world("A", 600, seed=1)
    third = np.where(X["z"] > 0, "b", "c")
    X["ward"] = np.where((X["group"] == "x0") & (X["w"] > 0.5), "icu", third)
    model = StandardFairnessModel(sensitive="group", **{role: ["ward"]})
    _, messages = warned(X, y, model)
    rows = (X["ward"] == "icu").sum()
    assert messages[0].startswith(
        "x1 against x0: column 'ward' has levels that only one of the groups has"
    )
    assert f"'icu' ({rows} rows)" in messages[0]


def test_rare_levels_of_one_group_are_passed_over():
    X, y = draw_world("A", 600, seed=1)
    X["ward"] = np.where(np.arange(600) < 3, "icu", "b")
    X.loc[:2, "group"] = "x0"
    model = StandardFairnessModel(sensitive="group", mediators=["ward"])
    assert warned(X, y, model)[1] == []


def test_a_number_that_tells_the_groups_apart_is_named():
    X, y = draw_world("A", 600, seed=1)
    X["z"] = X["z"] + 6 * (X["group"] == "x1")
    effects, messages = warned(X, y)
    assert len(messages) == 1
    assert "almost surely in one group" in messages[0]
    assert "(mostly by 'z')" in messages[0]
    assert effects.overlap["clipped"].max() > 0.5
    assert "of rows clipped" in repr(effects)


def test_the_clip_bounds_what_a_row_weighs():
    X, y = draw_world("A", 600, seed=1)
    X["z"] = X["z"] + 3 * (X["group"] == "x1")
    found = [warned(X, y, overlap_clip=clip)[0] for clip in (0.001, 0.05, 0.2)]
    effective = [effects.overlap["effective_rows"].iloc[1] for effects in found]
    assert effective[0] < effective[1] < effective[2] / 2
