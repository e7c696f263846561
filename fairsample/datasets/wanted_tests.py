"""Which tests of a source are wanted."""

from fairsample.encoding.labs import LabBins
from fairsample.messages import quote

__all__ = ["WantedTests"]


class WantedTests:
    """Tell tests that are asked for from others, and those asked for in vain.

    Parameters
    ----------
    labs : "all", str, sequence of str, LabBins or None
        Names of tests; with fitted `LabBins` theirs, whether they occur or not.

    Attributes
    ----------
    bins : LabBins or "all"
        What :meth:`VisitEvents.to_visits` takes, once the others are left out.

    Examples
    --------
    >>> from fairsample.datasets.wanted_tests import WantedTests
    >>> tests = WantedTests(["glucose"])
    >>> "glucose" in tests, "sodium" in tests, "sodium" in WantedTests("all")
    (True, False, True)
    >>> tests.check_found(["sodium"])
    Traceback (most recent call last):
    ...
    ValueError: No event is a result of the tests 'glucose'. There are 'sodium'.
    """

    def __init__(self, labs):
        self.bins = labs if isinstance(labs, LabBins) else "all"
        if isinstance(labs, LabBins):
            self._asked = set(labs.bins_)
        elif isinstance(labs, str):
            self._asked = None if labs == "all" else {labs}
        else:
            self._asked = set() if labs is None else set(map(str, labs))

    def __contains__(self, test):
        return self._asked is None or test in self._asked

    def check_found(self, found):
        """Refuse names of tests that do not occur.

        Parameters
        ----------
        found : iterable of str
            The tests that have results in the source.

        Raises
        ------
        ValueError
            If a test that was asked for by name is not among them.
        """
        if self._asked is None or self.bins != "all":
            return
        found = set(found)
        missing = sorted(self._asked - found)
        if missing:
            raise ValueError(
                f"No event is a result of the tests {quote(missing)}. There are "
                f"{quote(sorted(found), limit=30) or 'none'}."
            )
