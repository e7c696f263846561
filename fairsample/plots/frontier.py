"""Utility against fairness over the fairness weight."""

import re

from fairsample.plots.frontier_drawing import draw_frontier, draw_rivals
from fairsample.plots.frontier_points import (
    points_of_comparison,
    points_of_cv_results,
    points_of_rivals,
)
from fairsample.plots.frontier_search import FrontierScoring, search_frontier

__all__ = ["FairnessFrontierDisplay"]

_WEIGHT_IN_NAME = re.compile(r"λ\s*=\s*(\d+(?:\.\d+)?)")


class FairnessFrontierDisplay:
    """The price of fairness: utility and fairness as the fairness weight λ grows.

    Each λ is a point, joined in the order of λ; rivals without a λ stand as points of
    their own. Bars are one standard deviation over seeds or folds to either side.
    Better is up and to the right.

    Use :meth:`from_comparison`, :meth:`from_cv_results` or :meth:`from_estimator` to
    make one.

    Parameters
    ----------
    frontier : DataFrame of shape (n_weights, 4), indexed by fairness weight
        The columns `utility`, `utility_sd`, `fairness` and `fairness_sd`.
    rivals : DataFrame of shape (n_rivals, 4), indexed by name, default=None
        The same columns.
    utility_name : str, default="utility"
        What the horizontal axis shows.
    fairness_name : str, default="fairness"
        What the vertical axis shows.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    frontier_ : matplotlib ErrorbarContainer or None
        The points of the frontier, with their line and bars.
    rivals_ : dict of str to matplotlib ErrorbarContainer
        The rivals' points.
    weight_labels_ : list of matplotlib Annotation
        The values of λ at the points of the frontier.

    See Also
    --------
    fairsample.evaluation.compare_augmentations : Makes what this shows.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from fairsample.plots import FairnessFrontierDisplay
    >>> columns = ["utility", "utility_sd", "fairness", "fairness_sd"]
    >>> frontier = pd.DataFrame(
    ...     [[0.82, 0.01, 0.4, 0.05], [0.81, 0.01, 0.7, 0.04]],
    ...     index=[0.0, 1.0],
    ...     columns=columns,
    ... )
    >>> display = FairnessFrontierDisplay(frontier).plot()
    >>> [label.get_text() for label in display.weight_labels_]
    ['λ=0', 'λ=1']
    """

    def __init__(
        self, frontier, *, rivals=None, utility_name="utility", fairness_name="fairness"
    ):
        self.frontier = frontier
        self.rivals = rivals
        self.utility_name = utility_name
        self.fairness_name = fairness_name

    @classmethod
    def from_comparison(
        cls,
        comparison,
        *,
        utility="balanced_accuracy",
        fairness="disparate_impact",
        fairness_weights=None,
        ax=None,
        **plot_params,
    ):
        """Plot the means over seeds of a comparison.

        Parameters
        ----------
        comparison : DataFrame
            What :func:`~fairsample.evaluation.compare_augmentations` returns.
        utility : str, default="balanced_accuracy"
            The metric on the horizontal axis.
        fairness : str, default="disparate_impact"
            The metric on the vertical axis.
        fairness_weights : dict of str to float, default=None
            Augmenter -> λ; all others are rivals. None reads λ from names such as
            ``"FairSynth λ=0.5"``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        FairnessFrontierDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When a metric or an augmenter is not in the comparison.
        """
        names = comparison["augmenter"].unique().tolist()
        if fairness_weights is None:
            found = {name: _WEIGHT_IN_NAME.search(name) for name in names}
            fairness_weights = {
                name: float(match[1]) for name, match in found.items() if match
            }
        unknown = [name for name in fairness_weights if name not in names]
        if unknown:
            raise ValueError(
                f"fairness_weights names {unknown}; the augmenters are {names}."
            )
        points = points_of_comparison(comparison, utility, fairness)
        on_frontier = points.loc[list(fairness_weights)]
        frontier = on_frontier.set_axis(list(fairness_weights.values())).sort_index()
        rivals = points.drop(index=list(fairness_weights))
        frontier = frontier.rename_axis("fairness_weight")
        return cls._of(frontier, rivals, utility, fairness).plot(ax, **plot_params)

    @classmethod
    def from_cv_results(
        cls,
        search,
        *,
        utility="balanced_accuracy",
        fairness="disparate_impact",
        fairness_weight=None,
        fixed_params=None,
        rivals=None,
        ax=None,
        **plot_params,
    ):
        """Plot what a search over λ scored.

        Parameters
        ----------
        search : estimator or dict
            A fitted `GridSearchCV` whose `scoring` has two names or more, or its
            ``cv_results_``.
        utility : str, default="balanced_accuracy"
            The score on the horizontal axis, by its name in `scoring`.
        fairness : str, default="disparate_impact"
            The score on the vertical axis.
        fairness_weight : str, default=None
            The parameter that is λ; None takes the one called `fairness_weight`, in
            whatever step of a pipeline.
        fixed_params : dict of str to object, default=None
            Where the grid has other parameters: the value of each to look at.
        rivals : dict or DataFrame, default=None
            Name -> what :func:`sklearn.model_selection.cross_validate` returned with
            the same `scoring`; or a comparison, or a frame as the class takes it.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        FairnessFrontierDisplay
            The display, drawn. Bars are over folds; those that are NaN are left out.

        Raises
        ------
        NotFittedError
            When the search is not fitted.
        ValueError
            When a score or the parameter is not there, or when parameters beside λ
            were searched and `fixed_params` does not say at which values to look.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from fairsample.plots import FairnessFrontierDisplay
        >>> cv_results = {
        ...     "params": [{"fair__fairness_weight": 0}, {"fair__fairness_weight": 1}],
        ...     "split0_test_f1": [0.52, 0.50],
        ...     "split1_test_f1": [0.54, 0.52],
        ...     "split0_test_worst_group_tpr": [0.3, 0.5],
        ...     "split1_test_worst_group_tpr": [0.5, 0.5],
        ... }
        >>> display = FairnessFrontierDisplay.from_cv_results(
        ...     cv_results, utility="f1", fairness="worst_group_tpr"
        ... )
        >>> display.frontier["fairness"].to_dict()
        {0.0: 0.4, 1.0: 0.5}
        """
        frontier = points_of_cv_results(
            search,
            utility,
            fairness,
            fairness_weight=fairness_weight,
            fixed_params=fixed_params,
        )
        rivals = points_of_rivals(rivals, utility, fairness)
        return cls._of(frontier, rivals, utility, fairness).plot(ax, **plot_params)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        fairness_weights=(0.0, 0.5, 1.0, 1.5),
        sensitive_features=None,
        utility="balanced_accuracy",
        fairness="disparate_impact",
        fairness_weight=None,
        cv=None,
        rivals=None,
        n_jobs=None,
        ax=None,
        **plot_params,
    ):
        """Cross-validate an estimator over λ, its rivals on the same folds, and plot.

        Give FairSynth an int `random_state` and a `memory`, so that every λ starts
        from the same plain generator and this is trained once for each fold.

        Parameters
        ----------
        estimator : classifier
            Has λ among its parameters: as a rule, an imbalanced-learn pipeline of a
            resampler and a predictor.
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            Real rows.
        y : array-like of shape (n_samples,)
            Their classes.
        fairness_weights : sequence of float, default=(0.0, 0.5, 1.0, 1.5)
            The λ.
        sensitive_features : str, list, callable or array-like, default=None
            Columns of X for the fairness score, or values, which go to estimators and
            scorers by metadata routing. None takes the columns that the estimator
            names.
        utility : str or scorer, default="balanced_accuracy"
            The score on the horizontal axis.
        fairness : str or scorer, default="disparate_impact"
            The score on the vertical axis: a name of :mod:`fairsample.metrics` or of
            scikit-learn, or a scorer.
        fairness_weight : str, default=None
            The parameter that is λ; None takes the one called `fairness_weight`.
        cv : int, splitter or iterable, default=None
            As in scikit-learn.
        rivals : dict of str to classifier, default=None
            Pipelines to compare with.
        n_jobs : int, default=None
            Fits side by side.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        FairnessFrontierDisplay
            The display, drawn. Bars are over folds.

        Raises
        ------
        ValueError
            When λ is not a parameter of the estimator, no sensitive features are given,
            or y has more than two classes and `fairness` is a name of this package.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from imblearn.pipeline import make_pipeline
        >>> from sklearn.linear_model import LogisticRegression
        >>> from fairsample import FairSynthResampler, VisitVectorizer
        >>> from fairsample.datasets import load_berkeley
        >>> from fairsample.plots import FairnessFrontierDisplay
        >>> X, y = load_berkeley(return_X_y=True)
        >>> X, y = X[::12], y[::12]
        >>> resampler = FairSynthResampler(
        ...     "gender", max_epochs=1, fairness_epochs=1, random_state=0
        ... )
        >>> display = FairnessFrontierDisplay.from_estimator(
        ...     make_pipeline(resampler, VisitVectorizer(), LogisticRegression()),
        ...     X,
        ...     y,
        ...     fairness_weights=[0, 1],
        ...     cv=2,
        ... )
        >>> display.frontier.index.tolist()
        [0.0, 1.0]
        """
        scoring = FrontierScoring(utility, fairness, sensitive_features, estimator, y)
        cv_results, scores = search_frontier(
            estimator,
            X,
            y,
            scoring,
            fairness_weights=fairness_weights,
            fairness_weight=fairness_weight,
            cv=cv,
            rivals=rivals,
            n_jobs=n_jobs,
        )
        return cls.from_cv_results(
            cv_results,
            utility=scoring.utility,
            fairness=scoring.fairness,
            fairness_weight=fairness_weight,
            rivals=scores,
            ax=ax,
            **plot_params,
        )

    @classmethod
    def _of(cls, frontier, rivals, utility, fairness):
        return cls(
            frontier,
            rivals=rivals,
            utility_name=utility.replace("_", " "),
            fairness_name=fairness.replace("_", " "),
        )

    def plot(self, ax=None, *, name="FairSynth", frontier_kw=None, rival_kw=None):
        """Draw frontier and rivals.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        name : str, default="FairSynth"
            What the legend calls the frontier.
        frontier_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.errorbar` for the frontier.
        rival_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.errorbar` for every rival.

        Returns
        -------
        FairnessFrontierDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(7, 4.8), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        rivals = self.rivals if self.rivals is not None else self.frontier.iloc[:0]
        self.rivals_ = draw_rivals(ax, rivals, rival_kw or {})
        self.frontier_, self.weight_labels_ = draw_frontier(
            ax, self.frontier, name, frontier_kw or {}
        )
        ax.set_xlabel(f"{self.utility_name} (higher is better)")
        ax.set_ylabel(f"{self.fairness_name} (higher is fairer)")
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        if self.rivals_ or self.frontier_:
            ax.legend(frameon=False)
        return self
