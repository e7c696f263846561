"""What each section of a report finds, against figures that are known."""

import warnings

import numpy as np
import pandas as pd
import pytest
from made_up_effects import effects_of
from report_rows import QUICK, draw_patients, draw_records
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from fairsample import StandardFairnessModel
from fairsample.evaluation import report_section
from fairsample.evaluation.augmented_table import AugmentedTable
from fairsample.evaluation.report_cells import cells_section
from fairsample.evaluation.report_columns import columns_section
from fairsample.evaluation.report_effects import effects_section
from fairsample.evaluation.report_models import default_models, models_section
from fairsample.evaluation.report_privacy import ledger_section, nearest_section
from fairsample.evaluation.report_records import records_section
from fairsample.metrics import causal_effects, disparate_impact


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    """Leave pictures out; those of a report are drawn in its own tests."""
    monkeypatch.setattr(report_section.ReportFigure, "draw", lambda *args: None)


REAL = draw_patients(600, 0)
TEST = draw_patients(500, 1)
MORE = draw_patients(500, 2)


def read(synthetic, *, real=REAL, test=TEST, **params):
    params = {"sensitive_features": "sex"} | params
    return AugmentedTable.read(real, synthetic, test=test, **params)


def rows_where(rows, kept):
    X, y = rows
    return X[kept].reset_index(drop=True), y[kept].reset_index(drop=True)


def finding(section, item, metric):
    (found,) = [one for one in section.findings if one[1:3] == (item, metric)]
    return dict(zip(report_section.FINDING, found, strict=True))


def told(section, text):
    return [warning for warning in section.warnings if text in warning]


def test_cells_that_rest_on_few_rows():
    rare = (REAL[0]["sex"] == "F") & (REAL[1] == 1)
    real = rows_where(REAL, ~rare | (rare.cumsum() <= 7))
    section = cells_section(read(MORE, real=real))
    table = section.tables[0].frame
    assert table.loc[("F", 1), "real"] == 7
    assert told(section, "F, 1 (") and told(section, "from 7)")
    assert not told(section, "M, 1")
    share = finding(section, "F", "share of 1")
    n_real = (real[0]["sex"] == "F").sum()
    assert share["real"] == pytest.approx(7 / n_real)
    n_added, n_dead = (MORE[0]["sex"] == "F").sum(), table.loc[("F", 1), "synthetic"]
    assert share["synthetic"] == pytest.approx((7 + n_dead) / (n_real + n_added))


def test_columns_that_have_lost_what_they_told():
    section = cells_section(read((MORE[0].assign(ward="a"), MORE[1])))
    assert told(section, "synthetic rows only: 'ward'")
    assert not told(cells_section(read(MORE)), "'ward'")


def test_scores_are_those_of_the_same_model():
    model = DecisionTreeClassifier(max_depth=3, random_state=5)
    real, test, more = (
        (X[["sex", "dose"]].assign(sex=(X["sex"] == "F") * 1), y)
        for X, y in (REAL, TEST, MORE)
    )
    table = read(more, real=real, test=test)
    section = models_section(table, models={"tree": model}, seed=5, n_boot=30)
    both = pd.concat([real[0], more[0]]), pd.concat([real[1], more[1]])
    for rows, (X, y) in {"real": real, "real + synthetic": both}.items():
        fitted = model.fit(X, y)
        predicted = fitted.predict(test[0])
        expected = {
            "auc": roc_auc_score(test[1], fitted.predict_proba(test[0])[:, 1]),
            "balanced_accuracy": balanced_accuracy_score(test[1], predicted),
            "disparate_impact": disparate_impact(
                test[1], predicted, sensitive_features=test[0]["sex"]
            ),
        }
        for metric, value in expected.items():
            found = finding(section, f"tree, trained on {rows}", metric)
            side = "real" if rows == "real" else "synthetic"
            assert found[side] == pytest.approx(value, abs=1e-12), metric
            assert found["low"] <= value <= found["high"]


