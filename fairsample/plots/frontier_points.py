"""Means and standard deviations of utility and fairness, read from what users have."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from fairsample.messages import quote

__all__ = [
    "POINT_COLUMNS",
    "find_parameter",
    "points_of_comparison",
    "points_of_cv_results",
    "points_of_rivals",
]

POINT_COLUMNS = ["utility", "utility_sd", "fairness", "fairness_sd"]
_COMPARISON_COLUMNS = {"augmenter", "metric", "value"}
_ABSENT = "absent"  # a parameter that another grid of the search has


def points_of_comparison(comparison, utility, fairness):
    """Read the points of augmenters from a comparison.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`~fairsample.evaluation.compare_augmentations` returns.
    utility, fairness : str
        Two of its metrics.

    Returns
    -------
    DataFrame of shape (n_augmenters, 4), indexed by augmenter
        `POINT_COLUMNS`, over seeds.

    Raises
    ------
    ValueError
        When a metric is not in the comparison.
    """
    metrics = comparison["metric"].unique().tolist()
    absent = [metric for metric in (utility, fairness) if metric not in metrics]
    if absent:
        raise ValueError(
            f"The comparison has no metric {absent}; its metrics are {metrics}."
        )
    values = comparison.groupby(["augmenter", "metric"])["value"]
    mean, deviation = values.mean().unstack(), values.std().unstack()
    columns = [mean[utility], deviation[utility], mean[fairness], deviation[fairness]]
    points = pd.concat(columns, axis=1, keys=POINT_COLUMNS)
    return points.loc[comparison["augmenter"].unique()]


def points_of_cv_results(
    search, utility, fairness, *, fairness_weight=None, fixed_params=None
):
    """Read the points of fairness weights from a search.

    Parameters
    ----------
    search : estimator or dict
        A fitted search over parameters, or its ``cv_results_``.
    utility, fairness : str
        Two of the names it scored under.
    fairness_weight : str, default=None
        The parameter that is λ; None finds it by its name.
    fixed_params : dict of str to object, default=None
        The values at which other parameters of the grid are looked at.

    Returns
    -------
    DataFrame of shape (n_weights, 4), indexed by λ, sorted
        `POINT_COLUMNS`, over folds; folds that are NaN are left out.

    Raises
    ------
    NotFittedError
        When the search is not fitted.
    ValueError
        When the names are not those of the search, a λ is not a number, or several
        rows have the same λ.
    """
    if hasattr(search, "get_params"):
        check_is_fitted(search, "cv_results_")
        search = search.cv_results_
    params = pd.Series(list(search["params"]), dtype=object)
    names = list(dict.fromkeys(name for cell in params for name in cell))
    weight = find_parameter(names, "fairness_weight", fairness_weight)
    rows = _rows_with(params, names, fixed_params or {})
    _refuse_several_per_weight(params[rows], names, weight)
    weights = [_number(cell.get(weight, _ABSENT), weight) for cell in params[rows]]
    values = {name: _fold_values(search, name)[rows].T for name in (utility, fairness)}
    points = {
        number: _point({name: values[name][:, row] for name in values}, f"λ={number:g}")
        for row, number in enumerate(weights)
    }
    return _as_frame(points).sort_index().rename_axis("fairness_weight")


def points_of_rivals(rivals, utility, fairness):
    """Read the points of rivals.

    Parameters
    ----------
    rivals : DataFrame, dict or None
        `POINT_COLUMNS` by name; a comparison; or name -> what
        :func:`sklearn.model_selection.cross_validate` returned.
    utility, fairness : str
        Names of metrics.

    Returns
    -------
    DataFrame of shape (n_rivals, 4), indexed by name
        `POINT_COLUMNS`.

    Raises
    ------
    ValueError
        When the rivals are nothing of these, or were not scored under these names.
    """
    if rivals is None:
        return _as_frame({})
    if isinstance(rivals, dict):
        return _as_frame(
            {
                name: _cross_validated(scores, (utility, fairness), name)
                for name, scores in rivals.items()
            }
        )
    columns = set(getattr(rivals, "columns", ()))
    if columns >= _COMPARISON_COLUMNS:
        return points_of_comparison(rivals, utility, fairness)
    if columns >= set(POINT_COLUMNS):
        return rivals[POINT_COLUMNS]
    raise ValueError(
        f"rivals must be a frame with the columns {POINT_COLUMNS}, a comparison of "
        "compare_augmentations, or a dict of name to what cross_validate returned; "
        f"got {type(rivals).__name__}"
        + (f" with the columns {quote(sorted(columns))}." if columns else ".")
    )


def find_parameter(names, ending, given=None):
    """Find the one parameter with a name, in whatever step of a pipeline.

    Parameters
    ----------
    names : iterable of str
        Names of parameters, such as ``"fairsynth__fairness_weight"``.
    ending : str
        The last part of the name.
    given : str, default=None
        What the caller says it is.

    Returns
    -------
    str
        One of `names`.

    Raises
    ------
    ValueError
        When none or several have the name, or the given one is not there.
    """
    names = list(names)
    if given is not None:
        if given not in names:
            raise ValueError(f"{ending}={given!r} is none of {quote(names)}.")
        return given
    found = [name for name in names if name.split("__")[-1] == ending]
    if len(found) != 1:
        raise ValueError(
            f"{quote(found) or 'None'} of the parameters {quote(names)} "
            f"{'are' if found else 'is'} called {ending!r}. Name the one to draw "
            f"over, as in {ending}={(found or names or [ending])[0]!r}."
        )
    return found[0]


def _rows_with(params, names, fixed_params):
    """Tell which rows have the fixed values: (n_rows,) of bool."""
    rows = np.ones(len(params), dtype=bool)
    for name, value in fixed_params.items():
        if name not in names:
            raise ValueError(f"fixed_params names {name!r}; searched were {names}.")
        tried = [cell.get(name, _ABSENT) for cell in params]
        has_value = np.array([_same(value, other) for other in tried])
        if not has_value.any():
            raise ValueError(
                f"fixed_params asks for {name}={value!r}; tried were "
                f"{quote(_different(tried))}."
            )
        rows &= has_value
    if not rows.any():
        raise ValueError(f"No row of the search has all of {fixed_params}.")
    return rows


def _refuse_several_per_weight(params, names, weight):
    weights = [cell.get(weight, _ABSENT) for cell in params]
    if len(_different(weights)) == len(weights):
        return
    tried = {
        name: _different([cell.get(name, _ABSENT) for cell in params])
        for name in names
        if name != weight
    }
    tried = {name: values for name, values in tried.items() if len(values) > 1}
    if not tried:
        raise ValueError(
            f"The search tried the same {weight} several times, as a successive "
            "halving does. Give the rows of one iteration only."
        )
    listed = "; ".join(f"{name} ({quote(values)})" for name, values in tried.items())
    fixed = {name: values[0] for name, values in tried.items()}
    raise ValueError(
        f"The search tried several values beside {weight}: {listed}. Say at which to "
        f"look, as in fixed_params={fixed!r}."
    )


def _different(values):
    """Give each value once, for values that need not be hashable."""
    found = []
    for value in values:
        if not any(_same(value, other) for other in found):
            found.append(value)
    return found


def _same(one, other):
    return one is other or np.array_equal(one, other)


def _number(value, name):
    if not isinstance(value, Real) or not np.isfinite(value):
        raise ValueError(f"The search tried {name}={value!r}, which is no number.")
    return float(value)


def _fold_values(cv_results, name):
    """Give the test scores of one name: (n_rows, n_folds)."""
    folds, ending = [], f"_test_{name}"
    while f"split{len(folds)}{ending}" in cv_results:
        folds.append(cv_results[f"split{len(folds)}{ending}"])
    if not folds:
        scored = [
            key.removeprefix("mean_test_")
            for key in cv_results
            if key.startswith("mean_test_")
        ]
        raise ValueError(
            f"The search has no test scores of {name!r}, only of {quote(scored)}. "
            "Name two of them, or give the search a utility and a fairness to score, "
            f"as in scoring={{{name!r}: ..., ...}}."
        )
    return np.column_stack(folds)


def _cross_validated(scores, names, rival):
    absent = [name for name in names if f"test_{name}" not in scores]
    if absent:
        there = [key.removeprefix("test_") for key in scores if key.startswith("test_")]
        raise ValueError(
            f"Rival {rival!r} was not scored on {quote(absent)}, only on "
            f"{quote(there)}; give cross_validate the scoring of the search."
        )
    return _point({name: np.asarray(scores[f"test_{name}"]) for name in names}, rival)


def _point(values, whose):
    """Mean and standard deviation of each metric over the folds that are not NaN."""
    cells = []
    for name, folds in values.items():
        measured = pd.Series(folds, dtype=float)
        if measured.isna().all():
            raise ValueError(
                f"{name!r} of {whose} is NaN in every fold. Where a fit failed, "
                "error_score='raise' shows why; where groups are too small to be "
                "measured, larger folds help."
            )
        cells += [measured.mean(), measured.std()]
    return cells


def _as_frame(points):
    index = pd.Index(list(points), dtype=None if points else object)
    return pd.DataFrame(list(points.values()), index, POINT_COLUMNS, dtype=float)
