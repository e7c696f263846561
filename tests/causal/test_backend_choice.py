import numpy as np
import pandas as pd
import pytest

from fairsample.causal import ConditionalChain
from fairsample.causal.backend_choice import _is_known, fit_backend
from fairsample.causal.causal_table import CausalTable

TABLE = CausalTable([], ["dose"], "group", "ill", ["A", "B"], ["no", "yes"])


def some_rows(n=300, seed=0):
    rng = np.random.RandomState(seed)
    group = rng.choice(["A", "B"], n)
    dose = rng.standard_normal(n) + (group == "B")
    ill = np.where(rng.random_sample(n) < 1 / (1 + np.exp(-2 * dose)), "yes", "no")
    return pd.DataFrame({"group": group, "dose": dose.round(2), "ill": ill})


def choose(llm, seen, unseen):
    return fit_backend(
        llm,
        TABLE,
        seen,
        unseen,
        None,
        settings={"device": "cpu", "callbacks": None, "verbose": 0},
        random_state=np.random.RandomState(0),
    )


def test_the_one_with_the_least_loss_of_unseen_outcomes_is_taken():
    seen, unseen = some_rows(), some_rows(100, seed=1)
    backend, name, losses = choose("auto", seen, unseen)
    assert set(losses) == {"chain", "scratch"}
    assert losses[name] == min(losses.values())
    of_outcome = backend.log_loss(unseen, n_given=2).mean()
    assert losses[name] == pytest.approx(of_outcome)
    assert all(0.3 < loss < np.log(2) for loss in losses.values())


def test_without_unseen_rows_it_is_a_chain():
    rows = some_rows(40)
    backend, name, losses = choose("auto", rows, rows.iloc[:0])
    assert (name, losses) == ("chain", {})
    assert isinstance(backend, ConditionalChain)


def test_a_recipe_is_cloned_and_called_by_its_class():
    recipe = ConditionalChain(5)
    backend, name, _ = choose(recipe, some_rows(), some_rows(9))
    assert name == "ConditionalChain"
    assert backend.n_near == 5
    assert backend is not recipe
    assert not hasattr(recipe, "encoder_")


def test_rows_with_what_was_never_seen_judge_nobody():
    seen = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0], "c": [1.0, None]})
    unseen = pd.DataFrame(
        {
            "a": ["x", "z", "y", None, "x"],
            "b": [9.0, 1.0, None, 1.0, 1.0],
            "c": [5.0, 1.0, 1.0, 1.0, None],
        }
    )
    assert _is_known(unseen, seen).tolist() == [True, False, False, False, True]
    chosen = choose(
        "auto", some_rows(), some_rows(60, 1).replace({"group": {"B": "C"}})
    )
    assert chosen[1] in ("chain", "scratch")
