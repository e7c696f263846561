"""Predictions of certain rows, remembered in the form of a fitted classifier."""

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import get_tags

__all__ = ["RememberedPredictions"]

_RESPONSES = ("predict", "predict_proba", "decision_function")


class RememberedPredictions:
    """A fitted classifier of certain rows, for which it answers whatever it is given.

    Scorers can be called with it. What was not told is asked of the model, once; all
    but the responses is the model's own.

    Parameters
    ----------
    model : classifier
        A fitted classifier.
    X : {DataFrame, ndarray} of shape (n_samples, n_features), default=None
        The rows that the model is asked about.
    **responses : ndarray
        What is known beforehand: `predict`, `predict_proba`, `decision_function`.

    Attributes
    ----------
    lacks_response : bool
        Whether it was asked for a response that neither was told nor is the model's.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> model = DecisionTreeClassifier().fit([[0], [1]], ["alive", "dead"])
    >>> predicted = RememberedPredictions(model, [[1], [0]])
    >>> predicted.predict([[1], [0]]).tolist(), predicted.get_depth()
    (['dead', 'alive'], 1)
    """

    def __init__(self, model, X=None, **responses):
        self._model, self._X, self._answers = model, X, responses
        self.lacks_response = False

    @classmethod
    def told(cls, classes, labels, **responses):
        """Make one that has no model behind it.

        Parameters
        ----------
        classes : ndarray of shape (n_classes,)
            The classes, sorted.
        labels : ndarray of shape (n_samples,)
            The class predicted for each row.
        **responses : ndarray
            `predict_proba` or `decision_function`, where there are such.

        Returns
        -------
        RememberedPredictions
            The classifier.

        Examples
        --------
        >>> predicted = RememberedPredictions.told([0, 1], [1, 0])
        >>> predicted.predict([[5.0], [7.0]]), hasattr(predicted, "predict_proba")
        ([1, 0], False)
        """
        return cls(_ToldLabels(classes, labels), **responses)

    def __sklearn_is_fitted__(self):
        """Tell that there is nothing to fit."""
        return True

    def __sklearn_tags__(self):
        """Give the tags of the model."""
        return get_tags(self._model)

    def __getattr__(self, name):
        if name not in _RESPONSES:
            return getattr(self._model, name)
        if name not in self._answers:
            if not hasattr(self._model, name):
                self.lacks_response = True
            self._answers[name] = getattr(self._model, name)(self._X)

        def answer(X):
            return self._answers[name]

        answer.__name__ = name  # by which scorers tell responses apart
        return answer


class _ToldLabels(ClassifierMixin, BaseEstimator):
    """A classifier that was told what to predict, and nothing else."""

    def __init__(self, classes, labels):
        self.classes = self.classes_ = classes
        self.labels = labels

    def fit(self, X, y):
        """Refuse: it is fitted."""
        raise NotImplementedError

    def predict(self, X):
        """Give the labels."""
        return self.labels
