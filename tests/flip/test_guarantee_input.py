"""What no guarantee can hold for is refused by name, before a row is looked at."""

import numpy as np
import pandas as pd
import pytest
from private_tables import DOMAIN, fit_watched, private_table
from scripted_noise import ScriptedNoise

from fairsample import FlipResampler
from fairsample.flip import TableDomain, private_fit, releases_of_rows
from fairsample.validation import DataWarning

NOTHING_LEFT_OUT = {"preprocess_epsilon": 0}


@pytest.fixture(autouse=True)
def nothing_was_paid_before(monkeypatch):
    monkeypatch.setattr(releases_of_rows, "_paid", {})


def never(*args, **options):
    raise AssertionError("Private rows were read.")


def refused(message, X=None, y=None, *, unread=True, **options):
    """Assert that a fit is refused; unless told, before the rows are even split."""
    if X is None:
        X, y = private_table(100)
    options = {"domain": DOMAIN, "sensitive_features": "sex"} | options
    with pytest.MonkeyPatch.context() as patch:
        if unread:
            patch.setattr(private_fit.PrivateInput, "read", never)
        patch.setattr("fairsample.flip.secure_noise.SecureNoise.normal", never)
        with pytest.raises(ValueError, match=message):
            FlipResampler(**options).fit(X, y)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"epsilon": 0}, "'epsilon' .* float in the range \\(0"),
        ({"epsilon": -1.0}, "'epsilon' .* float in the range \\(0"),
        ({"epsilon": np.inf}, "'epsilon'"),
        ({"epsilon": np.nan}, "'epsilon'"),
        ({"delta": 0}, "'delta' .* float in the range \\(0"),
        ({"delta": 1.0}, "'delta' .* float in the range"),
        ({"delta": -1e-5}, "'delta' .* float in the range"),
        ({"preprocess_epsilon": -0.1}, "'preprocess_epsilon' .* float in the range"),
        ({"preprocess_epsilon": 2.0}, "preprocess_epsilon=2.0 .* Give less"),
        ({"epsilon": 0.5, "preprocess_epsilon": 0.7}, "part of epsilon=0.5"),
        ({"output": "augment"}, "output='augment' .* output='auto', or epsilon=None"),
        (
            {"sampling_strategy": lambda y: {"yes": 5}},
            "sampling_strategy is a callable .* Give a name or a dict",
        ),
        ({"private_engine": "laplace"}, "'private_engine'"),
    ],
)
def test_parameters(options, message):
    refused(message, **options)


def test_a_callable_that_would_see_all_rows():
    refused(
        "sensitive_features is a callable: .* Name columns",
        sensitive_features=lambda X: X["sex"],
        unread=False,
    )


@pytest.mark.parametrize(
    "column, declaration, message",
    [
        ("age", {"bounds": [90, 17]}, "lower bound 90 of column 'age' .* Swap"),
        ("age", {"bounds": [17, np.inf]}, "bounds of column 'age' are finite"),
        ("age", {"bounds": [17]}, "bounds of column 'age' are two"),
        ("age", {"bounds": ["17", "90"]}, "'age' holds numbers"),
        ("age", {"limits": [17, 90]}, "column 'age' has unknown keys: 'limits'"),
        ("town", {"categories": []}, "categories of column 'town' are empty. List"),
        ("town", {"categories": ["a", "a"]}, "'a' of column 'town' is repeated"),
        ("town", {"bounds": [0, 1]}, "'town' .* has no bounds. Declare"),
        ("died", {"bounds": [0, 1]}, "Column 'died' .* declare its categories"),
        ("sex", {"bounds": [0, 1]}, "Column 'sex' .* declare its categories"),
        ("sex", {"categories": [0, 1]}, "Column 'sex' .* holds no 0"),
        ("sex", {"categories": ["F"]}, "'sex' have one group only.*domain="),
        ("died", {"categories": ["no"]}, "'died' has one class only.*domain="),
        ("street", {"categories": ["x"]}, "'street', which the table does not have"),
    ],
)
def test_domains(column, declaration, message):
    refused(message, unread=False, domain=DOMAIN | {column: declaration})


@pytest.mark.parametrize(
    "name", ["age", "gain", "dose", "town", "since", "sex", "died"]
)
def test_a_column_without_domain_and_budget(name):
    declared = {other: DOMAIN[other] for other in DOMAIN if other != name}
    message = f"'{name}'.*domain=.*preprocess_epsilon="
    refused(message, unread=False, domain=declared, **NOTHING_LEFT_OUT)


