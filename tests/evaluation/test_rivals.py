import numpy as np
import pandas as pd
import pytest
from dose_model import SIZES, by_dose
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient
from recording import Inventor
from resamplers import mixed_frame
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairsample import VisitVectorizer
from fairsample.base import DataWarning
from fairsample.evaluation import compare_augmentations, split_cells, summarize
from fairsample.metrics import disparate_impact


def thresholds(**params):
    params = {"objective": "balanced_accuracy_score", **params}
    return ThresholdOptimizer(predict_method="predict_proba", **params)


class GroupOracle(ClassifierMixin, BaseEstimator):
    """Predicts 1 for group 0 and asks what it was given."""

    log: list = []

    def __init__(self, estimator=None, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y, sensitive_features):
        self.log.append(("fit", X, y, sensitive_features, self.random_state))
        return self

    def predict(self, X, sensitive_features, random_state=None):
        self.log.append(("predict", X, None, sensitive_features, random_state))
        return (sensitive_features == 0).astype(int)


def test_thresholds_are_those_of_a_run_by_hand(data):
    X, y = data
    comparison = compare_augmentations(
        by_dose(),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None},
        rivals={"thresholds": thresholds()},
        seeds=(3,),
        metrics=["disparate_impact", "balanced_accuracy"],
        **SIZES,
    ).set_index(["augmenter", "metric"])["value"]
    cells = pd.factorize(X["race"] + "|" + y, sort=True)[0]
    train, test = split_cells(cells, random_state=3)
    target = (y == "dead").astype(int).to_numpy()
    group = X["race"].to_numpy()
    by_hand = thresholds(estimator=clone(by_dose()))
    by_hand.fit(X.iloc[train], target[train], sensitive_features=group[train])
    decided = by_hand.predict(
        X.iloc[test], sensitive_features=group[test], random_state=3
    )
    assert comparison["thresholds", "disparate_impact"] == pytest.approx(
        disparate_impact(target[test], decided, sensitive_features=group[test])
    )
    assert comparison["thresholds", "balanced_accuracy"] == pytest.approx(
        np.mean([np.mean(decided[target[test] == one] == one) for one in (0, 1)])
    )
    worse, better = comparison["real"], comparison["thresholds"]
    assert better["disparate_impact"] > worse["disparate_impact"] + 0.15


def test_groups_reach_fit_and_predict_in_step_with_rows(data):
    X, y = data
    GroupOracle.log.clear()
    comparison = compare_augmentations(
        by_dose(),
        X,
        y,
        sensitive_features="race",
        augmenters={},
        rivals={"oracle": GroupOracle()},
        seeds=(4,),
        metrics=["disparate_impact", "accuracy"],
        **SIZES,
    ).set_index("metric")["value"]
    (_, X_fit, target, of_fit, seed), (_, X_seen, _, of_seen, drawn) = GroupOracle.log
    code = {"A": 0, "B": 1, "C": 2}
    assert of_fit.tolist() == [code[race] for race in X_fit["race"]]
    assert of_seen.tolist() == [code[race] for race in X_seen["race"]]
    assert target.tolist() == (y[X_fit.index] == "dead").astype(int).tolist()
    assert seed == drawn == 4
    assert comparison["disparate_impact"] == 0
    said = np.where(X_seen["race"] == "A", "dead", "alive")
    assert comparison["accuracy"] == pytest.approx(np.mean(said == y[X_seen.index]))


def test_positive_class_first(data):
    X, y = data
    GroupOracle.log.clear()
    values = compare_augmentations(
        by_dose(),
        X,
        y,
        sensitive_features="race",
        augmenters={},
        rivals={"oracle": GroupOracle()},
        pos_label="alive",
        seeds=(4,),
        metrics=["accuracy"],
        **SIZES,
    )["value"]
    (_, X_fit, target, *_), (_, X_seen, *_) = GroupOracle.log
    assert target.tolist() == (y[X_fit.index] == "alive").astype(int).tolist()
    said = np.where(X_seen["race"] == "A", "alive", "dead")
    assert values.tolist() == pytest.approx([np.mean(said == y[X_seen.index])])


def test_what_reads_the_group_says_so(data):
    comparison = compare_augmentations(
        by_dose(),
        *data,
        sensitive_features="race",
        augmenters={"real": None},
        rivals={"thresholds": thresholds()},
        seeds=(0,),
        metrics=["accuracy", "roc_auc"],
        **SIZES,
    )
    reads = comparison.groupby("augmenter")["reads_group"].first()
    assert reads.to_dict() == {"real": False, "thresholds": True}
    table = summarize(comparison, bold=True)
    assert table.index.tolist() == ["real", "thresholds (reads the group)"]
    assert not table.iloc[1].str.contains("**", regex=False).any()
    assert table.loc["thresholds (reads the group)", "roc_auc"] == "\N{EN DASH}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fairlearn, of pandas
