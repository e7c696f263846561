"""One causal effect, with its interval."""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm

__all__ = ["Effect"]


@dataclass(frozen=True)
class Effect:
    """An effect, its standard error and each row's influence on it.

    Parameters
    ----------
    value : float
        The estimate.
    se : float
        Its standard error.
    confidence_level : float, default=0.95
        The share of intervals that hold the true effect.
    influence : ndarray of shape (n_rows,), default=None
        How much each row moves the effect: with weights w that sum to one in place of
        equal ones, the effect changes by ``sum(w * influence)``, to first order. The
        mean is 0, rows that are not compared have 0, and
        ``se = sqrt(sum(influence ** 2)) / n_rows``.

    Attributes
    ----------
    ci : tuple of (float, float)
        The ends of the interval.
    z : float
        `value` divided by `se`.
    p_value : float
        Of the hypothesis that there is no effect, two-sided.

    See Also
    --------
    causal_effects : Estimates effects.

    Examples
    --------
    >>> from fairsample.metrics import Effect
    >>> direct = Effect(0.071, se=0.015)
    >>> direct.excludes(0), round(direct.ci[0], 3)
    (True, 0.042)
    """

    value: float
    se: float
    confidence_level: float = 0.95
    influence: np.ndarray = field(default=None, repr=False, compare=False)

    @classmethod
    def of_influence(cls, value, influence, confidence_level=0.95):
        """Make an effect whose standard error comes of its influence values.

        Parameters
        ----------
        value : float
            The estimate.
        influence : ndarray of shape (n_rows,)
            As the class has it.
        confidence_level : float, default=0.95
            As the class has it.

        Returns
        -------
        Effect
        """
        se = np.linalg.norm(influence) / len(influence)
        return cls(float(value), float(se), confidence_level, influence)

    @property
    def ci(self):
        """The ends of the interval, lower one first."""
        width = norm.ppf((1 + self.confidence_level) / 2) * self.se
        return float(self.value - width), float(self.value + width)

    @property
    def z(self):
        """Value divided by standard error; 0 for an effect that is 0 by definition."""
        if self.value == 0:
            return 0.0
        return (
            self.value / self.se if self.se else float(np.copysign(np.inf, self.value))
        )

    @property
    def p_value(self):
        """Probability of as large an estimate, or a larger one, without an effect."""
        return float(2 * norm.sf(abs(self.z)))

    def excludes(self, value):
        """Tell whether a value is outside the interval.

        Parameters
        ----------
        value : float
            Any value; 0 for no effect.

        Returns
        -------
        bool
        """
        low, high = self.ci
        return bool(value < low or value > high)
