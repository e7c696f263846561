"""What rows are for <-> plain JSON types."""

from fairsample.causal.backend import CausalContext
from fairsample.causal.model import StandardFairnessModel

__all__ = ["context_from_json", "context_to_json"]


def context_to_json(context):
    """Write a context as plain JSON types.

    Parameters
    ----------
    context : CausalContext or None
        What rows are for.

    Returns
    -------
    dict or None

    Raises
    ------
    ValueError
        If the fairness model has names or levels that are no JSON values.

    Examples
    --------
    >>> from fairsample.causal.backend import CausalContext
    >>> from fairsample.causal.model import StandardFairnessModel
    >>> from fairsample.language_models.context_json import (
    ...     context_from_json,
    ...     context_to_json,
    ... )
    >>> model = StandardFairnessModel(sensitive="sex", outcome="admitted")
    >>> context = CausalContext(model, "sex", "admitted", {"direct": 0.1})
    >>> context_from_json(context_to_json(context)) == context
    True
    """
    if context is None:
        return None
    return {
        "model": context.model.to_json(),
        "sensitive": context.sensitive,
        "outcome": context.outcome,
        "targets": {name: float(value) for name, value in context.targets.items()},
    }


def context_from_json(stored):
    """Read what `context_to_json` wrote.

    Parameters
    ----------
    stored : dict or None
        Plain JSON types.

    Returns
    -------
    CausalContext or None
    """
    if stored is None:
        return None
    model = StandardFairnessModel(**stored["model"])
    return CausalContext(**(stored | {"model": model}))
