"""Effects of several contrasts, or on several classes."""

from collections.abc import Mapping
from html import escape

import pandas as pd

__all__ = ["CausalEffectsByCase"]


class CausalEffectsByCase(Mapping):
    """Effects by case; made by `causal_effects` where there is more than one.

    A case is the name of a contrast where several levels are compared, a class where
    the outcome has more than two, and a tuple of both where both is so.

    Parameters
    ----------
    effects : dict of case to CausalEffects
        The effects.

    See Also
    --------
    causal_effects : Makes it.

    Examples
    --------
    >>> from fairsample.metrics import CausalEffects, CausalEffectsByCase, Effect
    >>> names = ["total_variation", "direct", "indirect", "spurious", "ett"]
    >>> parts = {name: Effect(0.1, se=0.02) for name in names}
    >>> by_case = CausalEffectsByCase({"Black against White": CausalEffects(**parts)})
    >>> list(by_case), by_case["Black against White"].direct.value
    (['Black against White'], 0.1)
    """

    def __init__(self, effects):
        self._effects = dict(effects)

    def __getitem__(self, case):
        """Return the effects of one case."""
        return self._effects[case]

    def __iter__(self):
        """Go through the cases."""
        return iter(self._effects)

    def __len__(self):
        """Return the number of cases."""
        return len(self._effects)

    def to_frame(self):
        """Put all effects in a table.

        Returns
        -------
        DataFrame
            As that of :class:`CausalEffects`, by case and effect; a case that is a
            tuple takes two levels of the index, `contrast` and `class`.
        """
        frames = {case: effects.to_frame() for case, effects in self.items()}
        cases = list(frames)
        paired = bool(cases) and all(isinstance(case, tuple) for case in cases)
        names = ["contrast", "class"] if paired else ["case"]
        return pd.concat(frames, names=[*names, "effect"])

    def __repr__(self):
        """Show the effects of every case in words."""
        return "\n\n".join(map(repr, self.values()))

    def _repr_html_(self):
        """Show the effects of every case in words, as HTML."""
        parts = [
            f"<h4>{escape(str(case))}</h4>{effects._repr_html_()}"
            for case, effects in self.items()
        ]
        return "<div>" + "".join(parts) + "</div>"
