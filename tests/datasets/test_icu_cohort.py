import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from fairsample.datasets import make_icu_cohort
from fairsample.datasets.icu_codes import _DIAGNOSES, _VASOPRESSORS
from fairsample.datasets.icu_mechanisms import (
    CONDITIONS,
    ETHNICITIES,
    LABS,
    draw_confounders,
    draw_mediators,
)

PUBLISHED = [[3105, 359], [460, 27], [175, 11], [156, 9], [615, 83]]
SEEDS = [0, 1, 2]


@pytest.fixture(scope="module")
def cohort():
    return make_icu_cohort(random_state=0)


def cells(cohort):
    return pd.crosstab(cohort.data["ethnicity"], cohort.target, dropna=False).to_numpy()


@pytest.mark.parametrize("seed", SEEDS)
def test_published_counts_are_exact(seed):
    np.testing.assert_array_equal(cells(make_icu_cohort(random_state=seed)), PUBLISHED)


@pytest.mark.parametrize("n_patients", [1, 37, 500, 4999, 12_345])
def test_other_sizes_take_largest_remainders(n_patients):
    cohort = make_icu_cohort(n_patients, random_state=0)
    counts = pd.crosstab(
        pd.Categorical(cohort.data["ethnicity"], categories=ETHNICITIES),
        pd.Categorical(cohort.target, categories=[0, 1]),
        dropna=False,
    ).to_numpy()
    exact = np.array(PUBLISHED) * n_patients / 5000
    assert counts.sum() == len(cohort.data) == n_patients
    assert np.abs(counts - exact).max() < 1


def test_forms_and_types(cohort):
    assert cohort.data.columns.tolist() == cohort.feature_names
    assert cohort.data.dtypes.astype(str).to_dict() == {
        "ethnicity": "category",
        "gender": "category",
        "age": "int64",
        "insurance": "category",
        "admission_type": "category",
        "visits": "object",
    }
    assert cohort.table.shape == (5000, 39)
    assert cohort.table.dtypes.astype(str).value_counts().to_dict() == {
        "bool": len(CONDITIONS) + 1,
        "float64": len(LABS),
        "category": 4,
        "int64": 4,
    }
    assert cohort.table.drop(columns=[lab.name for lab in LABS]).notna().all(axis=None)
    assert cohort.table["lactate"].isna().mean() > 0.2
    assert "simulated" in cohort.DESCR.lower()
    shared = ["ethnicity", "gender", "age", "insurance", "admission_type"]
    assert cohort.data[shared].equals(cohort.table[shared])
    assert cohort.data["age"].between(18, 90).all()


def test_return_X_y(cohort):
    X, y = make_icu_cohort(random_state=0, return_X_y=True)
    assert X.equals(cohort.data)
    assert y.equals(cohort.target)


def test_visits_are_lists_of_different_codes(cohort):
    visits = cohort.data["visits"]
    assert visits.map(len).between(1, 8).all()
    assert visits.map(len).equals(cohort.table["n_visits"])
    every = [visit for patient in visits for visit in patient]
    assert all(len(visit) == len(set(visit)) for visit in every)
    vocabulary = {code for visit in every for code in visit}
    assert {code.split(":")[0] for code in vocabulary} == {"DX", "RX", "LAB"}
    assert 150 <= len(vocabulary) <= 400


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_table_and_visits_hold_the_same_conditions(cohort, condition):
    codes = {f"DX:{code}" for code in _DIAGNOSES[condition.name].split()}
    counted = slice(None) if condition.chronic else slice(-1, None)
    found = [
        any(not codes.isdisjoint(visit) for visit in patient[counted])
        for patient in cohort.data["visits"]
    ]
    assert cohort.table[condition.name].tolist() == found


def test_table_and_visits_hold_the_same_last_results(cohort):
    last = [set(patient[-1]) for patient in cohort.data["visits"]]
    for lab in LABS:
        values = cohort.table[lab.name]
        codes = [f"LAB:{lab.name}:{level}" for level in lab.bin_of(values)]
        written = [code in visit for code, visit in zip(codes, last, strict=True)]
        assert values.notna().tolist() == written
    drugs = {f"RX:{name}" for name in _VASOPRESSORS.split()}
    given = [not drugs.isdisjoint(visit) for visit in last]
    assert cohort.table["vasopressor"].tolist() == given


def test_same_seed_same_patients_in_any_process(cohort):
    digest = (
        "import hashlib; from fairsample.datasets import make_icu_cohort;"
        "print(hashlib.sha256(repr(make_icu_cohort(300, random_state=0)"
        ".frame.to_dict('list')).encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", digest],
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(printed) == 1
    again = make_icu_cohort(random_state=0)
    assert again.frame.equals(cohort.frame)
    assert again.table.equals(cohort.table)
    assert not make_icu_cohort(random_state=1).data.equals(cohort.data)


@pytest.mark.parametrize("random_state", [None, 0, np.random.RandomState(3)])
def test_global_random_state_is_untouched(random_state):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_icu_cohort(50, random_state=random_state)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_returned_effects_are_a_copy():
    make_icu_cohort(10, random_state=0).true_effects["Black"].clear()
    assert make_icu_cohort(10, random_state=0).true_effects["Black"]["direct"] < 0


@pytest.mark.parametrize("wrong", [{"n_patients": 0}, {"n_patients": 2.5}])
def test_wrong_sizes_are_refused(wrong):
    with pytest.raises(ValueError, match="'n_patients' parameter"):
        make_icu_cohort(**wrong)


def test_patients_are_shuffled(cohort):
    half = cohort.data["ethnicity"].iloc[:2500].value_counts()
    assert abs(half["White"] - 1732) < 100
    assert cohort.target.iloc[:2500].sum() == pytest.approx(245, abs=60)


def test_filling_cells_keeps_the_model_distribution():
    table = make_icu_cohort(30_000, random_state=0).table
    rng = np.random.default_rng(1)
    for position, ethnicity in enumerate(ETHNICITIES[:2]):
        group = np.full(30_000, position)
        confounders = draw_confounders(group, rng)
        mediators = draw_mediators(group, confounders, rng)
        kept = table[table["ethnicity"] == ethnicity]
        for found, expected in [
            (kept["age"], confounders.age),
            (kept["n_visits"], mediators.n_visits),
            (kept["sepsis"], mediators.at_last_visit(mediators.recorded)[:, 11]),
        ]:
            error = 4 * np.std(expected) * np.sqrt(1 / len(found) + 1 / len(group))
            assert found.mean() == pytest.approx(expected.mean(), abs=error)


def test_death_can_be_predicted_and_groups_are_treated_unequally():
    cohort = make_icu_cohort(20_000, random_state=0)
    is_train = np.arange(20_000) < 10_000
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    model.fit(cohort.table[is_train], cohort.target[is_train])
    test, died = cohort.table[~is_train], cohort.target[~is_train]
    risk = model.predict_proba(test)[:, 1]
    assert 0.78 < roc_auc_score(died, risk) < 0.88
    selected = pd.Series(risk > 0.2, index=test.index).groupby(
        test["ethnicity"], observed=True
    )
    rates = selected.mean()
    assert rates.min() / rates.max() < 0.7


def test_groups_differ_in_visits_and_measurement(cohort):
    by_group = cohort.table.groupby("ethnicity", observed=True)
    n_visits = by_group["n_visits"].mean()
    assert n_visits["Black"] > n_visits["White"] > n_visits["Others"]
    measured = by_group["lactate"].count() / by_group.size()
    assert measured.idxmax() == "White"
