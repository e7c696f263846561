import numpy as np
import pandas as pd
import pytest

from fairsample.causal import ConditionalChain
from fairsample.causal.backend_choice import _better, _is_known, fit_backend
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


def test_both_are_told_by_their_loss_of_unseen_outcomes():
    seen, unseen = some_rows(), some_rows(250, seed=1)
    backend, name, losses = choose("auto", seen, unseen)
    assert set(losses) == {"chain", "scratch"}
    of_outcome = backend.log_loss(unseen, n_given=2).mean()
    assert losses[name] == pytest.approx(of_outcome)
    assert all(0.3 < loss < np.log(2) for loss in losses.values())


@pytest.mark.parametrize(
    ("gain", "taken"),
    [(0.5, "scratch"), (0.02, "chain"), (0.0, "chain"), (-1, "chain")],
)
def test_language_model_is_taken_where_it_is_ahead_beyond_chance(gain, taken):
    loss = np.random.RandomState(0).random_sample(400)
    other = np.random.RandomState(1).random_sample(400) + loss.mean() - 0.5
    other += loss.mean() - other.mean() - gain
    assert _better({"chain": loss, "scratch": other}) == taken


def test_too_few_unseen_rows_judge_nobody():
    _, name, losses = choose("auto", some_rows(), some_rows(199, seed=1))
    assert (name, losses) == ("chain", {})


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
        "auto", some_rows(), some_rows(500, 1).replace({"group": {"B": "C"}})
    )
    assert chosen[1] in ("chain", "scratch")
