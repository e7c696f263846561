import numpy as np
import pandas as pd
import pytest
from dose_model import SIZES, by_dose
from imblearn.over_sampling import RandomOverSampler
from recording import Inventor, RecordingModel
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from fairsample import GroupRandomOverSampler, VisitVectorizer
from fairsample.evaluation import SyntheticOnly, compare_augmentations, split_cells
from fairsample.metrics import (
    disparate_impact,
    fairness_scorer,
    worst_group_recall,
    worst_group_tpr,
)

METRICS = {
    "disparate_impact",
    "worst_group_tpr",
    "worst_group_recall",
    "f1",
    "balanced_accuracy",
    "roc_auc",
}


@pytest.fixture(autouse=True)
def _empty_logs():
    RecordingModel.log.clear()
    Inventor.log.clear()


def test_no_patient_on_both_sides_and_no_synthetic_row_is_scored(data):
    X, y = data
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None, "invented": Inventor()},
        seeds=(0, 1),
        **SIZES,
    )
    rounds = []
    for step, patients, _ in RecordingModel.log:
        if step == "fit":
            rounds.append((set(patients), set()))
        else:
            rounds[-1][1].update(patients)
    assert len(rounds) == 4
    for trained_on, scored_on in rounds:
        assert -1 not in scored_on
        assert not trained_on & scored_on
        assert (trained_on - {-1}) | scored_on == set(range(300))
    (_, real_0), (_, invented_0), (_, real_1), (_, invented_1) = rounds
    assert real_0 == invented_0
    assert real_1 == invented_1
    assert real_0 != real_1


def test_augmenters_see_the_training_part_only(data):
    compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"invented": Inventor()},
        seeds=(0,),
        **SIZES,
    )
    ((augmented, _, _),) = Inventor.log
    scored = next(rows for step, rows, _ in RecordingModel.log if step == "score")
    assert not set(augmented) & set(scored)
    assert len(augmented) + len(scored) == 300


def test_values_are_those_of_a_run_by_hand(data):
    X, y = data
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["race"]), ("passthrough", ["dose"])),
        LogisticRegression(),
    )
    comparison = compare_augmentations(
        model,
        X,
        y,
        sensitive_features="race",
        augmenters={"copies": GroupRandomOverSampler("race")},
        seeds=(3,),
        test_size=0.4,
        **SIZES,
    )
    cells = pd.factorize(X["race"] + y)[0]
    sorted_cells = pd.factorize(X["race"] + "|" + y, sort=True)[0]
    assert len(np.unique(cells)) == len(np.unique(sorted_cells)) == 6
    train, test = split_cells(sorted_cells, test_size=0.4, random_state=3)
    resampled = GroupRandomOverSampler("race", random_state=3).fit_resample(
        X.iloc[train], y.iloc[train]
    )
    fitted = clone(model).fit(*resampled)
    predicted = fitted.predict(X.iloc[test])
    groups = {"sensitive_features": X["race"].iloc[test], "pos_label": "dead"}
    expected = {
        "disparate_impact": disparate_impact(y.iloc[test], predicted, **groups),
        "worst_group_tpr": worst_group_tpr(y.iloc[test], predicted, **groups),
        "worst_group_recall": worst_group_recall(y.iloc[test], predicted, **groups),
        "f1": f1_score(y.iloc[test], predicted, pos_label="dead"),
        "balanced_accuracy": balanced_accuracy_score(y.iloc[test], predicted),
        "roc_auc": roc_auc_score(
            y.iloc[test] == "dead", fitted.predict_proba(X.iloc[test])[:, 1]
        ),
    }
    values = comparison.set_index("metric")["value"].to_dict()
    assert values == pytest.approx(expected)
    assert set(comparison["n_train"]) == {len(resampled[1])}
    assert set(comparison["n_synthetic"]) == {len(resampled[1]) - len(train)}


def test_groups_follow_their_rows(data):
    X, y = data
    arguments = {"augmenters": {"real": None}, "seeds": (0,), **SIZES}
    model = RecordingModel()
    straight = compare_augmentations(
        model, X, y, sensitive_features="race", **arguments
    ).set_index("metric")["value"]
    by_value = compare_augmentations(
        model, X, y, sensitive_features=X["race"].to_numpy(), **arguments
    ).set_index("metric")["value"]
    pd.testing.assert_series_equal(by_value, straight)
    permuted = compare_augmentations(
        model,
        X,
        y,
        sensitive_features=X["race"].sample(frac=1, random_state=0).to_numpy(),
        **arguments,
    ).set_index("metric")["value"]
    assert straight["disparate_impact"] < 0.6
    assert permuted["disparate_impact"] > straight["disparate_impact"] + 0.1


def test_columns_and_values_reach_the_augmenters(data):
    X, y = data
    arguments = {"seeds": (0,), **SIZES}
    augmenters = {"asks": Inventor(), "knows": Inventor(sensitive_features="dose")}
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters=augmenters,
        **arguments,
    )
    assert [entry[1:] for entry in Inventor.log] == [("race", None), ("dose", None)]
    assert augmenters["asks"].sensitive_features is None
    Inventor.log.clear()
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features=X["race"],
        augmenters=augmenters,
        **arguments,
    )
    for patients, selector, values in Inventor.log:
        assert selector in (None, "dose")
        assert values.tolist() == X.set_index("patient")["race"][patients].tolist()


