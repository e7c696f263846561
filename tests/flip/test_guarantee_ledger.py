"""What is said to be spent is what is spent, and no more than what was allowed."""

import dp_accounting
import numpy as np
import pytest
from dp_accounting.pld import PLDAccountant
from private_tables import DOMAIN, PUBLIC_CELLS, fit_watched, private_table
from scripted_noise import ScriptedNoise

from fairsample.flip import table_release
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.domain import TableDomain
from fairsample.flip.table_release import SHARES, Rows, release_table


def epsilon_of_another_accountant(ledger):
    accountant = PLDAccountant(dp_accounting.NeighboringRelation.ADD_OR_REMOVE_ONE)
    for mechanism in ledger.mechanisms:
        assert (mechanism.sample_rate, mechanism.n_steps) == (1.0, 1)
        accountant.compose(dp_accounting.GaussianDpEvent(mechanism.noise_multiplier))
    return accountant.get_epsilon(ledger.remaining_delta)


def rows_of(names, n=300):
    X, y = private_table(n)
    group = (X["sex"] == "M").to_numpy(int)
    label = (y == "yes").to_numpy(int)
    domain = TableDomain({name: DOMAIN[name] for name in names if name in DOMAIN})
    return Rows(X[names], group, label, (2, 2)), domain.for_frame(X[names])


@pytest.mark.parametrize("names", [[], ["town"], ["age", "gain"], None])
@pytest.mark.parametrize("epsilon", [0.05, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-5, 1e-9])
def test_the_budget_is_spent_and_not_exceeded(names, epsilon, delta):
    if names is None:
        names = [*private_table(2)[0].columns.drop("sex")]
    rows, domain = rows_of(names)
    release = release_table(rows, domain, epsilon=epsilon, ledger=PrivacyLedger(delta))
    assert 0.97 * epsilon < release.ledger.epsilon() <= epsilon
    assert np.isfinite(release.cell_counts).all()


@pytest.mark.parametrize("epsilon, delta", [(0.5, 1e-6), (2.0, 1e-5), (8.0, 1e-3)])
@pytest.mark.parametrize("domain", [DOMAIN, PUBLIC_CELLS], ids=["declared", "found"])
def test_another_accountant_says_the_same(epsilon, delta, domain):
    if domain is PUBLIC_CELLS and epsilon < 2:
        domain = DOMAIN | {"age": DOMAIN["age"] | {"missing": False}}
    options = {"preprocess_epsilon": 0.4 * epsilon} if domain is PUBLIC_CELLS else {}
    fitted = fit_watched(
        *private_table(2000), domain=domain, epsilon=epsilon, delta=delta, **options
    )
    said = fitted.estimator.epsilon_
    assert said == fitted.ledger.epsilon() <= epsilon
    # Privacy loss distributions on a grid are bounds from above.
    assert said == pytest.approx(epsilon_of_another_accountant(fitted.ledger), rel=5e-3)


def test_finding_out_is_part_of_epsilon_and_of_delta():
    fitted = fit_watched(
        *private_table(2000), domain=PUBLIC_CELLS, epsilon=3.0, preprocess_epsilon=1.0
    )
    found, *others = fitted.ledger.mechanisms
    alone = PrivacyLedger(fitted.ledger.delta).add(found)
    assert 0.99 < alone.epsilon() <= 1.0
    assert [one.name for one in others] == list(SHARES)
    assert 2.9 < fitted.estimator.epsilon_ <= 3.0
    deltas = sum(one.delta for one in fitted.ledger.mechanisms)
    assert 0 < deltas < 0.2 * fitted.ledger.delta
    assert fitted.ledger.remaining_delta == pytest.approx(1e-5 - deltas)


def test_a_tenth_of_epsilon_goes_to_finding_out_and_nothing_if_all_is_declared():
    declared = DOMAIN.copy()
    del declared["town"]
    partly = fit_watched(*private_table(2000), domain=declared, epsilon=5.0).ledger
    alone = PrivacyLedger(partly.delta).add(partly.mechanisms[0])
    assert 0.49 < alone.epsilon() <= 0.5
    wholly = fit_watched(*private_table(300), domain=DOMAIN).ledger
    assert "domain" not in [one.name for one in wholly.mechanisms]


def test_every_draw_of_noise_is_one_that_the_ledger_pays_for():
    """The noise of each release, by its standard deviation and what a row adds."""
    noise = ScriptedNoise()
    fitted = fit_watched(*private_table(300), noise)
    n_columns = 7
    per_release = {
        "outside": n_columns + 2,  # the group and the class, too
        "cells": 1,
        "classes": n_columns,
        "pairs": n_columns * (n_columns + 1) / 2,
    }
    stds = [float(np.max(std)) for _, std in noise.asked]
    multipliers = {one.name: one.noise_multiplier for one in fitted.ledger.mechanisms}
    for name, squared_sensitivity in per_release.items():
        std = multipliers[name] * np.sqrt(squared_sensitivity)
        n_draws = sum(np.isclose(one, std, rtol=1e-12) for one in stds)
        expected = {"outside": n_columns + 2, "cells": 1}.get(name, n_columns)
        assert n_draws == expected, name
    of_columns = [
        std
        for std in stds
        if not any(
            np.isclose(std, multipliers[name] * np.sqrt(squared), rtol=1e-12)
            for name, squared in per_release.items()
        )
    ]
    spent = sum(std**-2.0 for std in of_columns)
    assert spent == pytest.approx(multipliers["columns"] ** -2.0)


def test_each_release_is_paid_for_before_it_is_made(monkeypatch):
    events, add = [], PrivacyLedger.add

    def paying(self, mechanism):
        if mechanism.name != "more":  # which the search for the noise tries
            events.append(mechanism.name)
        return add(self, mechanism)

    class Noise(ScriptedNoise):
        def normal(self, shape, std):
            events.append("draw")
            return super().normal(shape, std)

    rows, domain = rows_of(["age", "town"])
    monkeypatch.setattr(table_release, "SecureNoise", Noise)
    monkeypatch.setattr(PrivacyLedger, "add", paying)
    release_table(rows, domain, epsilon=1.0, ledger=PrivacyLedger(1e-5))
    draws = {"outside": 2, "cells": 1, "columns": 2, "classes": 2, "pairs": 2}
    expected = [[name, *["draw"] * number] for name, number in draws.items()]
    assert events == sum(expected, [])
