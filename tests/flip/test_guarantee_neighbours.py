"""A row moves the noisy sums by what the ledger says, and moves nothing else."""

import numpy as np
import pandas as pd
import pytest
from private_tables import (
    DOMAIN,
    NEIGHBOURS,
    PUBLIC_CELLS,
    check_guarantee,
    fit_watched,
    private_table,
)
from transcripts import Transcript

from fairsample.flip.secure_noise import SecureNoise

CELLS_DECLARED = {"domain": PUBLIC_CELLS, "epsilon": 4.0, "preprocess_epsilon": 2.0}
NOTHING_DECLARED = CELLS_DECLARED | {"domain": None}

neighbours = pytest.mark.parametrize(
    "neighbour", list(NEIGHBOURS.values()), ids=list(NEIGHBOURS)
)
strange_neighbours = pytest.mark.parametrize(
    "name", ["extreme values", "new categories", "an empty cell", "missing values"]
)


@neighbours
def test_with_a_declared_domain(neighbour):
    assert check_guarantee(*private_table(), neighbour) > 0.9


@strange_neighbours
def test_with_nothing_declared(name):
    used = check_guarantee(*private_table(), NEIGHBOURS[name], **NOTHING_DECLARED)
    assert used > 0.8


def test_with_groups_and_classes_declared():
    check_guarantee(*private_table(), NEIGHBOURS["new categories"], **CELLS_DECLARED)


def schema_of(fitted):
    (X, y), estimator = fitted.rows, fitted.estimator
    form, counts = estimator._table_form.template, estimator.cell_counts_
    return {
        "dtypes": X.dtypes.to_dict() | form.dtypes.to_dict(),
        "categories": [X["town"].cat.categories, y.cat.categories],
        "categories' dtypes": [
            X["town"].cat.categories.dtype,
            y.cat.categories.dtype,
        ],
        "columns": [*X.columns, *form.columns, y.name, y.dtype],
        "groups": [estimator.groups_, list(estimator.epsilon_by_group_)],
        "classes": [estimator.classes_.tolist(), estimator.classes_.dtype],
        "cells": [counts.index, counts.columns, counts.to_numpy().dtype],
        "foreign groups": sorted(set(X["sex"]) - {"F", "M"}),
        "names": sorted(vars(estimator)),
        "ledger": estimator.ledger_.to_csv(),
    }


@neighbours
def test_the_schema_is_that_of_the_domain(neighbour):
    """Also where the noise of neighbours is not the same."""
    X, y = private_table(300)
    first, second = (
        schema_of(fit_watched(X, y)),
        schema_of(fit_watched(*neighbour(X, y))),
    )
    for name, part in first.items():
        assert str(part) == str(second[name]), name
    assert list(first["categories"][0]) == ["a", "b", "c"]
    assert list(first["categories"][1]) == ["no", "yes"]


def test_with_a_network():
    options = {"network": True, "max_epochs": 1, "epsilon": 30.0}
    check_guarantee(*private_table(80), NEIGHBOURS["new categories"], **options)


def test_no_budget_is_paid_for_what_is_not_counted():
    """Of an ordinary row only the values outside the domain are not moved."""
    used = check_guarantee(*private_table(), NEIGHBOURS["one more of the same"])
    assert used == pytest.approx(0.99, abs=0.012)


@pytest.mark.parametrize(
    "options",
    [
        {"sampling_strategy": "groups"},
        {"sampling_strategy": "cells", "n_synthetic": 50},
        {"fairness_weight": 0.0, "preprocess_epsilon": 0},
        {"epsilon": 20.0, "delta": 1e-9},
    ],
    ids=str,
)
def test_whatever_the_plan_is(options):
    check_guarantee(*private_table(400), NEIGHBOURS["new categories"], **options)


@pytest.mark.parametrize("form", ["frame", "array", "list"])
def test_whatever_the_form_of_y_is(form):
    write = {
        "frame": lambda y: y.to_frame(),
        "array": lambda y: y.astype(object).to_numpy().astype(str),
        "list": lambda y: y.astype(object).tolist(),
    }[form]
    X, y = private_table(400)
    check = NEIGHBOURS["new categories"]

    def fit(X, y, noise, **options):
        watched = fit_watched(X, write(pd.Series(y, name="died")), noise, **options)
        handed_out = [watched.rows[0], pd.DataFrame(watched.rows[1])]
        types = type(watched.rows[1]), getattr(watched.rows[1], "dtype", None)
        watched.rows = [*handed_out, pd.Series(types)]
        return watched

    target = "died" if form == "frame" else "y"
    domain = {n: DOMAIN[n] for n in DOMAIN if n != "died"} | {target: DOMAIN["died"]}
    check_guarantee(X, y, check, fit=fit, domain=domain)


def test_an_array_of_numbers():
    X, y = private_table(400)
    columns = ["age", "gain", "dose"]
    domain = {i: DOMAIN[name] for i, name in enumerate(columns)}
    domain |= {"group": DOMAIN["sex"], "y": DOMAIN["died"]}

    def fit(X, y, noise, **options):
        array, group = X[columns].to_numpy(float), X["sex"].rename("group")
        watched = fit_watched(
            array, y.rename("y"), noise, sensitive_features=group, domain=domain
        )
        watched.rows = [pd.DataFrame(watched.rows[0]), watched.rows[1]]
        return watched

    check_guarantee(X, y, NEIGHBOURS["extreme values"], fit=fit)


def test_a_group_of_missing_values():
    X, y = private_table(400)
    X["sex"] = X["sex"].mask(X.index % 50 == 7)

    def with_a_missing_sex(X, y):
        more, outcome = NEIGHBOURS["one more of the same"](X, y)
        more.loc[more.index[-1], "sex"] = None
        return more, outcome

    options = {"missing_sensitive": "group"}
    check_guarantee(X, y, with_a_missing_sex, **options)
    whole = X.assign(sex=X["sex"].fillna("F"))
    check_guarantee(whole, y, with_a_missing_sex, **options)


def test_nothing_but_the_sensitive_column():
    X, y = private_table(400)
    domain = {"sex": DOMAIN["sex"], "died": DOMAIN["died"]}

    def more(X, y):
        whole = private_table(400)[0]
        rows, outcome = NEIGHBOURS["new categories"](whole, y)
        return rows[["sex"]], outcome

    assert check_guarantee(X[["sex"]], y, more, domain=domain) == pytest.approx(1)


def test_rows_in_another_order_are_the_same_table():
    X, y = private_table(400)
    shuffled = np.random.RandomState(0).permutation(len(X))
    first = fit_watched(X, y, Transcript(SecureNoise()))
    again = Transcript(again=first.noise)
    second = fit_watched(X.iloc[shuffled], y.iloc[shuffled], again)
    for one, other in zip(first.noise.exact, second.noise.exact, strict=True):
        assert np.array_equal(one, other)
    assert first.digest() == second.digest()


def test_more_rows_than_a_budget_hides_are_told_apart():
    """Neighbours by ten rows move the sums by more than is paid for one."""

    def ten_more(X, y):
        for _ in range(10):
            X, y = NEIGHBOURS["one more of the same"](X, y)
        return X, y

    with pytest.raises(AssertionError, match="moves the sums by"):
        check_guarantee(*private_table(400), ten_more)
