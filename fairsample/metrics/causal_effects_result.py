"""The effects of a sensitive attribute, as numbers and as a table in words."""

from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd

from fairsample.metrics.causal_effect import Effect

__all__ = ["EFFECTS", "CausalEffects"]

EFFECTS = {
    "total_variation": "total variation",
    "direct": "  direct",
    "indirect": "  indirect",
    "spurious": "  spurious",
    "ett": "effect on the baseline's rows",
    "natural_direct": "natural direct",
    "natural_indirect": "natural indirect",
    "total_effect": "total effect",
    "experimental_spurious_baseline": "experimental spurious, baseline",
    "experimental_spurious_comparison": "experimental spurious, comparison",
}
_SUMS = {
    "additive": "total variation = direct + indirect + spurious",
    "book": "total variation = direct - indirect - spurious",
}


@dataclass(frozen=True, eq=False, repr=False)
class CausalEffects:
    """What makes up the difference between two groups; made by `causal_effects`.

    The difference is taken apart along the way from the baseline to the comparison.
    First the outcome alone responds to the other level of the attribute, in rows of the
    baseline (`direct`); then the mediators do too (`indirect`); what then still differs
    is due to who is in the groups (`spurious`).

    Parameters
    ----------
    total_variation : Effect
        Mean outcome of the comparison minus that of the baseline.
    direct, indirect, spurious : Effect
        Its counterfactual parts.
    ett : Effect
        Direct and indirect together: what the other level would do to rows of the
        baseline ("effect of treatment on the treated").
    natural_direct, natural_indirect, total_effect : Effect, default=None
        The like for rows of both groups. None where they were not estimated.
    experimental_spurious_baseline, experimental_spurious_comparison : Effect, \
            default=None
        How the mean of a group differs from what it would be if all rows had its level.
    contrast : Contrast, default=None
        Which levels are compared.
    outcome : str, default="the outcome"
        What the effects are on.
    sign : {"additive", "book"}, default="additive"
        Whether parts add up, or have the signs of the book: indirect and spurious
        effects, natural ones too, go from the comparison to the baseline.
    n_rows : int, default=0
        Rows that were compared.
    overlap : DataFrame, default=None
        How alike the groups are, given the confounders, and given confounders and
        mediators: the `lowest` and `highest` probability of a row to be in the
        comparison, the share of rows where it was `clipped`, and how many rows those of
        the comparison are worth (`effective_rows`) when they stand in for the baseline.

    See Also
    --------
    causal_effects : Makes it.
    equivalence : Compares the effects of real and of synthetic rows.
    fairsample.plots.CausalEffectsDisplay : Draws it.

    Examples
    --------
    >>> from fairsample.causal import StandardFairnessModel
    >>> from fairsample.datasets import load_berkeley
    >>> from fairsample.metrics import causal_effects
    >>> X, y = load_berkeley(return_X_y=True)
    >>> model = StandardFairnessModel(
    ...     sensitive="gender", mediators=["department"], baseline="Male"
    ... )
    >>> effects = causal_effects(X, y, model=model, learner="linear", random_state=0)
    >>> effects.direct.excludes(0), effects.spurious.value
    (True, 0.0)
    >>> effects.combine({"direct": 1, "indirect": 1}).value == effects.ett.value
    True
    """

    total_variation: Effect
    direct: Effect
    indirect: Effect
    spurious: Effect
    ett: Effect
    natural_direct: Effect = None
    natural_indirect: Effect = None
    total_effect: Effect = None
    experimental_spurious_baseline: Effect = None
    experimental_spurious_comparison: Effect = None
    contrast: object = None
    outcome: str = "the outcome"
    sign: str = "additive"
    n_rows: int = 0
    overlap: pd.DataFrame = field(default=None)

    @property
    def effects(self):
        """All effects that were estimated, a dict of str to Effect."""
        found = {name: getattr(self, name) for name in EFFECTS}
        return {name: effect for name, effect in found.items() if effect is not None}

    def to_frame(self):
        """Put the effects in a table.

        Returns
        -------
        DataFrame of shape (n_effects, 5)
            `value`, `se`, ends of the interval `low` and `high`, and `p_value`, by
            effect.
        """
        rows = {
            name: (effect.value, effect.se, *effect.ci, effect.p_value)
            for name, effect in self.effects.items()
        }
        columns = ["value", "se", "low", "high", "p_value"]
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return frame.rename_axis("effect")

    def covariance(self):
        """Tell how the errors of the effects go together.

        Returns
        -------
        DataFrame of shape (n_effects, n_effects)
            Covariances of the estimates.
        """
        effects = self.effects
        influence = np.column_stack([one.influence for one in effects.values()])
        return pd.DataFrame(
            influence.T @ influence / len(influence) ** 2,
            index=list(effects),
            columns=list(effects),
        )

    def combine(self, coefficients):
        """Estimate a sum of effects, with the interval that their covariance gives.

        Parameters
        ----------
        coefficients : dict of str to float
            What each effect is multiplied by.

        Returns
        -------
        Effect

        Raises
        ------
        ValueError
            If there is no such effect.
        """
        effects = self.effects
        absent = [name for name in coefficients if name not in effects]
        if absent or not coefficients:
            raise ValueError(
                f"coefficients names {absent or 'no effect'}; choose from "
                f"{list(effects)}."
            )
        value, influence = 0.0, 0.0
        for name, coefficient in coefficients.items():
            value = value + coefficient * effects[name].value
            influence = influence + coefficient * effects[name].influence
        return Effect.of_influence(value, influence, self.direct.confidence_level)

    def __repr__(self):
        """Show the effects in words."""
        table = self._in_words().to_string(justify="right", index_names=False)
        return "\n".join([self._heading, table, *self._notes])

    def _repr_html_(self):
        """Show the effects in words, as HTML."""
        table = self._in_words()
        table.index = table.index.str.replace("  ", "\u2003")
        notes = "<br>".join(map(escape, self._notes))
        return (
            f"<div><p><b>{escape(self._heading)}</b></p>{table.to_html()}"
            f"<p>{notes}</p></div>"
        )

    @property
    def _heading(self):
        name = "comparison against baseline"
        if self.contrast is not None:
            name = getattr(self.contrast, "name", str(self.contrast))
        return f"{name}: effects on {self.outcome}, {self.n_rows:,} rows"

    @property
    def _notes(self):
        notes = [_SUMS[self.sign]]
        if self.overlap is not None and self.overlap["clipped"].max() > 0:
            notes.append(
                f"overlap: up to {self.overlap['clipped'].max():.1%} of rows clipped, "
                f"the comparison is worth {self.overlap['effective_rows'].min():,.0f} "
                "rows"
            )
        return notes

    def _in_words(self):
        effects = self.effects
        digits = _decimals([effect.se for effect in effects.values()])
        level = f"{100 * self.direct.confidence_level:g} % interval"
        rows = {
            EFFECTS[name]: {
                "value": f"{effect.value:+,.{digits}f}",
                level: "[{:+,.{d}f}, {:+,.{d}f}]".format(*effect.ci, d=digits),
            }
            for name, effect in effects.items()
        }
        table = pd.DataFrame.from_dict(rows, orient="index")
        width = table.index.str.len().max()
        return table.set_axis(table.index.str.ljust(width))


def _decimals(errors):
    """Decimal places that show the first three digits of the largest error."""
    largest = max(errors)
    if not largest > 0:
        return 4
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 8))
