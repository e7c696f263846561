"""Budget, retries, order of outcomes and choice of examples."""

import email.utils
import time

import numpy as np
import pytest

from fairsample.language_models.in_context_rows import balanced_rows
from fairsample.language_models.ordered_requests import outcomes_in_order
from fairsample.language_models.request_budget import RequestBudget
from fairsample.language_models.retries import RetrySchedule

RETRIES = RetrySchedule(n_retries=3, backoff=1.0, longest_wait=60.0)


class TestRetries:
    @pytest.mark.parametrize("wanted", ["", "soon", "-5", "nan", "inf", "1e999"])
    def test_what_the_server_wants_may_be_nonsense(self, wanted):
        assert RETRIES.wait(1, {"retry-after": wanted}, jitter=0.0) == 2.0

    def test_a_date(self):
        date = email.utils.formatdate(time.time() + 30, usegmt=True)
        assert 25 < RETRIES.wait(0, {"retry-after": date}, jitter=0.0) <= 30

    def test_never_longer_than_the_longest(self):
        assert RETRIES.wait(0, {"retry-after": "3600"}, jitter=0.0) == 60.0
        assert RETRIES.wait(5000, {}, jitter=0.5) == 60.0


class TestBudget:
    def test_reserved_is_as_good_as_spent(self):
        budget = RequestBudget(max_requests=2, max_tokens=None)
        assert [budget.reserve(10) for _ in range(3)] == [True, True, False]

    def test_attempts_are_counted_and_end(self):
        budget = RequestBudget(max_requests=3, max_tokens=None, n_requests=1)
        assert [budget.count_request() for _ in range(3)] == [True, True, False]
        assert budget.n_requests == 3
        assert not budget.reserve(1)


class TestOrder:
    def test_as_asked_whoever_is_first(self):
        wait = lambda seconds: time.sleep(seconds) or seconds  # noqa: E731
        waits = [0.05, 0.0, 0.02, 0.0]
        outcomes = outcomes_in_order(wait, waits, 4, abandon=print)
        assert [outcome for _, outcome in outcomes] == waits

    def test_a_request_is_made_when_an_earlier_one_is_dealt_with(self):
        made, dealt_with = [], []

        def requests():
            for i in range(10):
                made.append((i, len(dealt_with)))
                yield i

        for request, _ in outcomes_in_order(str, requests(), 3, abandon=print):
            dealt_with.append(request)
        assert made == [(i, max(0, i - 2)) for i in range(10)]

    def test_is_told_when_nobody_waits_any_more(self):
        told = []
        outcomes = outcomes_in_order(
            str, range(5), 2, abandon=lambda: told.append("abandoned")
        )
        next(outcomes)
        outcomes.close()
        assert told == ["abandoned"]
        list(outcomes_in_order(str, range(5), 2, abandon=lambda: told.append("?")))
        assert told == ["abandoned"]


class TestExamples:
    @pytest.mark.parametrize("n", [0, 1, 4, 10, 57, 100, 200])
    def test_even_and_without_repetition(self, n):
        cells = np.repeat([0, 1, 2, 3], [70, 20, 9, 1])
        for seed in range(5):
            chosen = balanced_rows(cells, n, np.random.RandomState(seed))
            assert len(set(chosen)) == len(chosen) == min(n, 100)
            counts = np.bincount(cells[chosen], minlength=4)
            full = counts == [70, 20, 9, 1]
            assert full.all() or np.ptp(counts[~full]) <= 1
            assert full.all() or (counts[full] <= counts[~full].max() + 1).all()

    def test_every_row_may_be_chosen(self):
        cells = np.repeat([0, 1], [8, 2])
        seen = [balanced_rows(cells, 2, np.random.RandomState(i)) for i in range(99)]
        assert set(np.concatenate(seen)) == set(range(10))
