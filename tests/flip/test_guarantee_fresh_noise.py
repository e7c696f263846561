"""Noise has no seed; what was paid for once is used as often as one likes."""

import warnings

import pytest
from noise_of_fits import check_fresh_noise
from private_tables import DOMAIN, fit_watched, private_table

from fairsample import FlipResampler
from fairsample.flip import PrivacyWarning, releases_of_rows
from fairsample.flip.releases_of_rows import note_release


@pytest.fixture(autouse=True)
def nothing_was_paid_before(monkeypatch):
    monkeypatch.setattr(releases_of_rows, "_paid", {})


def fitted(X, y, epsilon=4.0, **options):
    options = {"domain": DOMAIN, "random_state": 0, "max_iter": 2} | options
    return FlipResampler("sex", epsilon=epsilon, **options).fit(X, y)


def test_two_fits_with_one_random_state_differ():
    check_fresh_noise(*private_table(300))


def test_a_second_release_of_the_same_rows_is_warned_of_with_what_both_cost():
    X, y = private_table(300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = fitted(X, y)
        fitted(X.iloc[1:], y.iloc[1:])
    with pytest.warns(PrivacyWarning, match="released 2 times") as caught:
        second = fitted(X.copy(), y.copy())
    together = float(str(caught[0].message).split("epsilon of ")[1].split()[0])
    assert max(first.epsilon_, second.epsilon_) < together < 2 * first.epsilon_
    assert "memory=" in str(caught[0].message)


def test_rows_may_be_released_very_often_though_every_list_takes_of_delta():
    ledger = fit_watched(*private_table(300)).ledger
    assert any(one.delta for one in ledger.mechanisms)
    X, y = private_table(300)
    private = type("Rows", (), {"frame": X, "cells": y.to_frame()})
    note_release(private, ledger, "0")
    for number in range(1, 60):
        with pytest.warns(PrivacyWarning, match=f"released {number + 1} times"):
            note_release(private, ledger, str(number))


def test_from_a_memory_weights_and_seeds_share_one_release(tmp_path):
    X, y = private_table(300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fits = [
            fitted(
                X, y, memory=str(tmp_path), fairness_weight=weight, random_state=seed
            )
            for weight, seed in ((4.0, 0), (0.0, 0), (4.0, 1), (2.0, None))
        ]
    for one in fits[1:]:
        assert one.cell_counts_.equals(fits[0].cell_counts_)
        assert one.ledger_.equals(fits[0].ledger_)
    rows = [one.sample(50, random_state=0)[0] for one in fits]
    assert not rows[0].equals(rows[1]) and not rows[0].equals(rows[2])


@pytest.mark.parametrize(
    "changed",
    [
        {"epsilon": 5.0},
        {"delta": 1e-6},
        {"domain": DOMAIN | {"age": {"bounds": [17, 95]}}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_another_budget_or_domain_is_another_release(tmp_path, changed):
    X, y = private_table(300)
    fitted(X, y, memory=str(tmp_path))
    with pytest.warns(PrivacyWarning, match="released 2 times"):
        fitted(X, y, memory=str(tmp_path), **changed)


def test_other_rows_are_not_answered_from_the_memory(tmp_path):
    X, y = private_table(300)
    first = fitted(X, y, memory=str(tmp_path))
    other = fitted(X.iloc[1:], y.iloc[1:], memory=str(tmp_path))
    assert other.ledger_ is not first.ledger_
    assert not other.cell_counts_.equals(first.cell_counts_)
