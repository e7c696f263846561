"""The effects that predictions are to have."""

import numpy as np
import pandas as pd

from fairsample.messages import quote
from fairsample.predictors.causal_weights import (
    EFFECTS,
    contrast_estimator,
    sides_of,
)
from fairsample.training.estimator_seeds import stream_of

__all__ = ["effect_targets", "indicate_classes", "read_business_necessity"]


def read_business_necessity(effects, *, reads_sensitive):
    """Check the names of effects that are business necessities.

    Parameters
    ----------
    effects : str or sequence of str
        The names.
    reads_sensitive : bool
        Whether predictions can have a direct effect.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If a name is no effect, or a direct effect is asked for that cannot be.

    Examples
    --------
    >>> from fairsample.predictors.causal_targets import read_business_necessity
    >>> read_business_necessity("indirect", reads_sensitive=True)
    ['indirect']
    """
    effects = [effects] if isinstance(effects, str) else list(effects)
    unknown = [effect for effect in effects if effect not in EFFECTS]
    if unknown:
        raise ValueError(
            f"business_necessity names {quote(unknown)}; the effects are "
            f"{quote(EFFECTS)}."
        )
    if "direct" in effects and not reads_sensitive:
        raise ValueError(
            "A classifier with reads_sensitive=False has no direct effect, and "
            "business_necessity asks for the real one. Change one of the two."
        )
    return effects


def indicate_classes(outcome, classes):
    """Indicate the classes whose effects count: of two the second, of more all.

    Parameters
    ----------
    outcome : ndarray of int of shape (n,)
        Positions in `classes`.
    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    DataFrame of bool of n rows
        A column for each class that counts.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.predictors.causal_targets import indicate_classes
    >>> indicate_classes(np.array([0, 1]), np.array(["sick", "well"]))
        well
    0  False
    1   True
    """
    indicators = pd.DataFrame(
        outcome[:, np.newaxis] == np.arange(len(classes)), columns=classes
    )
    return indicators.iloc[:, 1:] if len(classes) == 2 else indicators


def effect_targets(
    confounders,
    mediators,
    outcomes,
    groups,
    contrasts,
    necessary,
    *,
    random_state=None,
):
    """Say which effects predictions are to have: the outcome's, or none.

    Parameters
    ----------
    confounders, mediators : DataFrame of n rows
        Columns of any type; also none.
    outcomes : DataFrame of shape (n, n_outcomes)
        Indicators of classes.
    groups : Groups
        The groups of the rows.
    contrasts : list of Contrast
        What is compared.
    necessary : list of str
        Effects that are to be the outcome's own.
    random_state : int, RandomState instance or None, default=None
        Folds and learners, where the outcome's effects are estimated.

    Returns
    -------
    DataFrame of shape (n_contrasts * 3, n_outcomes)
        By contrast and effect.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.causal import StandardFairnessModel
    >>> from fairsample.groups import resolve_groups
    >>> from fairsample.predictors.causal_targets import effect_targets
    >>> X = pd.DataFrame({"sex": ["F", "M"] * 50})
    >>> groups = resolve_groups(X, selector="sex")
    >>> contrasts = StandardFairnessModel(sensitive="sex").contrasts(groups.labels)
    >>> hired = pd.DataFrame({"hired": X["sex"] == "M"})
    >>> effect_targets(X[[]], X[[]], hired, groups, contrasts, ["direct"])
                          hired
    contrast    effect
    M against F direct      1.0
                indirect    0.0
                spurious    0.0
    """
    names = [contrast.name for contrast in contrasts]
    index = pd.MultiIndex.from_product([names, EFFECTS], names=["contrast", "effect"])
    targets = pd.DataFrame(0.0, index, outcomes.columns)
    if not necessary:
        return targets
    values, stream = outcomes.to_numpy(dtype=float), stream_of(random_state)
    for contrast in contrasts:
        baseline, comparison = sides_of(contrast, groups)
        rows = baseline | comparison
        estimator = contrast_estimator(
            confounders[rows],
            mediators[rows],
            comparison[rows],
            values[rows] @ np.arange(1, 1 + values.shape[1]),
            stream,
        )
        for name, outcome in zip(outcomes.columns, values[rows].T, strict=True):
            real = estimator.effects(outcome, natural=False)
            for effect in necessary:
                targets.loc[(contrast.name, effect), name] = getattr(real, effect).value
    return targets
