"""The account of everything that looked at private rows."""

import math

import numpy as np
import pandas as pd

from fairsample.flip.mechanism import Mechanism
from fairsample.flip.privacy_curves import (
    ORDERS,
    epsilon_from_rdp,
    gaussian_epsilon,
    order_epsilons,
)
from fairsample.messages import quote

__all__ = ["PrivacyLedger"]

_COLUMNS = [
    "release",
    "reads",
    "group",
    "noise multiplier",
    "sampling rate",
    "steps",
    "delta",
    "epsilon alone",
    "epsilon so far",
]
_LEAST_DELTA = 1e-6  # of the whole, to be left for the conversion


class PrivacyLedger:
    """Every mechanism that looked at private rows, and the epsilon of them together.

    Costs are added up as Rényi curves, for each group its own, and converted once.
    Where no mechanism samples rows, the exact epsilon of Gaussian noise is smaller
    and is given instead. One neighbouring pair of tables differs by one row, which
    is in one group, so that the whole costs as much as the group that pays most.

    The guarantee is for a row added or removed. Changing a row, its group included,
    is a removal and an addition, and costs more than epsilon says.

    Gaussian noise may be chosen from what was released before. Where that is so of
    the noise or the rates of sampled steps, such as rates that come from noisy counts,
    give the `order`, chosen before the first release: a total proved at the best of
    all orders holds only if no release decided which order that would be.

    Parameters
    ----------
    delta : float
        The probability with which the guarantee may fail, in (0, 1). What
        mechanisms add to it is taken off before the conversion.
    order : float, default=None
        The Rényi order to convert at; None takes the best of all. `best_order` gives
        it for a plan made of what is public.

    See Also
    --------
    fairsample.flip.noise_solver.solve_noise : The noise that a budget asks for.

    References
    ----------
    Feldman, Zrnic, "Individual privacy accounting via a Rényi filter", 2021,
    arXiv:2008.11193: costs that depend on earlier releases add up at a fixed order.
    Koskela, Tobaben, Honkela, "Individual privacy accounting with Gaussian
    differential privacy", 2023, arXiv:2209.15596: they do for Gaussian noise.

    Examples
    --------
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.mechanism import Mechanism
    >>> ledger = PrivacyLedger(delta=1e-5)
    >>> counts = Mechanism("counts", "rows of each cell", noise_multiplier=10.0)
    >>> pairs = Mechanism("pair tables", "counts of all pairs", noise_multiplier=2.5)
    >>> round(ledger.add(counts).add(pairs).epsilon(), 3)
    1.608
    >>> ledger.to_frame()[["release", "noise multiplier", "epsilon so far"]].round(2)
           release  noise multiplier  epsilon so far
    0       counts              10.0            0.34
    1  pair tables               2.5            1.61
    """

    def __init__(self, delta, *, order=None):
        if not 0 < delta < 1:
            raise ValueError(f"delta must be in (0, 1), got {delta!r}.")
        self._delta, self._order, self._mechanisms = float(delta), None, []
        if order is not None:
            distances = np.abs(ORDERS - order)
            if not distances.min() < 1e-9:
                raise ValueError(
                    f"order must be one of the orders that costs are known at "
                    f"(fairsample.flip.privacy_curves.ORDERS), got {order!r}."
                )
            self._order = float(ORDERS[distances.argmin()])

    def __repr__(self):
        """Say how much is in it."""
        order = "" if self._order is None else f", order={self._order:g}"
        return (
            f"PrivacyLedger(delta={self._delta:g}{order}) "
            f"with {len(self._mechanisms)} mechanisms"
        )

    @property
    def delta(self):
        """The probability with which the guarantee may fail, all in all."""
        return self._delta

    @property
    def order(self):
        """The Rényi order to convert at, None for the best."""
        return self._order

    @property
    def mechanisms(self):
        """What looked at private rows, in that order."""
        return tuple(self._mechanisms)

    @property
    def remaining_delta(self):
        """What of delta the mechanisms' own have not taken."""
        return math.fsum([self._delta, *(-each.delta for each in self._mechanisms)])

    @property
    def groups(self):
        """The groups that some mechanism treats differently; empty if none does."""
        for mechanism in self._mechanisms:
            if mechanism.groups is not None:
                return list(mechanism.groups)
        return []

    def add(self, mechanism):
        """Enter one more mechanism.

        Parameters
        ----------
        mechanism : Mechanism
            What is about to look at private rows.

        Returns
        -------
        PrivacyLedger
            The ledger itself.

        Raises
        ------
        ValueError
            If the mechanism's delta is not left, or it names other groups than an
            earlier one; the ledger is then as it was.
        """
        if self.remaining_delta - mechanism.delta < _LEAST_DELTA * self._delta:
            raise ValueError(
                f"The mechanism {mechanism.name!r} has a delta of {mechanism.delta:g}, "
                f"and of the budget's {self._delta:g} there is "
                f"{self.remaining_delta:g} left, some of which the noise itself needs; "
                "give a larger delta, or thresholds smaller ones."
            )
        groups = self.groups
        if (
            groups
            and mechanism.groups is not None
            and set(groups) != set(mechanism.groups)
        ):
            raise ValueError(
                f"The mechanism {mechanism.name!r} is about the groups "
                f"{quote(mechanism.groups)}, and one before it about {quote(groups)}; "
                "all must be about the same."
            )
        self._mechanisms.append(mechanism)
        return self

    def copy(self):
        """Make a ledger with the same entries, to try out more on.

        Returns
        -------
        PrivacyLedger
        """
        copied = PrivacyLedger(self._delta, order=self._order)
        copied._mechanisms = list(self._mechanisms)
        return copied

    def for_group(self, group):
        """Make the ledger that the rows of one group see.

        Parameters
        ----------
        group : object
            One of `groups`; any, where there are none.

        Returns
        -------
        PrivacyLedger
            One without groups.
        """
        seen = PrivacyLedger(self._delta, order=self._order)
        seen._mechanisms = [each.for_group(group) for each in self._mechanisms]
        return seen

    def rdp(self, group=None):
        """Give the Rényi divergences of all mechanisms together.

        Parameters
        ----------
        group : object, default=None
            Whose rows; None bounds those of every group.

        Returns
        -------
        ndarray of shape (n_orders,)
            Upper bounds at `~fairsample.flip.privacy_curves.ORDERS`.
        """
        curves = [mechanism.rdp(group) for mechanism in self._mechanisms]
        return np.sum(curves, axis=0) if curves else np.zeros(len(ORDERS))

    def epsilon(self):
        """Give the epsilon of all mechanisms together.

        Returns
        -------
        float
            That of the group that pays most; 0 for an empty ledger.
        """
        if self.groups:
            return max(self.epsilon_by_group().values())
        if not self._mechanisms:
            return 0.0
        mu_squared = math.fsum(each.mu_squared() for each in self._mechanisms)
        return min(
            epsilon_from_rdp(self.rdp(), self.remaining_delta, self._order),
            gaussian_epsilon(mu_squared, self.remaining_delta),
        )

    def epsilon_by_group(self):
        """Give the epsilon of the rows of each group.

        Returns
        -------
        dict of group to float
            Empty where every mechanism treats all rows alike: `epsilon` is then
            everyone's.
        """
        return {group: self.for_group(group).epsilon() for group in self.groups}

    def best_order(self):
        """Find the Rényi order at which the total is converted best.

        Returns
        -------
        float
            The order for the group that pays most, to be given to the ledger of what
            is done later as planned here.
        """
        seen = self
        if self.groups:
            by_group = self.epsilon_by_group()
            seen = self.for_group(max(by_group, key=by_group.get))
        epsilons = order_epsilons(seen.rdp(), self.remaining_delta)
        return float(ORDERS[epsilons.argmin()])

    def to_frame(self):
        """Write the ledger as a table for people.

        Returns
        -------
        DataFrame
            A row for each mechanism, or for each of its groups where it treats them
            differently: what is released, what is read, the noise multiplier, the
            sampling rate, the steps, its delta, the epsilon if it were alone, and the
            epsilon of everything up to it (of the group's rows, or, in a row that is
            about all groups, of those that pay most).
        """
        rows = []
        so_far = PrivacyLedger(self._delta, order=self._order)
        for mechanism in self._mechanisms:
            so_far.add(mechanism)
            for group in mechanism.groups or [None]:
                seen = mechanism.for_group(group)
                alone = PrivacyLedger(self._delta, order=self._order).add(seen)
                total = so_far if mechanism.groups is None else so_far.for_group(group)
                rows.append(
                    {
                        "release": seen.name,
                        "reads": seen.reads,
                        "group": group,
                        "noise multiplier": seen.noise_multiplier,
                        "sampling rate": seen.sample_rate,
                        "steps": seen.n_steps,
                        "delta": seen.delta,
                        "epsilon alone": alone.epsilon(),
                        "epsilon so far": total.epsilon(),
                    }
                )
        table = pd.DataFrame(rows, columns=_COLUMNS)
        return table if self.groups else table.drop(columns="group")

    def to_json(self):
        """Write the ledger as plain JSON types.

        Returns
        -------
        dict
        """
        return {
            "delta": self._delta,
            "order": self._order,
            "mechanisms": [mechanism.to_json() for mechanism in self._mechanisms],
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        PrivacyLedger
        """
        ledger = cls(stored["delta"], order=stored["order"])
        for mechanism in stored["mechanisms"]:
            ledger.add(Mechanism.from_json(mechanism))
        return ledger
