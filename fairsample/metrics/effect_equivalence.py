"""Whether synthetic rows have the causal effects of real ones, as far as data tell."""

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd
from scipy.stats import norm

from fairsample.messages import quote
from fairsample.metrics.effect_equivalence_result import (
    DIFFERENT,
    EQUIVALENT,
    UNDECIDED,
    EffectEquivalence,
)

__all__ = ["equivalence"]

_EFFECTS = ("total_variation", "direct", "indirect", "spurious")
_RELATIVE_MARGIN = 0.1
_ROUNDING = 1e-9  # of the largest effect: less is arithmetic, and no deviation
_DRAWS = 2**16  # of normal numbers, for the critical value of joint intervals


def equivalence(
    real,
    synthetic,
    margin=None,
    *,
    alpha=0.05,
    against="population",
    simultaneous=False,
    effects=_EFFECTS,
):
    """Test whether synthetic rows have the same causal effects as real rows.

    A small deviation proves nothing where it could as well have been large: an effect
    is called "equivalent" when the interval of its deviation, which holds
    1 - 2 `alpha`, lies within the margin to both sides of 0. This is two one-sided
    tests (TOST) [1]_: synthetic rows whose true deviation is the margin or more pass
    with probability `alpha` at most. It is "different" when the interval lies outside
    the margin altogether: the deviation is larger than the margin, not merely other
    than 0. In between the verdict is "not decidable at this n", and more rows, real or
    synthetic, whichever is the larger part of `se`, are the only remedy.

    What deviates from what is a choice. `against` the "population", the question is
    whether the source of the synthetic rows has the effects that hold in the population
    from which the real rows came. Both sides err, and both standard errors count. This
    suits held-out real rows. Where the source learned from these very real rows the
    errors are uncorrelated still, and intervals hold what they say; but the source then
    follows the errors of the real rows, and the probability of passing wrongly is
    bounded by 2 `alpha` only. `against` the "sample", the question is whether the
    source keeps the effects of the real rows at hand, errors and all, as may be asked
    of a generator that was fitted to them. The real effects are then fixed numbers, and
    only the synthetic side errs. Passing it says nothing of the population.

    Standard errors take synthetic rows for independent draws from their source. Rows
    that were selected so that they meet the effects err less, and intervals are too
    wide for them.

    With the default margin a real effect counts as met within its own standard error.
    Against the population this cannot be shown, unless the effect is some 16 times its
    standard error: with real rows that are few, no synthetic rows are enough. Choose
    the margin before looking, by what would matter.

    Parameters
    ----------
    real, synthetic : CausalEffects or CausalEffectsByCase
        Effects of the same contrast with the same signs, each with a `value` and `se`.
    margin : float or dict of str to float, default=None
        How far an effect may deviate, in units of the outcome; by effect, if a dict.
        None, or an effect that the dict leaves out: a tenth of the real effect, or its
        standard error where this is more.
    alpha : float, default=0.05
        The level of each one-sided test, below 0.5.
    against : {"population", "sample"}, default="population"
        What the real side stands for, as told above.
    simultaneous : bool, default=False
        Whether the intervals hold 1 - 2 `alpha` jointly for all effects, by the
        distribution of their largest error. That all effects are equivalent can be
        said without it; that some one of several is different, or is
        equivalent, should be said with it.
    effects : sequence of str, default=("total_variation", "direct", "indirect", \
"spurious")
        Which effects, by name.

    Returns
    -------
    EffectEquivalence
        A table, a verdict for each effect and one for all.

    Raises
    ------
    ValueError
        If the sides have different contrasts, signs or cases, an effect is not there,
        a margin is not above 0, or an option is out of range.

    References
    ----------
    .. [1] D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the
       power approach for assessing the equivalence of average bioavailability",
       Journal of Pharmacokinetics and Biopharmaceutics 15(6):657-680, 1987.

    Examples
    --------
    >>> from fairsample.causal import StandardFairnessModel
    >>> from fairsample.datasets import load_berkeley
    >>> from fairsample.metrics import causal_effects, equivalence
    >>> X, y = load_berkeley(return_X_y=True)
    >>> model = StandardFairnessModel(
    ...     sensitive="gender", mediators=["department"], baseline="Male"
    ... )
    >>> one_half, other_half = (
    ...     causal_effects(
    ...         X[rows], y[rows], model=model, learner="linear", random_state=0
    ...     )
    ...     for rows in (X.index % 2 == 0, X.index % 2 == 1)
    ... )
    >>> result = equivalence(one_half, other_half, margin=0.1)
    >>> result.to_frame()["verdict"].unique().tolist()
    ['equivalent']
    >>> equivalence(one_half, other_half).verdict
    'not decidable at this n'
    """
    _check_options(alpha, against, margin, effects)
    cases = _paired_cases(real, synthetic)
    pairs = {
        (*case, effect): (
            _effect(one, effect, "real"),
            _effect(two, effect, "synthetic"),
        )
        for case, (one, two) in cases.items()
        for effect in effects
    }
    critical = norm.ppf(1 - alpha)
    if simultaneous:
        critical = _joint_critical_value(list(pairs.values()), alpha, against)
    rounding = _ROUNDING * max(
        abs(side.value) for pair in pairs.values() for side in pair
    )
    rows = [
        _compare(*pair, _margin_of(effect, margin), critical, against, rounding)
        for (*_, effect), pair in pairs.items()
    ]
    names = {0: [], 1: ["case"], 2: ["contrast", "class"]}[len(next(iter(cases)))]
    index = pd.MultiIndex.from_tuples(pairs, names=[*names, "effect"])
    index = index if names else index.get_level_values("effect")
    table = pd.DataFrame(rows, index=index)
    return EffectEquivalence(table, alpha, against, bool(simultaneous))