def test_rows_with_wrong_labels_cost_accuracy():
    wrong = MORE[0], 1 - MORE[1]
    section = models_section(read(wrong), models=QUICK, n_boot=10)
    assert told(section, "The synthetic rows cost accuracy")
    assert told(section, "The synthetic rows have lost signal")
    section = models_section(read(MORE), models=QUICK, n_boot=10)
    assert not told(section, "cost accuracy") + told(section, "lost signal")


def test_rows_that_make_a_model_less_fair():
    unfair = MORE[0], ((MORE[0]["sex"] == "M") & (MORE[1] == 1)).astype(int)
    section = models_section(read(unfair), models=QUICK, n_boot=50)
    (warning,) = told(section, "is less fair")
    assert "disparate impact" in warning and "worst group TPR" in warning


def test_a_model_that_fails_is_told_and_the_others_stay():
    models = {"broken": DummyClassifier(strategy="?"), **QUICK}
    section = models_section(read(MORE), models=models, n_boot=10)
    assert told(section, "broken could not be trained on real rows")
    assert {model for model, _ in section.tables[0].frame.index} == {"logit"}
    section = models_section(read(MORE), models={"broken": models["broken"]})
    assert section.tables == []


def test_synthetic_rows_of_one_class_train_no_model_alone():
    dead = rows_where(MORE, MORE[1] == 1)
    section = models_section(read(dead), models=QUICK, n_boot=10)
    trained_on = section.tables[0].frame.index.get_level_values("trained on")
    assert trained_on.tolist() == ["real", "real + synthetic"]
    assert not told(section, "could not")


def test_small_groups_are_named_once():
    few = TEST[0]["sex"] == "F"
    test = rows_where(TEST, ~few | (few.cumsum() <= 20))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        section = models_section(read(MORE, test=test), models=QUICK, n_boot=10)
    (warning,) = told(section, "too small")
    assert "F (20 rows" in warning and "M" not in warning


def test_the_models_of_a_report_take_records():
    real, more, test = (draw_records(90, seed) for seed in (0, 1, 2))
    section = models_section(read(more, real=real, test=test), n_boot=5)
    assert set(section.tables[0].frame.index.get_level_values("model")) == set(
        default_models()
    )
    assert not told(section, "could not")


def test_a_column_of_another_distribution_is_named():
    shifted = MORE[0].assign(dose=MORE[0]["dose"] + 2), MORE[1]
    section = columns_section(read(shifted))
    assert told(section, "otherwise than among real rows: 'dose'")
    assert finding(section, "dose", "KS complement")["synthetic"] < 0.5
    assert finding(section, "ward", "TV complement")["synthetic"] > 0.9


def test_a_plan_that_adds_one_class_shifts_no_column():
    dead = rows_where(MORE, MORE[1] == 1)
    found = finding(columns_section(read(dead)), "dose", "KS complement")
    assert found["synthetic"] > 0.85
    assert found["real"] > 0.85


def test_other_real_rows_score_beside_synthetic_ones():
    section = columns_section(read(TEST))
    found = finding(section, "all columns", "mean shape")
    assert found["synthetic"] == 1.0
    assert found["real"] < 1.0
    pairs = section.tables[1].frame
    assert (pairs["synthetic"] == 1.0).all()
    assert ("sex", "died") not in pairs.index
    assert ("dose", "died") in pairs.index


def test_too_few_rows_of_the_same_cells_are_refused():
    with pytest.raises(ValueError, match="needs 10"):
        columns_section(read(rows_where(MORE, np.arange(500) < 6)))


def test_records_that_are_those_held_out():
    real, test = draw_records(400, 0), draw_records(150, 1)
    section = records_section(read(test, real=real, test=test))
    assert finding(section, "visits", "R2 of codes")["synthetic"] == 1.0
    assert 0.5 < finding(section, "visits", "R2 of codes")["real"] < 1.0
    lengths = finding(section, "visits", "visits, mean")
    assert lengths["real"] == lengths["synthetic"]
    assert not section.warnings
    assert records_section(read(MORE)) is None


