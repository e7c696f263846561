"""When a failed request is sent again."""

import email.utils
import math
import time
from dataclasses import dataclass

__all__ = ["RetrySchedule"]


@dataclass(frozen=True)
class RetrySchedule:
    """How often and how long after a failure a request is sent again.

    Parameters
    ----------
    n_retries : int
        Attempts after the first.
    backoff : float
        Seconds before the first retry; doubled before each further one.
    longest_wait : float
        Most seconds to wait, even if the server asks for more.

    Examples
    --------
    >>> from fairsample.language_models.retries import RetrySchedule
    >>> retries = RetrySchedule(n_retries=5, backoff=1.0, longest_wait=60.0)
    >>> [retries.wait(attempt, {}, jitter=0.0) for attempt in range(3)]
    [1.0, 2.0, 4.0]
    >>> retries.wait(0, {"retry-after": "7"}, jitter=0.0)
    7.0
    """

    n_retries: int
    backoff: float
    longest_wait: float

    def wait(self, attempt, headers, jitter):
        """Tell how long to wait.

        Parameters
        ----------
        attempt : int
            Attempts before the failed one.
        headers : mapping of str to str
            The answer's; its Retry-After counts if it is longer than the schedule's.
        jitter : float
            In [0, 1): up to a quarter is added, lest all come back at once.

        Returns
        -------
        float
            Seconds.
        """
        scheduled = self.backoff * 2.0 ** min(attempt, 30) * (1 + jitter / 4)
        return min(max(scheduled, _wanted_wait(headers)), self.longest_wait)


def _wanted_wait(headers):
    """Read Retry-After: seconds, or a date; 0 if it is neither."""
    wanted = headers.get("retry-after", "")
    try:
        seconds = float(wanted)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(wanted)
            seconds = date.timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return seconds if math.isfinite(seconds) else 0.0
