"""What can be said of how synthetic effects deviate from real ones."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["DIFFERENT", "EQUIVALENT", "UNDECIDED", "EffectEquivalence"]

EQUIVALENT = "equivalent"
DIFFERENT = "different"
UNDECIDED = "not decidable at this n"


@dataclass(frozen=True, eq=False, repr=False)
class EffectEquivalence:
    """How far synthetic effects deviate from real ones, and what can be said of it.

    Parameters
    ----------
    table : DataFrame of shape (n_effects, 10)
        For each effect its value in `real` and in `synthetic` rows with their standard
        errors `real_se` and `synthetic_se`, the `deviation` (synthetic minus real) with
        its `se`, the ends of its interval, `low` and `high`, the `margin` and the
        `verdict`. Indexed by effect, or by case and effect.
    alpha : float
        The level of each of the two one-sided tests; intervals hold 1 - 2 `alpha`.
    against : {"population", "sample"}
        What the real side is: an estimate for the population, or the fixed effect of
        these real rows.
    simultaneous : bool
        Whether the intervals hold jointly.

    Attributes
    ----------
    verdict : str
        The verdict on all effects together.

    See Also
    --------
    equivalence : Makes it.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics import EffectEquivalence
    >>> table = pd.DataFrame(
    ...     {
    ...         "real": 0.04,
    ...         "real_se": 0.003,
    ...         "synthetic": 0.05,
    ...         "synthetic_se": 0.004,
    ...         "deviation": 0.01,
    ...         "se": 0.005,
    ...         "low": 0.0018,
    ...         "high": 0.0182,
    ...         "margin": 0.02,
    ...         "verdict": "equivalent",
    ...     },
    ...     index=["direct"],
    ... )
    >>> EffectEquivalence(table, alpha=0.05)
    Synthetic against real effects: equivalent
      direct: 0.05 for 0.04, off by +0.01 [+0.0018, +0.0182], margin 0.02: equivalent
    Two one-sided tests at 0.05 each; intervals hold 90 %, each effect by itself.
    The real effects are estimates for the population, and err too.
    """

    table: pd.DataFrame
    alpha: float = 0.05
    against: str = "population"
    simultaneous: bool = False

    @property
    def verdict(self):
        """The verdict on all effects together.

        "equivalent" when every effect is (which needs no correction for their number),
        "different" when one is, else "not decidable at this n".
        """
        verdicts = set(self.table["verdict"])
        if DIFFERENT in verdicts:
            return DIFFERENT
        return UNDECIDED if UNDECIDED in verdicts else EQUIVALENT

    def to_frame(self):
        """Return the table.

        Returns
        -------
        DataFrame of shape (n_effects, 10)
            A copy, as described in the class.
        """
        return self.table.copy()

    def __repr__(self):
        """Say it in words."""
        lines = [f"Synthetic against real effects: {self.verdict}"]
        for name, row in self.table.iterrows():
            lines.append(
                f"  {_in_words(name)}: {row['synthetic']:.4g} for {row['real']:.4g}, "
                f"off by {row['deviation']:+.3g} [{row['low']:+.3g}, "
                f"{row['high']:+.3g}], margin {row['margin']:.3g}: {row['verdict']}"
            )
            if 0 < abs(row["real"]) < 2 * row["real_se"]:
                lines[-1] += "; the real effect is not distinguishable from 0"
        return "\n".join([*lines, *self._terms()])

    def _repr_html_(self):
        shown = self.table.to_html(float_format="{:.4g}".format)
        terms = "<br>".join(self._terms())
        return (
            f"<div><p>Synthetic against real effects: <b>{self.verdict}</b></p>"
            f"{shown}<p><small>{terms}</small></p></div>"
        )

    def _terms(self):
        jointly = (
            "all effects jointly" if self.simultaneous else "each effect by itself"
        )
        real = "estimates for the population, and err too"
        if self.against == "sample":
            real = "those of the real rows at hand, and fixed"
        return [
            f"Two one-sided tests at {self.alpha:g} each; intervals hold "
            f"{100 - 200 * self.alpha:g} %, {jointly}.",
            f"The real effects are {real}.",
        ]


def _in_words(name):
    *case, effect = name if isinstance(name, tuple) else (name,)
    return ", ".join([*map(str, case), effect.replace("_", " ")])