def test_codes_that_are_lost_are_named():
    real, test, (X, y) = (draw_records(150, seed) for seed in (0, 1, 2))
    X["visits"] = [
        [[code for code in visit if code != "RX:7"] for visit in cell]
        for cell in X["visits"]
    ]
    section = records_section(read((X, y), real=real, test=test))
    assert told(section, "'RX:7'")
    assert finding(section, "RX:7", "prevalence")["synthetic"] == 0.0
    assert len(told(section, "no synthetic record")) == 1


def test_copies_are_found():
    section = nearest_section(read(REAL))
    assert (
        finding(section, "synthetic rows", "exact copies of real rows")["synthetic"]
        == 1.0
    )
    assert finding(section, "synthetic rows", "equal to unseen rows")["synthetic"] == 0
    assert told(section, "memorised") and told(section, "equal one of")
    assert told(nearest_section(read(REAL, test=None)), "exact copies")
    assert not nearest_section(read(MORE)).warnings


def test_the_share_of_copies_is_that_of_synthetic_rows():
    X, y = (
        pd.concat([one[:30], other[:90]], ignore_index=True)
        for one, other in zip(REAL, MORE, strict=True)
    )
    section = nearest_section(read((X, y)))
    copies = "synthetic rows", "exact copies of real rows"
    assert finding(section, *copies)["synthetic"] == 0.25


def test_copies_of_records_are_found_by_their_visits():
    real, test, more = (draw_records(120, seed) for seed in (0, 1, 2))
    same = nearest_section(read(real, real=real, test=test))
    other = nearest_section(read(more, real=real, test=test))
    copies = "synthetic rows", "exact copies of real rows"
    assert finding(same, *copies)["synthetic"] == 1.0
    assert finding(other, *copies)["synthetic"] < 0.05


def test_the_ledger():
    ledger = pd.DataFrame(
        {
            "release": ["counts", "pairs"],
            "epsilon alone": [3.0, 11.0],
            "epsilon so far": [3.0, 12.5],
        }
    )
    section = ledger_section(ledger)
    assert "an epsilon of 12.5," in section.text[0]
    assert told(section, "promises little")
    assert told(section, "this report is not")
    assert finding(section, "pairs", "epsilon alone")["synthetic"] == 11.0
    assert not told(ledger_section(ledger[:1]), "promises little")
    assert ledger_section(None) is None


MODEL = StandardFairnessModel(
    sensitive="sex", mediators=["dose"], baseline="F", comparison="M"
)


def test_effects_are_those_of_the_metric():
    table = read(MORE)
    section = effects_section(table, fairness_model=MODEL, seed=3)
    options = {"model": MODEL, "natural": False, "random_state": 3}
    expected = causal_effects(*REAL, outcome_type="binary", **options)
    found = finding(section, "direct", "effect")
    assert found["real"] == pytest.approx(expected.direct.value, abs=1e-12)
    assert found["low"] <= found["synthetic"] <= found["high"]
    assert effects_section(table) is None


def test_effects_need_every_group_and_class():
    dead = rows_where(MORE, MORE[1] == 1)
    section = effects_section(read(dead), fairness_model=MODEL)
    assert told(section, "cannot be measured")
    assert np.isnan(finding(section, "direct", "effect")["synthetic"])


class Measured:
    """What is known of a resampler that has measured effects."""

    effects_real_ = effects_of([-0.14, 0.07, -0.22, 0.01], 0.01)
    effects_synthetic_ = effects_of([-0.24, 0.0, -0.22, 0.11], 0.01)
    removed_pathways_ = ("direct",)

    def report(self):
        from fairsample.causal.report import CausalReport

        return CausalReport("All removed", pd.DataFrame(), ["Written by chain."])


def test_a_resampler_that_has_measured_is_believed():
    section = effects_section(read(MORE), resampler=Measured())
    assert finding(section, "spurious", "effect")["synthetic"] == 0.11
    assert section.text[:2] == ["All removed.", "Written by chain."]
    (warning,) = section.warnings
    assert "spurious effect" in warning
