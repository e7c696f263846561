"""Warn when the same private rows pay more than once."""

from warnings import warn

import joblib
import numpy as np

from fairsample.flip.budget import PrivacyLedger

__all__ = ["PrivacyWarning", "note_release"]

MOST_DELTA = 0.5

_salt = (
    np.random.SeedSequence().entropy
)  # so that what is kept can be looked up nowhere
_paid = {}


class PrivacyWarning(UserWarning):
    """A guarantee holds, though not the one that may be expected.

    Examples
    --------
    >>> import warnings
    >>> from fairsample.flip import PrivacyWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", PrivacyWarning)
    """


def note_release(private, ledger, number):
    """Note what was paid for private rows, and warn from the second payment on.

    Parameters
    ----------
    private : PrivateInput
        The rows; a salted digest of them is kept while the process lives.
    ledger : PrivacyLedger
        What was paid.
    number : str
        Of the release; one that comes from a memory was paid for before.
    """
    paid = _paid.setdefault(joblib.hash((_salt, private.frame, private.cells)), {})
    if number in paid:
        return
    paid[number] = ledger
    if len(paid) > 1:
        delta = sum(one.delta for one in paid.values())
        together = PrivacyLedger(min(delta, MOST_DELTA))
        for one in paid.values():
            for mechanism in one.mechanisms:
                together.add(mechanism)
        warn(
            f"These rows were released {len(paid)} times in this process, with fresh "
            f"noise each time. All of it together is worth an epsilon of "
            f"{together.epsilon():.3g} at delta={together.delta:g}, not of "
            f"{ledger.epsilon():.3g}. Give memory= a folder: then the private phase, "
            "which does not depend on fairness_weight or random_state, is paid for "
            "once for each set of rows. The training parts of a cross validation "
            "overlap, and each of them pays.",
            PrivacyWarning,
            stacklevel=4,
        )
