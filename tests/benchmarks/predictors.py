"""The predictors that rows are judged by: a linear one and a boosted one."""

from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from fairsample import VisitVectorizer

__all__ = ["SideBySide", "table_predictors", "visit_predictors", "with_random_state"]

MIN_DF = 0.01  # share of patients that a code needs


def visit_predictors():
    """Give the predictors for records with visits, by name.

    Both read counts of the codes that at least 1 % of the patients have, over the
    history and in the last visit. The penalty of the linear one suits some thousand
    patients with a weak signal.
    """
    return {
        "logistic": make_pipeline(
            VisitVectorizer(min_df=MIN_DF),
            LogisticRegression(C=0.01, max_iter=2000),
        ),
        "boosting": make_pipeline(
            VisitVectorizer(min_df=MIN_DF),
            FunctionTransformer(_dense, accept_sparse=True),
            HistGradientBoostingClassifier(),
        ),
    }


def table_predictors():
    """Give the predictors for plain tables, by name.

    The linear one reads scaled numbers and one-hot categories, the boosted one numbers
    and the ordinal codes of categories.
    """
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return {
        "logistic": make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=2000)),
        "boosting": make_pipeline(
            make_column_transformer(
                (ordinal, make_column_selector(dtype_exclude="number")),
                remainder="passthrough",
            ),
            HistGradientBoostingClassifier(),
        ),
    }


class SideBySide(ClassifierMixin, BaseEstimator):
    """Several classifiers trained on the same rows, so that these are made only once.

    Parameters
    ----------
    predictors : dict of str to classifier
        Cloned and fitted as ``predictors_``.
    random_state : int, RandomState instance or None, default=None
        Given to every step that takes one.
    """

    def __init__(self, predictors, *, random_state=None):
        self.predictors = predictors
        self.random_state = random_state

    def fit(self, X, y):
        """Fit a clone of each."""
        self.predictors_ = {
            name: with_random_state(predictor, self.random_state).fit(X, y)
            for name, predictor in self.predictors.items()
        }
        return self


def with_random_state(estimator, random_state):
    """Clone an estimator and seed it and everything in it."""
    estimator = clone(estimator)
    seeded = [key for key in estimator.get_params() if key.endswith("random_state")]
    return estimator.set_params(**dict.fromkeys(seeded, random_state))


def _dense(X):
    return X.toarray()