def test_all_columns_without_domain_are_named():
    names = ["age", "gain", "dose", "town", "visits", "since", "sex", "died"]
    message = ", ".join(f"'{name}'" for name in names)
    refused(message, unread=False, domain=None, **NOTHING_LEFT_OUT)


def test_visits():
    X, y = private_table(100)
    X["diagnoses"] = [[["E11"], ["I10"]]] * len(X)
    refused("'diagnoses' hold visits. Use FairSynthResampler", X, y)


@pytest.mark.parametrize("as_list", [True, False])
def test_types_that_only_private_values_tell(as_list):
    X, y = private_table(100)
    texts = X[["sex", "age"]].to_numpy(dtype=object)
    texts = texts.tolist() if as_list else texts
    refused("X is a list, or an array of objects .* DataFrame", texts, y)
    refused("X is a list, or an array of objects", texts, y, sensitive_features=0)


def test_missing_classes_and_groups():
    X, y = private_table(100)
    refused("y has missing values. Drop", X, y.where(y.index != 3), unread=False)
    unknown = X.assign(sex=X["sex"].where(X.index != 3))
    message = "'sex' have missing values. .* missing_sensitive='group'"
    refused(message, unknown, y, unread=False)


def test_one_name_for_two_columns():
    X, y = private_table(100)
    refused("'age' names both", X, y.rename("age"), unread=False)


def test_too_few_rows_to_find_categories_names_the_column_and_no_count():
    X, y = private_table(40)
    domain = {name: DOMAIN[name] for name in DOMAIN if name != "town"}
    with pytest.raises(ValueError, match="'town' has no category") as caught:
        fit_watched(X, y, domain=domain)
    message = str(caught.value)
    assert "domain=" in message and "preprocess_epsilon=" in message
    assert "'a'" not in message and "'b'" not in message


def test_values_outside_the_domain_are_counted_with_noise():
    X, y = private_table(1200)
    X.loc[X.index[:600], "age"] = 500
    numbers = []
    for _ in range(3):
        releases_of_rows._paid.clear()
        estimator = FlipResampler("sex", domain=DOMAIN, max_iter=2, epsilon=3.0)
        with pytest.warns(DataWarning, match="'age' \\(about") as caught:
            sample, _ = estimator.fit_resample(X, y)
        text = str(caught[0].message)
        assert "wider bounds" in text and "'gain'" not in text
        numbers.append(int(text.split("about ")[1].split(")")[0]))
        assert sample["age"].max() <= 90
    assert len(set(numbers)) > 1 and all(abs(n - 600) < 200 for n in numbers)


@pytest.mark.parametrize("name", ["sex", "died"])
def test_groups_and_classes_that_were_not_declared_are_told_of(name):
    X, y = private_table(4000)
    first, *others = DOMAIN[name]["categories"]
    domain = DOMAIN | {name: {"categories": ["misspelt", *others]}}
    n_strays = int((X.get(name, y) == first).sum())
    releases_of_rows._paid.clear()
    estimator = FlipResampler("sex", domain=domain, max_iter=2, epsilon=3.0)
    with pytest.warns(DataWarning, match=f"'{name}' \\(about") as caught:
        estimator.fit(X, y)
    told = int(str(caught[0].message).split("about ")[1].split(")")[0])
    assert n_strays > 600 and abs(told - n_strays) < 200


def test_one_value_outside_the_domain_is_not_told():
    X, y = private_table(300)
    X.loc[3, "age"] = 500
    seen = []
    for noise in (ScriptedNoise(), ScriptedNoise(seed=0)):
        releases_of_rows._paid.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "fairsample.flip.table_release.SecureNoise", lambda noise=noise: noise
            )
            estimator = FlipResampler("sex", domain=DOMAIN, max_iter=2).fit(X, y)
        seen.append(estimator.cell_counts_)
    assert len(seen) == 2  # and pytest would have raised a warning


def test_the_callers_rows_and_domain_stay_as_they_are():
    X, y = private_table(200)
    before, declared = (X.copy(deep=True), y.copy(deep=True)), TableDomain(DOMAIN)
    fit_watched(X, y, domain=declared)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])
    assert declared == TableDomain(DOMAIN)
