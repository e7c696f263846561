"""Frames in, frames out: dtypes, conditions, seeds, states, and what alignment does."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal
from resamplers import numpy_state, torch_state
from small_table import SMALL, TINY, fit_network, mixed_table

from fairsample.flip.network import FlipNetwork

N_ROWS = 1200


@pytest.fixture(scope="module")
def tiny():
    return fit_network()


@pytest.fixture(scope="module")
def learned():
    return fit_network(SMALL, n=N_ROWS)[0]


@pytest.fixture(scope="module")
def aligned(learned):
    network = FlipNetwork.from_state(learned.state())
    return network.align(*mixed_table(N_ROWS), 4.0, seed=1)


def draw_cells(network, n=1500):
    group, label = np.divmod(np.arange(n) % 4, 2)
    return network.draw(group, label, 0), group, label


def test_columns_dtypes_and_values_are_those_fitted(tiny):
    network, (frame, group, label) = tiny
    drawn = network.draw(group, label, 0)
    assert drawn.dtypes.equals(frame.dtypes)
    assert drawn.index.equals(pd.RangeIndex(len(frame)))
    for name in ("sex", "club", "member"):
        assert set(drawn[name].dropna()) <= set(frame[name].dropna())
    for name in ("grade", "score", "gain", "since"):
        assert (
            drawn[name]
            .between(frame[name].min(), frame[name].max())[drawn[name].notna()]
            .all()
        )
    assert not drawn[["gain", "since", "club"]].isna().any(axis=None)


def test_a_column_that_the_group_fixes_is_the_groups(tiny):
    network, (frame, group, label) = tiny
    assert (network.draw(1 - group, label, 0)["sex"] != frame["sex"]).all()


@pytest.mark.parametrize("kind", ["number", "object"])
def test_tables_of_one_kind(kind):
    frame, group, label = mixed_table()
    names = ["score", "gain"] if kind == "number" else ["club", "member"]
    network = FlipNetwork.fit(frame[names], group, label, settings=TINY, seed=0)
    assert network.draw(group, label, 0).dtypes.equals(frame[names].dtypes)


def test_one_column_fixed_by_the_group():
    frame, group, label = mixed_table()
    network = FlipNetwork.fit(frame[["sex"]], group, label, settings=TINY, seed=0)
    assert_frame_equal(network.draw(group, label, 0), frame[["sex"]])


def test_no_rows(tiny):
    network, (frame, *_) = tiny
    nothing = np.empty(0, dtype=int)
    drawn = network.draw(nothing, nothing, 0)
    assert drawn.shape == (0, frame.shape[1])


def test_the_same_seed_gives_the_same_rows(tiny):
    network, (frame, group, label) = tiny
    again, _ = fit_network()
    rows = network.draw(group, label, 3)
    assert_frame_equal(rows, again.draw(group, label, 3))
    assert not rows.equals(network.draw(group, label, 4))
    other, _ = fit_network(seed=1)
    assert not rows.equals(other.draw(group, label, 3))


def test_a_random_state_is_advanced(tiny):
    network, (_, group, label) = tiny
    stream = np.random.RandomState(0)
    first = network.draw(group, label, stream)
    assert not first.equals(network.draw(group, label, stream))


def test_nothing_of_the_callers_is_touched():
    frame, group, label = mixed_table()
    before = frame.copy(), group.copy(), label.copy()
    states = numpy_state(), torch_state()
    network = FlipNetwork.fit(frame, group, label, settings=TINY, seed=0)
    network.align(frame, group, label, 1.0, seed=0).draw(group, label, 0)
    assert_frame_equal(frame, before[0])
    assert (group == before[1]).all() and (label == before[2]).all()
    assert (numpy_state(), torch_state()) == states


def test_state_there_and_back(tiny):
    network, (_, group, label) = tiny
    state = network.state()
    loaded = FlipNetwork.from_state(state)
    assert_frame_equal(loaded.draw(group, label, 0), network.draw(group, label, 0))
    assert loaded.fairness_weight == 0
    assert isinstance(json.dumps(state["settings"]), str)


def test_training_is_kept_for_any_fairness_weight(tmp_path, monkeypatch):
    first, table = fit_network(memory=str(tmp_path))
    monkeypatch.setattr("fairsample.flip.nets.VaeNet.fit", None)
    again, _ = fit_network(memory=str(tmp_path))
    _, group, label = table
    assert_frame_equal(first.draw(group, label, 0), again.draw(group, label, 0))
    assert again.align(*table, 2.0, seed=0).fairness_weight == 2


def test_groups_and_classes_are_learned(learned):
    """`club` follows the group in 90 % of rows, `grade` is 2 or 8 by the label."""
    drawn, group, label = draw_cells(learned)
    club = drawn["club"].eq("x").groupby(group).mean()
    assert abs(club[0] - club[1]) > 0.55
    grade = drawn["grade"].astype(float).groupby(label).mean()
    assert grade[0] == pytest.approx(2, abs=0.8)
    assert grade[1] == pytest.approx(8, abs=1)


def test_margins_are_those_of_the_training_rows(learned):
    frame, group, label = mixed_table(N_ROWS)
    drawn = learned.draw(group, label, 0)
    for name in ("grade", "score"):
        share = drawn[name].isna().mean()
        assert share == pytest.approx(frame[name].isna().mean(), abs=0.06)
    assert (drawn["gain"] == 0).mean() == pytest.approx(0.8, abs=0.06)


def test_full_alignment_leaves_no_trace_of_the_group(aligned):
    drawn, group, label = draw_cells(aligned)
    club = drawn["club"].eq("x").groupby(group).mean()
    assert abs(club[0] - club[1]) < 0.1
    grade = drawn["grade"].astype(float).groupby(label).mean()
    assert grade[1] - grade[0] > 4


def test_alignment_works_in_the_latents_too(learned, aligned):
    """Rows written as they are asked, no group exchanged, follow their group less."""
    gaps = []
    for network in (learned, aligned):
        group, label = np.divmod(np.arange(1500) % 4, 2)
        columns = network.write(group, label, torch.Generator().manual_seed(0))
        club = columns[:, 2].float()
        gaps.append(abs(float(club[group == 0].mean() - club[group == 1].mean())))
    assert gaps[1] < 0.7 * gaps[0]


@pytest.mark.parametrize("weight", [0.0, 1.0, 4.0, 9.0])
def test_share_of_rows_whose_group_is_exchanged(tiny, weight):
    network = FlipNetwork.from_state({**tiny[0].state(), "fairness_weight": weight})
    network.cell_counts = np.array([[30, 5], [10, 15]])
    group, label = np.zeros(20_000, dtype=int), np.repeat([0, 1], 10_000)
    written = network.exchange_groups(group, label, np.random.RandomState(0))
    share = min(weight / 4, 1)
    assert written[label == 0].mean() == pytest.approx(0.25 * share, abs=0.02)
    assert written[label == 1].mean() == pytest.approx(0.75 * share, abs=0.02)
