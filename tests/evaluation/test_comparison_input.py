import pytest
from sklearn.tree import DecisionTreeClassifier

from fairsample.evaluation import compare_augmentations


def test_no_groups(data):
    with pytest.raises(ValueError, match="needs sensitive_features"):
        compare_augmentations(
            DecisionTreeClassifier(), *data, sensitive_features=None, augmenters={}
        )


def test_lengths(data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent numbers"):
        compare_augmentations(
            DecisionTreeClassifier(), X, y[1:], sensitive_features="race", augmenters={}
        )


def test_augmenter(data):
    with pytest.raises(ValueError, match=r"Augmenter 'tree' .* no fit_resample"):
        compare_augmentations(
            DecisionTreeClassifier(),
            *data,
            sensitive_features="race",
            augmenters={"tree": DecisionTreeClassifier()},
        )


def test_metric(data):
    with pytest.raises(ValueError, match="kindness"):
        compare_augmentations(
            DecisionTreeClassifier(),
            *data,
            sensitive_features="race",
            augmenters={"real": None},
            metrics=["kindness"],
        )


def test_several_classes_need_a_pos_label(data):
    X, _ = data
    with pytest.raises(ValueError, match="y has 3 classes"):
        compare_augmentations(
            DecisionTreeClassifier(),
            X,
            X["race"],
            sensitive_features="race",
            augmenters={"real": None},
        )
