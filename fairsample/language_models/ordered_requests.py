"""Several requests at once, their outcomes in the order of the requests."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

__all__ = ["outcomes_in_order"]


def outcomes_in_order(ask, requests, concurrency, abandon):
    """Ask in threads, and give the outcomes one after the other.

    A request is taken from the iterable only when the outcome `concurrency` places
    before it has been dealt with. What that decides (a budget, the next seed) is
    therefore the same whichever answer comes first.

    Parameters
    ----------
    ask : callable
        ``request -> outcome``, called in a thread.
    requests : iterable
        The requests.
    concurrency : int
        Most of them under way.
    abandon : callable
        Called when the outcomes are of no more use, by reason of an exception or
        because nobody takes them: what is under way had better end soon.

    Yields
    ------
    request, outcome : tuple

    Examples
    --------
    >>> from fairsample.language_models.ordered_requests import outcomes_in_order
    >>> list(outcomes_in_order(str, [3, 1, 2], concurrency=2, abandon=print))
    [(3, '3'), (1, '1'), (2, '2')]
    """
    with ThreadPoolExecutor(concurrency) as pool:
        under_way = deque()
        try:
            for request in requests:
                under_way.append((request, pool.submit(ask, request)))
                if len(under_way) == concurrency:
                    first, future = under_way.popleft()
                    yield first, future.result()
            while under_way:
                first, future = under_way.popleft()
                yield first, future.result()
        except BaseException:
            abandon()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
