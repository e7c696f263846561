"""Canaries: how much of epsilon somebody who sees the releases can really find."""

import numpy as np
import pandas as pd
import pytest
from canary_bounds import epsilon_of_guesses, epsilon_of_tests
from private_tables import fit_watched
from transcripts import Transcript, privacy_loss

from fairsample.flip import table_release
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.domain import TableDomain
from fairsample.flip.noise_solver import solve_noise
from fairsample.flip.secure_noise import SecureNoise
from fairsample.flip.table_release import Rows, release_table

DELTA, EPSILON = 1e-5, 4.0
N_RUNS = 1000  # on each of two neighbouring tables
MAJORITY, MINORITY = 0, 1


def rows_with(canary_group=None):
    """Thirty rows of a majority, four of a minority, and a canary like no other."""
    town = ["a", "b"] * 17
    smokes = [False, True, True] * 11 + [False]
    group, label = [MAJORITY] * 30 + [MINORITY] * 4, [0, 0, 0, 1] * 8 + [0, 1]
    if canary_group is not None:
        town, smokes = [*town, "c"], [*smokes, True]
        group, label = [*group, canary_group], [*label, 1]
    frame = pd.DataFrame({"town": town, "smokes": smokes})
    return Rows(frame, np.array(group), np.array(label), (2, 2))


DOMAIN = TableDomain(
    {
        "town": {"categories": ["a", "b", "c"], "missing": False},
        "smokes": {"categories": [False, True], "missing": False},
    }
)


def canary_scores(canary_group, n_runs, monkeypatch, noise=None):
    """Log likelihood ratios of runs without and with a canary."""
    without, with_canary = rows_with(), rows_with(canary_group)

    def run(rows, transcript):
        monkeypatch.setattr(table_release, "SecureNoise", lambda: transcript)
        release_table(rows, DOMAIN, epsilon=EPSILON, ledger=PrivacyLedger(DELTA))
        return transcript

    def score(rows, other_rows):
        seen = run(rows, Transcript(noise or SecureNoise()))
        return privacy_loss(seen, run(other_rows, Transcript(again=seen)))

    return (
        [score(without, with_canary) for _ in range(n_runs)],
        [-score(with_canary, without) for _ in range(n_runs)],
    )


def check_audit(bound):
    assert bound <= EPSILON, f"An epsilon of {bound:.2f} was found."
    assert bound >= EPSILON / 2, f"Only {bound:.2f} was found: the audit is blind."


class LessNoise:
    """A mistake in the noise that no ledger can see."""

    def normal(self, shape, std):
        return SecureNoise().normal(shape, std / 2)


@pytest.mark.audit
@pytest.mark.parametrize("group", [MAJORITY, MINORITY])
def test_a_canary_is_found_as_well_as_epsilon_allows_and_no_better(group, monkeypatch):
    check_audit(epsilon_of_tests(*canary_scores(group, N_RUNS, monkeypatch), DELTA))


@pytest.mark.audit
def test_the_audit_finds_noise_that_is_half_of_what_it_should_be(monkeypatch):
    scores = canary_scores(MINORITY, N_RUNS, monkeypatch, noise=LessNoise())
    with pytest.raises(AssertionError, match="was found"):
        check_audit(epsilon_of_tests(*scores, DELTA))


def test_the_scores_of_a_canary_are_gaussian_with_the_mean_of_the_ledger(monkeypatch):
    without, with_canary = canary_scores(MAJORITY, 25, monkeypatch)
    monkeypatch.undo()
    ledger = PrivacyLedger(DELTA)
    release = release_table(rows_with(), DOMAIN, epsilon=EPSILON, ledger=ledger)
    paid = sum(one.mu_squared() for one in release.ledger.mechanisms)
    scores = np.append(np.negative(without), with_canary)
    error = np.sqrt(paid / len(scores))
    assert abs(scores.mean() - 0.99 * paid / 2) < 5 * error


N_CANARIES = 1000
COLUMNS = [f"v{j}" for j in range(6)]
LEVELS = list("abcdefgh")


def canary_table(random_state):
    """Rows of rare combinations, each of them there or not by the toss of a coin."""
    rng = np.random.RandomState(random_state)
    canaries = pd.DataFrame(
        rng.choice(LEVELS, (N_CANARIES, len(COLUMNS))), columns=COLUMNS
    )
    canaries["sex"] = rng.choice(["F", "M"], N_CANARIES)
    canaries["died"] = rng.choice(["no", "yes"], N_CANARIES)
    return canaries, rng.rand(N_CANARIES) < 0.5


def guessed_epsilon(synthetic, canaries, is_there):
    """Guess that those are there that most synthetic rows are nearest to."""
    columns = list(canaries)
    nearness = sum(
        (canaries[name].to_numpy()[:, None] == synthetic[name].to_numpy()).astype(int)
        for name in columns
    )
    score = np.square(np.maximum(nearness - len(columns) / 2, 0)).sum(axis=1)
    order = np.argsort(score, kind="stable")
    n_each = N_CANARIES // 5
    n_right = is_there[order[-n_each:]].sum() + (~is_there[order[:n_each]]).sum()
    return epsilon_of_guesses(n_right, 2 * n_each, N_CANARIES, DELTA)


@pytest.mark.audit
@pytest.mark.parametrize("epsilon", [0.5, 2.0, 8.0])
def test_emitted_rows_tell_no_more_of_many_canaries_than_epsilon(epsilon):
    canaries, is_there = canary_table(random_state=None)
    rows = canaries[is_there]
    domain = {name: {"categories": LEVELS} for name in COLUMNS}
    domain |= {"sex": {"categories": ["F", "M"]}, "died": {"categories": ["no", "yes"]}}
    X, y = fit_watched(
        rows[[*COLUMNS, "sex"]],
        rows["died"],
        domain=domain,
        epsilon=epsilon,
        delta=DELTA,
        fairness_weight=0.0,
        max_iter=60,
    ).rows
    assert guessed_epsilon(X.assign(died=y), canaries, is_there) <= epsilon


def test_guesses_find_rows_that_were_copied():
    canaries, is_there = canary_table(random_state=0)
    assert guessed_epsilon(canaries[is_there], canaries, is_there) > 3


def test_guesses_find_nothing_in_rows_that_have_nothing_to_do_with_them():
    canaries, is_there = canary_table(random_state=0)
    others, _ = canary_table(random_state=1)
    assert guessed_epsilon(others, canaries, is_there) < 0.5


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 4.0])
def test_bounds_hold_for_noise_that_is_known(epsilon):
    rng = np.random.RandomState(0)
    sigma = solve_noise(PrivacyLedger(DELTA), epsilon)
    without, with_canary = (rng.normal(mean, sigma, 20_000) for mean in (-0.5, 0.5))
    assert 0.6 * epsilon < epsilon_of_tests(without, with_canary, DELTA) < epsilon
    toss = rng.rand(20_000) < 1 / (1 + np.exp(-epsilon))
    found = epsilon_of_guesses(toss.sum(), len(toss), len(toss), 1e-9)
    assert 0.8 * epsilon < found < epsilon
