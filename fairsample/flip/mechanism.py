"""One look at private rows, and what it costs."""

import dataclasses
import math
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from fairsample.encoding.json_types import scalar_from_json, scalar_to_json
from fairsample.flip.privacy_curves import sampled_gaussian_rdp
from fairsample.messages import quote

__all__ = ["Mechanism"]


@dataclass(frozen=True)
class Mechanism:
    """A release of sums over private rows with Gaussian noise.

    Every row contributes a vector of bounded norm, and noise is added to their sum;
    in each of several steps a row may take part with a probability of its group's,
    by a toss of its own. The cost is that of adding or removing one row; rows that
    are drawn by shuffling, or contributions that depend on other rows, are not
    described by it.

    Parameters
    ----------
    name : str
        What is released.
    reads : str
        What is read for it, for people.
    noise_multiplier : float, default=None
        Standard deviation of the noise over the largest norm of a contribution.
        None only where `groups` says it.
    sample_rate : float, default=1.0
        The probability with which a row takes part in a step.
    n_steps : int, default=1
        How often rows are read.
    delta : float, default=0.0
        The probability, over all steps, with which the noise is not all that hides a
        row: that of a threshold, for example.
    groups : dict of group to (sample_rate, noise_multiplier), default=None
        What holds for the rows of each group, where rates or norms differ; None
        where all rows are treated alike.

    See Also
    --------
    fairsample.flip.budget.PrivacyLedger : Adds mechanisms up.

    Examples
    --------
    >>> from fairsample.flip.mechanism import Mechanism
    >>> pairs = Mechanism("pair tables", "counts of sex x income", noise_multiplier=5.0)
    >>> pairs.mu_squared()
    0.04
    >>> steps = Mechanism(
    ...     "steps of the VAE",
    ...     "gradients of all columns",
    ...     n_steps=2000,
    ...     groups={"F": (0.0265, 4.92), "M": (0.0131, 4.92)},
    ... )
    >>> bool((steps.rdp("M") < steps.rdp("F")).all())
    True
    """

    name: str
    reads: str
    noise_multiplier: float | None = None
    sample_rate: float = 1.0
    n_steps: int = 1
    delta: float = 0.0
    groups: dict | None = None

    def __post_init__(self):
        """Check the numbers and make them Python's own."""
        who = f"The mechanism {self.name!r}"
        if not isinstance(self.n_steps, Integral) or self.n_steps < 1:
            raise ValueError(f"{who}: n_steps must be 1 or more, got {self.n_steps!r}.")
        if not _is_number(self.delta) or not 0 <= self.delta < 1:
            raise ValueError(f"{who}: delta must be in [0, 1), got {self.delta!r}.")
        self._set("n_steps", int(self.n_steps))
        self._set("delta", float(self.delta))
        if self.groups is None:
            rate, noise = _checked(self.sample_rate, self.noise_multiplier, who)
            self._set("sample_rate", rate)
            self._set("noise_multiplier", noise)
            return
        if self.noise_multiplier is not None or self.sample_rate != 1:
            raise ValueError(
                f"{who}: sampling rates and noise multipliers are those of its groups; "
                "leave out sample_rate and noise_multiplier."
            )
        if not self.groups:
            raise ValueError(f"{who}: groups is empty; None stands for all rows.")
        of_groups = {
            group: _checked(*values, f"{who}, group {group!r}")
            for group, values in self.groups.items()
        }
        self._set("groups", of_groups)

    def _set(self, name, value):
        object.__setattr__(self, name, value)

    def for_group(self, group):
        """Say what the mechanism is to the rows of one group.

        Parameters
        ----------
        group : object
            One of the groups; any, where all are treated alike.

        Returns
        -------
        Mechanism
            One without groups.

        Raises
        ------
        ValueError
            If the mechanism treats groups differently and does not name this one.
        """
        if self.groups is None:
            return self
        if group not in self.groups:
            raise ValueError(
                f"The mechanism {self.name!r} says nothing of the group {group!r}, "
                f"only of {quote(self.groups)}."
            )
        rate, noise = self.groups[group]
        return dataclasses.replace(
            self, sample_rate=rate, noise_multiplier=noise, groups=None
        )

    def rdp(self, group=None):
        """Give the Rényi divergences of all steps.

        Parameters
        ----------
        group : object, default=None
            Whose rows; None bounds those of every group.

        Returns
        -------
        ndarray of shape (n_orders,)
            Upper bounds at `~fairsample.flip.privacy_curves.ORDERS`.
        """
        if self.groups is None:
            curve = sampled_gaussian_rdp(self.sample_rate, self.noise_multiplier)
            return self.n_steps * curve
        groups = self.groups if group is None else [group]
        return np.max([self.for_group(name).rdp() for name in groups], axis=0)

    def mu_squared(self, group=None):
        """Give the strength of the one Gaussian mechanism that equals all steps.

        Parameters
        ----------
        group : object, default=None
            Whose rows; None takes those of the group that pays most.

        Returns
        -------
        float
            The sum of 1 / noise_multiplier squared; infinite under sampling, where
            there is no such mechanism.
        """
        if self.groups is None:
            if self.sample_rate < 1:
                return math.inf
            return self.n_steps / self.noise_multiplier / self.noise_multiplier
        groups = self.groups if group is None else [group]
        return max(self.for_group(name).mu_squared() for name in groups)

    def to_json(self):
        """Write the mechanism as plain JSON types.

        Returns
        -------
        dict
        """
        stored = {
            entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)
        }
        if self.groups is not None:
            stored["groups"] = [
                [scalar_to_json(group), rate, noise]
                for group, (rate, noise) in self.groups.items()
            ]
        return stored

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        Mechanism
        """
        read = dict(stored)
        if stored["groups"] is not None:
            read["groups"] = {
                scalar_from_json(group): (rate, noise)
                for group, rate, noise in stored["groups"]
            }
        return cls(**read)


def _is_number(value):
    return isinstance(value, Real) and math.isfinite(value)


def _checked(sample_rate, noise_multiplier, who):
    """Check a rate and a noise multiplier and make them floats."""
    if not _is_number(sample_rate) or not 0 < sample_rate <= 1:
        raise ValueError(f"{who}: sample_rate must be in (0, 1], got {sample_rate!r}.")
    if not _is_number(noise_multiplier) or not noise_multiplier > 0:
        raise ValueError(
            f"{who}: noise_multiplier must be positive and finite, "
            f"got {noise_multiplier!r}."
        )
    return float(sample_rate), float(noise_multiplier)
