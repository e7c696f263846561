"""Real and synthetic sizes, patients, folds and processes of a comparison."""

import numpy as np
import pandas as pd
import pytest
from dose_model import SIZES
from imblearn.over_sampling import RandomOverSampler
from recording import Inventor, RecordingModel
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fairsample import GroupRandomOverSampler
from fairsample.evaluation import SyntheticOnly, compare_augmentations


@pytest.fixture(autouse=True)
def _empty_logs():
    RecordingModel.log.clear()
    Inventor.log.clear()


def rounds():
    """What each model was trained on and scored on."""
    found = []
    for step, patients, _ in RecordingModel.log:
        if step == "fit":
            found.append((patients, set()))
        else:
            found[-1][1].update(patients)
    return found


def model():
    return make_pipeline(
        make_column_transformer((OneHotEncoder(), ["race"]), ("passthrough", ["dose"])),
        LogisticRegression(),
    )


def values_of(comparison, *columns):
    return comparison.set_index([*columns, "metric"])["value"]


@pytest.mark.parametrize("splits", [{"seeds": (0, 1)}, {"cv": 3}])
def test_no_synthetic_row_is_scored_and_all_sizes_share_the_test_rows(data, splits):
    X, y = data
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None, "invented": Inventor()},
        real_sizes=[40, 90],
        synthetic_sizes=[5, 30],
        **splits,
        **SIZES,
    )
    n_splits = splits.get("cv", 2)
    found = rounds()
    assert len(found) == n_splits * 2 * (1 + 2)
    for split in range(n_splits):
        of_split = found[6 * split : 6 * split + 6]
        assert len({frozenset(scored_on) for _, scored_on in of_split}) == 1
        for trained_on, scored_on in of_split:
            assert -1 not in scored_on
            assert not set(trained_on) & scored_on
        real = [[p for p in trained_on if p != -1] for trained_on, _ in of_split]
        assert [len(patients) for patients in real] == [40, 40, 40, 90, 90, 90]
        assert real[0] == real[1] == real[2]
        assert real[3] == real[4] == real[5]
        assert set(real[0]) < set(real[3])
        invented = [trained_on.count(-1) for trained_on, _ in of_split]
        assert invented == [0, 5, 30, 0, 5, 30]


def test_smaller_parts_keep_the_shares_of_groups_and_classes(data):
    X, y = data
    compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features="race",
        augmenters={"real": None},
        real_sizes=[60],
        seeds=(0,),
        **SIZES,
    )
    ((trained_on, _),) = rounds()
    cells = pd.Series((X["race"] + y).to_numpy(), index=X["patient"])
    shares = cells[trained_on].value_counts(normalize=True)
    pd.testing.assert_series_equal(
        shares.sort_index(),
        cells.value_counts(normalize=True).sort_index(),
        atol=0.06,
        rtol=0,
        check_names=False,
    )


def test_values_at_a_size_are_those_of_a_run_by_hand(data):
    X, y = data
    asked = compare_augmentations(
        model(),
        X,
        y,
        sensitive_features="race",
        augmenters={"copies": GroupRandomOverSampler()},
        seeds=(2,),
        synthetic_sizes=[10, 80],
        **SIZES,
    )
    for size in (10, 80):
        by_hand = compare_augmentations(
            model(),
            X,
            y,
            sensitive_features="race",
            augmenters={"copies": GroupRandomOverSampler("race", n_synthetic=size)},
            seeds=(2,),
            **SIZES,
        )
        of_size = asked[asked["synthetic_size"] == size]
        pd.testing.assert_series_equal(values_of(of_size), values_of(by_hand))
        assert set(of_size["n_synthetic"]) == {size}


def test_arms_without_a_size_are_trained_once_and_stand_beside_every_size(data):
    comparison = compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"real": None, "imblearn": RandomOverSampler()},
        synthetic_sizes=[5, 10, 20],
        seeds=(0,),
        metrics=["f1", "roc_auc"],
        **SIZES,
    )
    assert len(rounds()) == 2
    assert len(comparison) == 2 * 3 * 2
    per_size = comparison.pivot(
        index="synthetic_size", columns=["augmenter", "metric"], values="value"
    )
    assert per_size.index.tolist() == [5, 10, 20]
    assert (per_size.nunique() == 1).all()
    added = comparison.groupby("augmenter")["n_synthetic"].unique()
    assert added["real"].tolist() == [0]
    assert len(added["imblearn"]) == 1
    assert added["imblearn"][0] > 20


def test_sizes_reach_nested_resamplers(data):
    comparison = compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"synthetic": SyntheticOnly(GroupRandomOverSampler())},
        synthetic_sizes=[50, 70],
        seeds=(0,),
        **SIZES,
    )
    assert (comparison["n_train"] == comparison["synthetic_size"]).all()
    assert (comparison["n_synthetic"] == comparison["synthetic_size"]).all()


def test_columns_tell_the_sizes_asked_for(data):
    arguments = {
        "sensitive_features": "race",
        "augmenters": {"real": None},
        "seeds": (0,),
        **SIZES,
    }
    plain = compare_augmentations(model(), *data, **arguments)
    sized = compare_augmentations(
        model(), *data, real_sizes=[60, 90], synthetic_sizes=[5], **arguments
    )
    assert sized.columns.tolist() == [
        *("augmenter", "seed", "real_size", "synthetic_size"),
        *plain.columns[2:],
    ]
    assert sized["real_size"].unique().tolist() == [60, 90]
    assert (sized["n_train"] == sized["real_size"]).all()