def test_a_rival_that_does_not_read_the_group(data):
    X, y = data
    comparison = compare_augmentations(
        LogisticRegression(),
        X[["dose"]],
        y,
        sensitive_features=X["race"],
        augmenters={"real": None},
        rivals={
            "reduction": ExponentiatedGradient(
                LogisticRegression(), DemographicParity(), max_iter=3
            )
        },
        seeds=(0,),
        metrics=["disparate_impact"],
        **SIZES,
    )
    assert not comparison["reads_group"].any()
    real, reduced = comparison["value"]
    assert reduced >= real


def test_a_missing_method_of_a_common_predictor_is_an_error(data):
    class Deciding(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    with pytest.raises(AttributeError, match="predict_proba"):
        compare_augmentations(
            Deciding(),
            *data,
            sensitive_features="race",
            augmenters={"real": None},
            metrics=["roc_auc"],
        )


def test_the_estimator_is_not_fitted_and_seeds_decide(data):
    X, y = data
    rival = thresholds(constraints="equalized_odds")
    runs = [
        compare_augmentations(
            by_dose(),
            X,
            y,
            sensitive_features="race",
            augmenters={},
            rivals={"thresholds": rival},
            seeds=(seed,),
            metrics=["f1", "balanced_accuracy"],
        )["value"].tolist()
        for seed in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]
    assert rival.estimator is None
    assert not hasattr(rival, "estimator_")


def test_groups_without_both_classes_are_treated_as_the_largest_is(data):
    X, y = data
    y = y.mask(X["race"] == "C", "alive")
    GroupOracle.log.clear()
    with pytest.warns(DataWarning, match=r"one class only .*'C'.* largest group"):
        compare_augmentations(
            by_dose(),
            X,
            y,
            sensitive_features="race",
            augmenters={},
            rivals={"oracle": GroupOracle()},
            seeds=(0,),
            metrics=["accuracy"],
        )
    for _, rows, _, group, _ in GroupOracle.log:
        assert group.tolist() == [
            {"A": 0, "B": 1, "C": 0}[race] for race in rows["race"]
        ]
    with pytest.warns(DataWarning, match="'C'"):
        compare_augmentations(
            by_dose(),
            X,
            y,
            sensitive_features="race",
            augmenters={},
            rivals={"thresholds": thresholds()},
            seeds=(0,),
            metrics=["accuracy"],
        )


@pytest.mark.parametrize("sensitive", ["race", ["race", "sex"]])
@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_tables_of_any_types(sensitive):
    X, y = mixed_frame()
    comparison = compare_augmentations(
        make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=500)),
        X.drop(columns="datetime"),
        y,
        sensitive_features=sensitive,
        augmenters={"real": None},
        rivals={"thresholds": thresholds()},
        seeds=(0,),
        metrics=["accuracy"],
    )
    assert comparison["value"].notna().all()


def test_records_with_visits():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "race": rng.choice(["A", "B"], 200),
            "visits": [
                [
                    rng.choice(list("abcd"), 2).tolist()
                    for _ in range(rng.integers(1, 4))
                ]
                for _ in range(200)
            ],
        }
    )
    y = np.array([int("a" in visits[-1]) for visits in X["visits"]])
    comparison = compare_augmentations(
        make_pipeline(VisitVectorizer(), LogisticRegression()),
        X,
        y,
        sensitive_features="race",
        augmenters={},
        rivals={"thresholds": thresholds()},
        seeds=(0,),
        metrics=["accuracy"],
    )
    assert comparison["value"].item() > 0.9


def test_bad_rivals(data):
    X, y = data
    arguments = {"sensitive_features": "race", "augmenters": {"real": None}}
    for rival in (DummyClassifier(), Inventor(), thresholds):
        with pytest.raises(
            ValueError, match="Rival 'bad' is .* no parameter estimator"
        ):
            compare_augmentations(by_dose(), X, y, rivals={"bad": rival}, **arguments)
    with pytest.raises(ValueError, match="augmenter and a rival are called .*'real'"):
        compare_augmentations(
            by_dose(), X, y, rivals={"real": thresholds()}, **arguments
        )
    with pytest.raises(ValueError, match="between two classes; y has 3"):
        compare_augmentations(
            by_dose(),
            X,
            X["race"],
            rivals={"thresholds": thresholds()},
            pos_label="A",
            **arguments,
        )
    with pytest.raises(ValueError, match="one of the rivals"):
        compare_augmentations(
            by_dose(),
            X,
            y,
            sensitive_features="race",
            augmenters={"thresholds": thresholds()},
        )
