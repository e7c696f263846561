"""CausalLLMResampler with a language model: an endpoint, or a tiny checkpoint."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from endpoint_tables import (
    KEY,
    assert_rows_of_the_table,
    backend_for,
    biased_patients,
    write_patients,
)
from stub_server import CONTENT_FAULTS, HTTP_FAULTS, block_of

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.base import DataWarning
from fairsample.causal import HuggingFaceLM

MODEL = StandardFairnessModel(
    sensitive="race", confounders=["age", "born"], mediators=["stay", "pain", "ward"]
)
PROGRAM = """
import sys
from types import SimpleNamespace
from test_endpoint_resampler import resampled
resampled(SimpleNamespace(url=sys.argv[1]), concurrency=1, cache_dir=sys.argv[2])
"""

pytestmark = pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")


@pytest.fixture
def server(server):
    """An endpoint that knows what the table is drawn from."""
    server.write_rows = write_patients(0.4)
    return server


def resampler_for(server, changes=None, **parameters):
    few = {"n_refinements": 1, "rows_to_refine": 200, "most_rows_to_check": 200}
    defaults = {
        "fairness_model": MODEL,
        "llm": backend_for(server, **{**few, "rows_per_request": 20, **parameters}),
        "learner": "linear",
        "n_folds": 2,
        "overgeneration": 2.0,
        "held_out_fraction": 0.0,
        "random_state": 0,
    }
    return CausalLLMResampler(**{**defaults, **(changes or {})})


def resampled(server, changes=None, **parameters):
    """Give a resampler, and what it made of the patients."""
    resampler = resampler_for(server, changes, **parameters)
    return resampler, *resampler.fit_resample(*biased_patients())


def assert_patients(resampler, X_resampled, y_resampled):
    """Check that real rows are untouched and all that is owed is below them."""
    X, y = biased_patients()
    n_owed = sum(resampler.rows_owed_.values())
    assert len(X_resampled) == len(y_resampled) == len(X) + n_owed
    pd.testing.assert_frame_equal(X_resampled[: len(X)], X)
    pd.testing.assert_series_equal(y_resampled[: len(X)], y)
    added = X_resampled[len(X) :].reset_index(drop=True)
    assert_rows_of_the_table(added, X)
    cells = pd.DataFrame({"race": added["race"], "y": y_resampled[len(X) :].to_numpy()})
    for cell, rows_owed in resampler.rows_owed_.items():
        assert (cells == list(cell)).all(axis=1).sum() == rows_owed


def bodies(server):
    return [json.dumps(body, sort_keys=True) for body in server.bodies]


class TestRows:
    def test_all_arrive_at_five_percent_of_every_fault(self, server):
        server.faults = dict.fromkeys([*HTTP_FAULTS, *CONTENT_FAULTS], 0.05)
        result = resampled(
            server, {"sampling_strategy": "cells"}, timeout=0.5, rows_per_request=10
        )
        assert_patients(*result)
        resampler = result[0]
        assert len(server.happened) > 8
        assert resampler.backend_name_ == "OpenAICompatible"
        assert resampler.rejected_["unreadable answer"] > 0
        assert resampler.effects_synthetic_ is not None

    def test_removed_pathway_is_written_in_stages(self, server):
        result = resampled(server, {"fairness_weight": 1.0})
        assert_patients(*result)
        effects = result[0].effects_synthetic_
        assert abs(effects.direct.value) < 2 * effects.direct.se
        written = {block_of(body)["write"][-1] for body in server.bodies}
        assert written == {"race", "ward", "died"}

    def test_held_out_rows_are_not_sent(self, server):
        resampler, *_ = resampled(server, {"held_out_fraction": 0.2})
        assert resampler.equivalence_held_out_ is not None
        held = resampler.backend_.rows_
        assert len(held) == 240
        shown = {row["born"] for b in server.bodies for row in block_of(b)["examples"]}
        assert shown <= set(held["born"].dt.date.astype(str))


class TestRefinement:
    def test_gaps_reach_the_prompts_and_are_acted_on(self, server):
        """A model that leaves out the direct effect until it is told of it."""
        without, usual = write_patients(0.0), write_patients(0.4)
        server.write_rows = lambda data, draw: (
            usual(data, draw)
            if "off_by" in str(data["target_effects"])
            else without(data, draw)
        )
        result = resampled(server, n_refinements=1)
        assert_patients(*result)
        resampler = result[0]
        effects = [block_of(body)["target_effects"] for body in server.bodies]
        told = ["off_by" in of_body["direct"] for of_body in effects]
        first = told.index(True)
        assert not any(told[:first]) and all(told[first:])
        assert len(resampler.backend_.gaps_) == 3
        assert resampler.backend_.gaps_["direct"] < -0.2
        assert effects[-1]["direct"]["off_by"].endswith("too low")
        assert resampler.effects_synthetic_.direct.value > 0.2

    def test_nothing_is_told_and_no_row_wasted_if_nothing_is_off(
        self, server, monkeypatch
    ):
        """Rows that were measured to refine are those that are checked."""
        resampler, *_ = resampled(
            server,
            {"sampling_strategy": "proportional", "n_synthetic": 100},
            n_refinements=5,
            rows_per_request=40,
        )
        n_bodies = len(server.bodies)
        n_rounds = 1 + ("off_by" in str(block_of(server.bodies[-1])["target_effects"]))
        assert n_bodies <= n_rounds * 5 + 400 // 40 + 3
        assert resampler.backend_.n_requests_ == n_bodies


class TestSaved:
    def test_there_and_back_without_the_key(self, server, tmp_path):
        resampler, *_ = resampled(server)
        resampler.save(tmp_path / "saved")
        loaded = CausalLLMResampler.load(tmp_path / "saved")
        unpickled = pickle.loads(pickle.dumps(resampler))
        X, y = resampler.sample(30, random_state=5)
        for again in (loaded, unpickled):
            assert again.backend_.n_requests_ > 0
            X_again, y_again = again.sample(30, random_state=5)
            pd.testing.assert_frame_equal(X_again, X)
            pd.testing.assert_series_equal(y_again, y)
        kept = [pickle.dumps(resampler), repr(resampler).encode()]
        kept += [path.read_bytes() for path in (tmp_path / "saved").rglob("*.*")]
        assert len(kept) > 3
        assert not any(KEY.encode() in text for text in kept)


class TestResuming:
    def test_after_a_kill_no_request_is_repeated(self, server, tmp_path):
        """A process is killed while its 15th request is under way."""
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, server.url, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": path},
        )
        server.on_request = lambda body: (
            process.kill() if len(server.bodies) == 14 else None
        )
        assert process.wait(timeout=120) == -9
        server.on_request = lambda body: None
        answered = bodies(server)[:14]
        server.bodies.clear()
        resumed = resampled(server, concurrency=1, cache_dir=str(tmp_path))
        assert resumed[0].backend_.n_requests_ == len(server.bodies)
        assert not set(bodies(server)) & set(answered)
        server.bodies.clear()
        anew = resampled(server, concurrency=1)
        pd.testing.assert_frame_equal(anew[1], resumed[1])
        assert set(answered) <= set(bodies(server))


class TestBudget:
    def test_rows_that_came_are_used(self, server):
        """Enough for 240 rows, 200 of which go to refinement."""
        server.write_rows = write_patients(0.0)
        with pytest.warns() as told:
            result = resampled(server, max_requests=12)
        assert_patients(*result)
        assert len(server.bodies) == 12
        told = [str(warning.message) for warning in told]
        assert any("the budget is spent. 12 requests" in text for text in told)
        assert result[0].effects_synthetic_ is not None

    def test_a_handful_of_rows_is_repeated(self, server):
        with pytest.warns() as told:
            result = resampled(server, {"sampling_strategy": "cells"}, max_requests=2)
        assert_patients(*result)
        told = [str(w.message) for w in told if w.category is DataWarning]
        assert any("wrote 40 rows, fewer than the 200" in text for text in told)
        assert any("of theirs are repeated" in text for text in told)
        assert result[0].effects_synthetic_ is None
        assert "Written by OpenAICompatible" in repr(result[0].report())

    def test_nonsense_for_ever_is_an_error_that_says_so(self, server):
        server.faults = {"nonsense": 1}
        resampler = resampler_for(server, max_requests=5)
        with (
            pytest.warns(RuntimeWarning, match="rows are missing: the budget is spent"),
            pytest.raises(
                RuntimeError, match="wrote none of the .*'unreadable answer'"
            ),
        ):
            resampler.fit_resample(*biased_patients())
        assert not hasattr(resampler, "backend_")
        assert not hasattr(resampler, "effects_real_")

    def test_a_budget_that_ends_after_the_fit(self, server):
        resampler = resampler_for(server).fit(*biased_patients())
        spent = resampler.backend_.n_requests_
        resampler.backend_.set_params(max_requests=spent + 2)
        with pytest.warns(Warning, match="missing|repeated"):
            X, y = resampler.sample(100, random_state=1)
        assert len(X) == len(y) == 100
        with (
            pytest.warns(RuntimeWarning, match="missing"),
            pytest.raises(RuntimeError, match="wrote none of the 200 rows"),
        ):
            resampler.sample(100, random_state=2)


def test_checkpoint(tmp_path, monkeypatch):
    """An untrained model of random weights: rows are poor, and none is malformed."""
    from tiny_checkpoint import save_tiny_checkpoint

    X, y = biased_patients()
    X = X[["age", "race", "pain", "ward"]]
    folder = save_tiny_checkpoint(tmp_path / "tiny", X.assign(died=y))
    monkeypatch.setattr(HuggingFaceLM, "most_rows_to_check", 100)
    resampler = CausalLLMResampler(
        fairness_model=StandardFairnessModel(
            sensitive="race", confounders=["age"], mediators=["pain", "ward"]
        ),
        llm=HuggingFaceLM(str(folder), max_epochs=1, learning_rate=1e-3, device="cpu"),
        learner="linear",
        n_folds=2,
        overgeneration=2.0,
        held_out_fraction=0.0,
        random_state=0,
    )
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    owed = np.array(list(resampler.rows_owed_.values()))
    assert len(X_resampled) == len(y_resampled) == len(X) + owed.sum()
    pd.testing.assert_frame_equal(X_resampled[: len(X)], X)
    assert_rows_of_the_table(X_resampled[len(X) :], X)
    assert resampler.backend_name_ == "HuggingFaceLM"
    resampler.save(tmp_path / "saved")
    loaded = CausalLLMResampler.load(tmp_path / "saved")
    again = pickle.loads(pickle.dumps(resampler))
    expected, _ = resampler.sample(20, random_state=3)
    for copy in (loaded, again):
        pd.testing.assert_frame_equal(copy.sample(20, random_state=3)[0], expected)