@pytest.mark.parametrize("given", ["column", "values"])
def test_groups_follow_their_rows_at_every_size(data, given):
    X, y = data
    race = "race" if given == "column" else X["race"].to_numpy()
    arguments = {
        "augmenters": {"real": None},
        "real_sizes": [50, 100],
        "seeds": (0,),
        "metrics": ["disparate_impact"],
        **SIZES,
    }
    straight = compare_augmentations(
        RecordingModel(), X, y, sensitive_features=race, **arguments
    )
    shuffled = compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features=X["race"].sample(frac=1, random_state=0).to_numpy(),
        **arguments,
    )
    assert (straight["value"] < 0.6).all()
    assert (shuffled["value"] > straight["value"] + 0.1).all()


def test_rows_in_another_order_give_the_same_rates(data):
    """A group vector that is shuffled against predictions would tell another story."""
    X, y = data
    comparison = compare_augmentations(
        RecordingModel(),
        X,
        y,
        sensitive_features=X["race"],
        augmenters={"real": None},
        cv=2,
        metrics=["disparate_impact"],
        **SIZES,
    )
    held_out = [patients for step, patients, _ in RecordingModel.log if step == "score"]
    race = pd.Series(X["race"].to_numpy(), index=X["patient"])
    predicted = pd.Series((X["dose"] > 0).to_numpy(), index=X["patient"])
    for value, patients in zip(comparison["value"], held_out, strict=True):
        rates = predicted[patients].groupby(race[patients]).mean()
        assert value == pytest.approx(rates.min() / rates.max())


class TestPatients:
    """Patients with several rows each."""

    @pytest.fixture
    def visits(self):
        rng = np.random.default_rng(1)
        patient = np.repeat(np.arange(150), rng.integers(1, 5, 150))
        race = rng.choice(["A", "B"], 150)[patient]
        dose = rng.normal(size=150)[patient] + 0.1 * rng.normal(size=len(patient))
        X = pd.DataFrame({"patient": patient, "dose": dose, "race": race})
        y = pd.Series(np.where(dose + rng.normal(size=len(patient)) > 0, "yes", "no"))
        order = rng.permutation(len(X))
        return X.iloc[order], y.iloc[order]

    @pytest.mark.parametrize("splits", [{"seeds": (0, 1, 2)}, {"cv": 4}])
    def test_nobody_is_trained_on_and_scored_on(self, visits, splits):
        X, y = visits
        compare_augmentations(
            RecordingModel(),
            X,
            y,
            sensitive_features="race",
            augmenters={"real": None, "invented": Inventor()},
            patients=X["patient"],
            real_sizes=[60, 150],
            **splits,
            **SIZES,
        )
        found = rounds()
        assert found
        for trained_on, scored_on in found:
            assert not set(trained_on) & scored_on
            assert scored_on

    def test_rows_taken_for_patients_would_leak(self, visits):
        X, y = visits
        compare_augmentations(
            RecordingModel(),
            X,
            y,
            sensitive_features="race",
            augmenters={"real": None},
            seeds=(0,),
            **SIZES,
        )
        ((trained_on, scored_on),) = rounds()
        assert set(trained_on) & scored_on

    def test_lengths(self, visits):
        X, y = visits
        with pytest.raises(ValueError, match="inconsistent numbers"):
            compare_augmentations(
                RecordingModel(),
                X,
                y,
                sensitive_features="race",
                augmenters={},
                patients=X["patient"][1:],
            )


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_processes_do_not_change_the_values(data):
    arguments = {
        "sensitive_features": "race",
        "augmenters": {"real": None, "copies": GroupRandomOverSampler()},
        "real_sizes": [80, 150],
        "synthetic_sizes": [20, 40],
        "seeds": (0, 1),
        **SIZES,
    }
    one, two = (
        compare_augmentations(model(), *data, n_jobs=n_jobs, **arguments)
        for n_jobs in (None, 2)
    )
    pd.testing.assert_frame_equal(
        one.drop(columns="seconds"), two.drop(columns="seconds")
    )


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_progress_over_sizes(data, capsys):
    compare_augmentations(
        RecordingModel(),
        *data,
        sensitive_features="race",
        augmenters={"real": None, "copies": GroupRandomOverSampler()},
        real_sizes=[50, 100],
        seeds=(0, 1),
        verbose=1,
        **SIZES,
    )
    shown = capsys.readouterr().err
    assert "copies, seed 1" in shown
    assert "8/8" in shown


def test_too_few_rows_are_refused_before_any_training(data):
    with pytest.raises(ValueError, match="real_sizes asks for 290 real rows"):
        compare_augmentations(
            RecordingModel(),
            *data,
            sensitive_features="race",
            augmenters={"real": None},
            real_sizes=[50, 290],
        )
    assert not RecordingModel.log


def test_bad_synthetic_sizes(data):
    with pytest.raises(ValueError, match="synthetic_sizes is a list"):
        compare_augmentations(
            RecordingModel(),
            *data,
            sensitive_features="race",
            augmenters={"real": None},
            synthetic_sizes=100,
        )