def test_seeds_reach_estimator_and_augmenter(data):
    X, y = data
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters={"copies": RandomOverSampler()},
        seeds=(4, 9),
        metrics=["roc_auc"],
        **SIZES,
    )
    assert {seed for _, _, seed in RecordingModel.log} == {4, 9}
    sampler_seeds = compare_augmentations(
        by_dose(DecisionTreeClassifier(max_features=1)),
        X,
        y,
        sensitive_features="race",
        augmenters={"a": RandomOverSampler(), "b": RandomOverSampler(random_state=77)},
        seeds=(4,),
        **SIZES,
    ).pivot(index="metric", columns="augmenter", values="value")
    pd.testing.assert_series_equal(
        sampler_seeds["a"], sampler_seeds["b"], check_names=False
    )


def test_tidy_frame(data):
    comparison = compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"real": None, "imblearn": RandomOverSampler()},
        seeds=(0, 1, 2),
        **SIZES,
    )
    assert comparison.columns.tolist() == [
        "augmenter",
        "seed",
        "metric",
        "value",
        "n_train",
        "n_synthetic",
        "seconds",
    ]
    assert len(comparison) == 2 * 3 * 6
    assert set(comparison["metric"]) == METRICS
    assert comparison["value"].between(0, 1).all()
    assert (comparison["seconds"] > 0).all()
    of_real = comparison[comparison["augmenter"] == "real"]
    assert set(of_real["n_synthetic"]) == {0}
    grown = comparison[comparison["augmenter"] == "imblearn"]
    assert (
        grown["n_train"] - grown["n_synthetic"] == of_real["n_train"].to_numpy()
    ).all()


def test_the_test_rows_are_predicted_once_per_response(data):
    compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"real": None},
        seeds=(0,),
        **SIZES,
    )
    assert sum(step == "score" for step, _, _ in RecordingModel.log) == 2


def test_own_metrics(data):
    X, y = data
    X = X.assign(old=np.arange(len(X)) % 2)
    comparison = compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None},
        seeds=(0,),
        metrics={
            "by race": fairness_scorer("disparate_impact", pos_label="dead"),
            "by age": fairness_scorer(
                "disparate_impact", sensitive_features="old", pos_label="dead"
            ),
            "accuracy": "accuracy",
        },
    )
    values = comparison.set_index("metric")["value"]
    assert values.index.tolist() == ["by race", "by age", "accuracy"]
    assert values["by race"] < values["by age"] - 0.1


def test_pos_label(data):
    X, y = data
    values = {
        label: compare_augmentations(
            RecordingModel(),
            X,
            y,
            sensitive_features="race",
            augmenters={"real": None},
            seeds=(1,),
            pos_label=label,
            metrics=["f1", "worst_group_tpr", "worst_group_recall"],
            **SIZES,
        ).set_index("metric")["value"]
        for label in ("dead", "alive")
    }
    assert values["dead"]["f1"] != values["alive"]["f1"]
    worst = min(values["dead"]["worst_group_tpr"], values["alive"]["worst_group_tpr"])
    assert values["dead"]["worst_group_recall"] == pytest.approx(worst)


def test_small_groups_are_named(data):
    with pytest.warns(UndefinedMetricWarning, match="'C'"):
        comparison = compare_augmentations(
            RecordingModel(),
            *data,
            sensitive_features="race",
            augmenters={"real": None},
            seeds=(0,),
            metrics=["disparate_impact"],
            min_group_size=25,
        )
    assert comparison["value"].notna().all()


def test_records_with_visits():
    rng = np.random.default_rng(0)
    n = 160
    X = pd.DataFrame(
        {
            "race": rng.choice(["A", "B"], n),
            "visits": [
                [rng.choice(list("abcd"), 2).tolist() for _ in range(2)]
                for _ in range(n)
            ],
        }
    )
    y = np.array([int("a" in visits[-1]) for visits in X["visits"]])
    comparison = compare_augmentations(
        make_pipeline(VisitVectorizer(), LogisticRegression()),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None, "copies": GroupRandomOverSampler()},
        seeds=(0,),
        **SIZES,
    )
    assert (comparison.query("metric == 'roc_auc'")["value"] > 0.95).all()


def test_synthetic_rows_only(data):
    comparison = compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"synthetic": SyntheticOnly(GroupRandomOverSampler())},
        seeds=(0,),
        **SIZES,
    )
    assert (comparison["n_synthetic"] == comparison["n_train"]).all()


def test_progress(data, capsys):
    arguments = {
        "sensitive_features": "race",
        "augmenters": {"real": None},
        "seeds": (0,),
        **SIZES,
    }
    compare_augmentations(RecordingModel(), *data, **arguments)
    assert not capsys.readouterr().err
    compare_augmentations(RecordingModel(), *data, verbose=1, **arguments)
    assert "real, seed 0" in capsys.readouterr().err
