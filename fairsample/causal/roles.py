"""The fairness model that holds for a table, stated or assumed, and what is removed."""

from warnings import warn

from fairsample.causal.model import StandardFairnessModel
from fairsample.causal.row_writing import PATHWAYS
from fairsample.messages import quote
from fairsample.validation import DataWarning

__all__ = ["check_pathways", "model_for_table"]


def check_pathways(pathways, business_necessity, share):
    """Return the pathways that are removed.

    Parameters
    ----------
    pathways, business_necessity : str or sequence of str
        What is removed, and what stays.
    share : float
        The share to remove.

    Returns
    -------
    tuple of str
        In the order direct, indirect, spurious.

    Raises
    ------
    ValueError
        If one is unknown, or there is a share to remove and nothing to remove it from.
    """
    named = {"pathways": pathways, "business_necessity": business_necessity}
    for parameter, value in named.items():
        named[parameter] = (value,) if isinstance(value, str) else tuple(value)
        unknown = [pathway for pathway in named[parameter] if pathway not in PATHWAYS]
        if unknown:
            raise ValueError(
                f"{parameter} names {quote(unknown)}; pathways are {quote(PATHWAYS)}."
            )
    cut = tuple(
        pathway
        for pathway in PATHWAYS
        if pathway in named["pathways"] and pathway not in named["business_necessity"]
    )
    if share > 0 and not cut:
        raise ValueError(
            f"fairness_weight={share:g} has nothing to remove: of pathways="
            f"{named['pathways']!r} all are a business necessity, or there are none. "
            "Name another pathway, or set fairness_weight to 0."
        )
    return cut


def model_for_table(model, X, groups):
    """Check a fairness model against a table, or assume one and say so.

    Parameters
    ----------
    model : StandardFairnessModel or None
        What was stated.
    X : DataFrame of shape (n_samples, n_features)
        The features.
    groups : Groups
        The group of each row.

    Returns
    -------
    StandardFairnessModel
        With a role for every column of X.

    Raises
    ------
    ValueError
        If the model misses a column, or speaks of another sensitive attribute than
        the groups were made of, or does not say which groups to compare.
    """
    if model is None:
        return _assumed(X, groups)
    if groups.columns and set(groups.columns) != set(model.sensitive_columns):
        raise ValueError(
            f"sensitive_features are {quote(groups.columns)}, and fairness_model has "
            f"sensitive={quote(model.sensitive_columns)}. Let both name the same, or "
            "leave sensitive_features out."
        )
    given = not groups.columns
    without_role = model.check_columns(X.columns, sensitive_given=given)
    if without_role:
        raise ValueError(
            f"Columns without a role in fairness_model: {quote(without_role)}. Add "
            "each to confounders or mediators, or drop it from X."
        )
    if given and any(name in X.columns for name in model.sensitive_columns):
        raise ValueError(
            f"The sensitive features are given as values, and fairness_model has "
            f"{quote(model.sensitive_columns)} as sensitive, columns of X. Drop them "
            "from X, or give no values."
        )
    model.contrasts(groups.labels, groups.counts())
    return model


def _assumed(X, groups):
    largest = groups.labels[int(groups.counts().argmax())]
    others = [name for name in X.columns if name not in groups.columns]
    names = _names_of_groups(groups, others)
    told = repr(names if len(names) > 1 else names[0])
    twice, also = [name for name in groups.names if name in others], ""
    if twice:
        also = (
            f" {quote(twice)}: given as values of the sensitive features, and columns "
            "of X as well, which count as mediators. Drop them from X."
        )
    warn(
        "No fairness_model is given. All columns but the sensitive ones are taken as "
        "mediators, so that nothing counts as spurious, and the largest group, "
        f"{largest!r}, as the baseline of all others. State the roles: fairness_model="
        f"StandardFairnessModel(sensitive={told}, confounders=[...], "
        f"mediators=[...], baseline=..., comparison=...).{also}",
        DataWarning,
        stacklevel=5,
    )
    return StandardFairnessModel(
        sensitive=names if len(names) > 1 else names[0],
        mediators=others,
        baseline=largest,
        comparison="rest" if len(groups) > 2 else _other(groups.labels, largest),
    )


def _other(labels, largest):
    others = [label for label in labels if label != largest]
    return others[0] if others else None


def _names_of_groups(groups, taken):
    """Give sensitive features names that no other column has."""
    names = []
    for name in groups.names:
        while name in taken or name in names:
            name = f"{name}_"
        names.append(name)
    return names
