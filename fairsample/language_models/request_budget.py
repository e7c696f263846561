"""How many requests and tokens may be spent."""

import math
from threading import Lock

__all__ = ["RequestBudget", "estimated_tokens"]

_CHARACTERS_A_TOKEN = 3


def estimated_tokens(n_characters):
    """Estimate the tokens of a text, rather too many than too few.

    Parameters
    ----------
    n_characters : int
        Its length.

    Returns
    -------
    int

    Examples
    --------
    >>> from fairsample.language_models.request_budget import estimated_tokens
    >>> estimated_tokens(10)
    4
    """
    return math.ceil(n_characters / _CHARACTERS_A_TOKEN)


class RequestBudget:
    """Requests and tokens, reserved before they are spent.

    Whoever plans requests reserves and settles, in the order of the requests, so that
    what is refused does not depend on which answer came first. Whoever sends counts
    each attempt, from any thread: attempts that failed were sent, too.

    Parameters
    ----------
    max_requests, max_tokens : int or None
        The most to spend; None for any number.
    n_requests, n_tokens : int, default=0
        What is spent already.

    Examples
    --------
    >>> from fairsample.language_models.request_budget import RequestBudget
    >>> budget = RequestBudget(max_requests=2, max_tokens=100)
    >>> budget.reserve(80), budget.reserve(80)
    (True, False)
    >>> budget.settle(80, used=20)
    >>> budget.reserve(80), budget.n_tokens
    (True, 20)
    """

    def __init__(self, max_requests, max_tokens, n_requests=0, n_tokens=0):
        self.max_requests = math.inf if max_requests is None else max_requests
        self.max_tokens = math.inf if max_tokens is None else max_tokens
        self.n_requests = n_requests
        self.n_tokens = n_tokens
        self._planned_requests = n_requests
        self._reserved_tokens = 0
        self._lock = Lock()

    def reserve(self, n_tokens):
        """Set aside what a request may take.

        Parameters
        ----------
        n_tokens : int
            An estimate for prompt and answer.

        Returns
        -------
        bool
            Whether there is as much left.
        """
        tokens = self.n_tokens + self._reserved_tokens + n_tokens
        planned = max(self._planned_requests, self.n_requests) + 1
        if planned > self.max_requests or tokens > self.max_tokens:
            return False
        self._planned_requests += 1
        self._reserved_tokens += n_tokens
        return True

    def settle(self, n_reserved, used):
        """Replace what was set aside by what was used.

        Parameters
        ----------
        n_reserved, used : int
            Tokens.
        """
        self._reserved_tokens -= n_reserved
        self.n_tokens += used

    def count_request(self):
        """Count one request that is about to be sent.

        Returns
        -------
        bool
            Whether it may be.
        """
        with self._lock:
            if self.n_requests >= self.max_requests:
                return False
            self.n_requests += 1
            return True
