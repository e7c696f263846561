"""The fairness model that a predictor goes by: the one given, or a plain one."""

from warnings import warn

from fairsample.causal.model import StandardFairnessModel
from fairsample.messages import quote
from fairsample.validation import DataWarning

__all__ = ["read_roles"]


def read_roles(columns, groups, model):
    """Check a fairness model against the columns, or make one.

    Parameters
    ----------
    columns : sequence of str
        The columns of X.
    groups : Groups
        The groups of its rows.
    model : StandardFairnessModel or None
        None makes a mediator of every column but the sensitive ones, and warns.

    Returns
    -------
    StandardFairnessModel

    Warns
    -----
    DataWarning
        Without a model, and of columns that have no role in it.

    Raises
    ------
    ValueError
        If roles name absent columns, or groups are of other columns than the model's.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from fairsample.groups import resolve_groups
    >>> from fairsample.predictors.causal_roles import read_roles
    >>> X = pd.DataFrame({"sex": ["F", "M"], "job": ["cook", "smith"]})
    >>> groups = resolve_groups(X, selector="sex")
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     read_roles(X.columns, groups, None)
    StandardFairnessModel(sensitive='sex', mediators=('job',))
    """
    if model is None:
        warn(
            "Without a fairness_model every column but the sensitive ones is taken for "
            "a mediator, and no effect is spurious. Say which are confounders, as "
            "fairness_model=StandardFairnessModel(sensitive=..., confounders=[...], "
            "mediators=[...]).",
            DataWarning,
            stacklevel=5,
        )
        sensitive = {*groups.columns, *groups.names}
        mediators = [name for name in columns if name not in sensitive]
        return StandardFairnessModel(sensitive=list(groups.names), mediators=mediators)
    without_role = model.check_columns(columns, sensitive_given=not groups.columns)
    if groups.columns and set(groups.columns) != set(model.sensitive_columns):
        raise ValueError(
            f"sensitive_features selects {quote(groups.columns)}, and the fairness "
            f"model has {quote(model.sensitive_columns)} as sensitive. Leave out the "
            "first, or change the model."
        )
    if without_role:
        warn(
            f"Columns without a role in the fairness model: {quote(without_role)}. "
            "They are not read.",
            DataWarning,
            stacklevel=5,
        )
    return model