def _compare(real, synthetic, margin, critical, against, rounding):
    """Return one row of the table."""
    if margin is None:
        margin = max(_RELATIVE_MARGIN * abs(real.value), real.se)
    deviation = synthetic.value - real.value
    se = synthetic.se if against == "sample" else np.hypot(real.se, synthetic.se)
    low, high = deviation - critical * se, deviation + critical * se
    verdict = UNDECIDED
    if -margin - rounding <= low and high <= margin + rounding:
        verdict = EQUIVALENT
    elif low > margin + rounding or high < -margin - rounding:
        verdict = DIFFERENT
    return {
        "real": real.value,
        "real_se": real.se,
        "synthetic": synthetic.value,
        "synthetic_se": synthetic.se,
        "deviation": deviation,
        "se": se,
        "low": low,
        "high": high,
        "margin": margin,
        "verdict": verdict,
    }


def _joint_critical_value(pairs, alpha, against):
    """Find what the largest standardised error stays below with 1 - 2 `alpha`.

    It is drawn, from a stream of its own that always starts the same.
    """
    covariance = _covariance([synthetic for _, synthetic in pairs])
    if against == "population":
        covariance = covariance + _covariance([real for real, _ in pairs])
    sd = np.sqrt(np.diag(covariance))
    varies = sd > 0
    if not varies.any():
        return norm.ppf(1 - alpha)
    correlation = (covariance / np.outer(sd, sd).clip(np.finfo(float).tiny))[varies]
    variances, directions = np.linalg.eigh(correlation[:, varies])
    root = directions * np.sqrt(variances.clip(0))
    normal = np.random.default_rng(0).standard_normal((_DRAWS, len(root)))
    return np.quantile(np.abs(normal @ root.T).max(axis=1), 1 - 2 * alpha)


def _covariance(effects):
    if any(effect.influence is None for effect in effects):
        raise ValueError(
            "simultaneous=True needs the influence of each row on the effects, as "
            "causal_effects gives it."
        )
    influence = np.column_stack([effect.influence for effect in effects])
    return influence.T @ influence / len(influence) ** 2


def _paired_cases(real, synthetic):
    """Return the two sides of each case, and refuse sides that differ in meaning."""
    by_case = [isinstance(side, Mapping) for side in (real, synthetic)]
    if by_case[0] != by_case[1]:
        raise ValueError(
            "One side has the effects of several cases and the other those of one. "
            "Compare case by case, as real[case] with synthetic[case]."
        )
    if not by_case[0]:
        real, synthetic = {None: real}, {None: synthetic}
    if set(real) != set(synthetic):
        raise ValueError(
            f"The real side has the cases {quote(real)}, the synthetic side "
            f"{quote(synthetic)}. Both need the same."
        )
    for case in real:
        contrasts = [_name_of(side[case].contrast) for side in (real, synthetic)]
        signs = [side[case].sign for side in (real, synthetic)]
        for what, (one, other) in [("compares", contrasts), ("has the signs", signs)]:
            if one != other:
                raise ValueError(
                    f"The real side {what} {one!r}, the synthetic side {other!r}. Both "
                    "need the same: name baseline and comparison in the "
                    "StandardFairnessModel, and one sign."
                )
    return {_levels_of(case): (real[case], synthetic[case]) for case in real}


def _levels_of(case):
    """Return a case as levels of an index, none where there is one case only."""
    if case is None:
        return ()
    return case if isinstance(case, tuple) else (case,)


def _name_of(contrast):
    return getattr(contrast, "name", contrast)


def _effect(effects, name, side):
    effect = getattr(effects, name, None)
    if effect is None:
        raise ValueError(f"The {side} side has no effect {name!r}.")
    return effect


def _check_options(alpha, against, margin, effects):
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is between 0 and 0.5. Got {alpha!r}.")
    if against not in ("population", "sample"):
        raise ValueError(f"against is 'population' or 'sample'. Got {against!r}.")
    if isinstance(effects, str) or not len(effects):
        raise ValueError(f"effects is a list of names. Got {effects!r}.")
    margins = margin if isinstance(margin, Mapping) else {None: margin}
    unknown = [name for name in margins if name not in (None, *effects)]
    if unknown:
        raise ValueError(
            f"margin names {quote(unknown)}; the effects are {quote(effects)}."
        )
    for name, value in margins.items():
        if value is None:
            continue
        if not isinstance(value, Real) or not 0 < value < np.inf:
            of = "" if name is None else f" of {name!r}"
            raise ValueError(f"The margin{of} is a number above 0. Got {value!r}.")


def _margin_of(effect, margin):
    return margin.get(effect) if isinstance(margin, Mapping) else margin
