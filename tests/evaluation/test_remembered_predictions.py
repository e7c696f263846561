"""Remembered predictions look like a fitted classifier, and ask the model once."""

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from fairsample.evaluation.remembered_predictions import RememberedPredictions

CLASSES = np.array(["alive", "dead"])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=80)
    return rng.normal(size=(80, 2)) + y[:, None], CLASSES[y]


class Counting(LogisticRegression):
    """Counts how often it is asked for each response."""

    def fit(self, X, y):
        self.asked = {"predict": 0, "predict_proba": 0}
        return super().fit(X, y)

    def predict(self, X):
        self.asked["predict"] += 1
        return self.classes_[(self.decision_function(X) > 0).astype(int)]

    def predict_proba(self, X):
        self.asked["predict_proba"] += 1
        return super().predict_proba(X)


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "neg_log_loss", "f1_macro"])
@pytest.mark.parametrize(
    "model",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())],
)
def test_scorers_say_what_they_say_of_the_model(rows, model, name):
    X, y = rows
    model.fit(X, y)
    scorer = get_scorer(name)
    known = RememberedPredictions.told(
        CLASSES, model.predict(X), predict_proba=model.predict_proba(X)
    )
    for predicted in (RememberedPredictions(model, X), known):
        assert scorer(predicted, X, y) == pytest.approx(scorer(model, X, y), abs=1e-12)


def test_the_model_is_asked_once_and_only_for_what_is_wanted(rows):
    X, y = rows
    model = Counting().fit(X, y)
    predicted = RememberedPredictions(model, X)
    assert model.asked == {"predict": 0, "predict_proba": 0}
    answers = [predicted.predict(X) for _ in range(3)]
    assert model.asked == {"predict": 1, "predict_proba": 0}
    assert answers[2].tolist() == model.predict(X).tolist()


def test_what_was_told_is_not_asked(rows):
    X, y = rows
    model = Counting().fit(X, y)
    told = np.tile([0.25, 0.75], (80, 1))
    predicted = RememberedPredictions(model, X, predict_proba=told)
    assert predicted.predict_proba(X) is told
    assert model.asked["predict_proba"] == 0


def test_all_else_is_the_models(rows):
    X, y = rows
    model = LogisticRegression(C=0.3).fit(X, y)
    predicted = RememberedPredictions(model, X)
    assert predicted.get_params() == model.get_params()
    assert predicted.coef_ is model.coef_
    assert predicted.score(X[:5], y[:5]) == model.score(X[:5], y[:5])
    with pytest.raises(AttributeError, match="kindness"):
        predicted.kindness  # noqa: B018


def test_labels_alone_are_a_fitted_classifier(rows):
    X, y = rows
    predicted = RememberedPredictions.told(CLASSES, y)
    assert is_classifier(predicted)
    check_is_fitted(predicted)
    assert predicted.classes_ is CLASSES
    assert predicted.score(X, y) == 1
    with pytest.raises(NotImplementedError):
        predicted.fit(X, y)


@pytest.mark.parametrize("response", ["predict_proba", "decision_function"])
def test_a_response_that_is_lacking_is_noted(rows, response):
    predicted = RememberedPredictions.told(CLASSES, rows[1])
    predicted.predict(rows[0])
    assert not predicted.lacks_response
    with pytest.raises(AttributeError, match=response):
        getattr(predicted, response)
    assert predicted.lacks_response


def test_no_probabilities_where_the_model_has_none(rows):
    X, y = rows
    predicted = RememberedPredictions(RidgeClassifier().fit(X, y), X)
    assert not hasattr(predicted, "predict_proba")
    assert get_scorer("roc_auc")(predicted, X, y) > 0.5
