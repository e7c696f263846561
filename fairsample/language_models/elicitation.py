"""Rows asked for until all have arrived, or the budget is spent."""

import json
import math
import warnings
from collections import Counter
from contextlib import closing

import numpy as np

from fairsample.language_models.chat_client import ChatAnswer, ChatRequest
from fairsample.language_models.in_context_rows import balanced_rows
from fairsample.language_models.ordered_requests import outcomes_in_order
from fairsample.language_models.request_budget import estimated_tokens
from fairsample.language_models.row_answers import NO_ROW, read_answer

__all__ = ["Elicitation"]

_FEWEST_FAILURES = 3
_LARGEST_SEED = 2**31 - 1


class Elicitation:
    """Ask for the rows of a task in batches, and for those that did not come again.

    Parameters
    ----------
    task : RowTask
        What is asked for.
    writer : PromptWriter
        Its words.
    rows_per_request, n_examples : int
        Rows asked for and rows shown in a request.
    copies_of : {"examples", "training"}
        Whether a row may be no copy of a row shown, or of any real row.

    Attributes
    ----------
    arrived : dict of int to list
        Cells of the rows that have arrived, by their place from 0 on.
    rejected : collections.Counter
        How many rows did not, by reason.
    why_not_all : str or None
        Why the asking ended before all rows had arrived.
    is_out_of_budget : bool
        Whether that is because the budget is spent.
    """

    def __init__(self, task, writer, *, rows_per_request, n_examples, copies_of):
        self.task = task
        self.writer = writer
        self.rows_per_request = rows_per_request
        self.n_examples = n_examples
        self.copies_of = copies_of
        self.arrived = {}
        self.rejected = Counter()
        self.why_not_all = None
        self.is_out_of_budget = False

    def run(self, client, stream, *, concurrency, progress):
        """Ask until all rows have arrived, the budget is spent, or nobody answers.

        Parameters
        ----------
        client : ChatClient
            Whom to ask.
        stream : RandomState
            Chooses the examples and the server's seeds, in the order of requests.
        concurrency : int
            Requests under way.
        progress : tqdm
            Told of every row that arrives.
        """
        self._number, self._overrun = 0, 1.0
        self._expected, self._reserved = {}, {}
        failures = 0
        while len(self.arrived) < self.task.n and self.why_not_all is None:
            planned = self._number
            requests = self._plan(client, stream)
            outcomes = outcomes_in_order(
                client.ask, requests, concurrency, abandon=client.stop
            )
            with closing(outcomes):
                for request, outcome in outcomes:
                    self._settle(client.budget, request, outcome)
                    if isinstance(outcome, ChatAnswer):
                        failures = 0
                        progress.update(self._take(request, outcome, client))
                        continue
                    failures += 1
                    self.rejected["request failed"] += len(request.slots)
                    patience = max(_FEWEST_FAILURES, concurrency)
                    if outcome.kind in ("final", "budget") or failures >= patience:
                        self._give_up(outcome.reason, outcome.kind == "budget")
                        client.stop()
            if self._number == planned and self.why_not_all is None:
                self._give_up("the budget is spent", True)

    def _give_up(self, reason, is_out_of_budget):
        if self.why_not_all is None:
            self.why_not_all = reason
            self.is_out_of_budget = is_out_of_budget

    def _plan(self, client, stream):
        """Make a request for each batch of what is missing, as far as can be paid."""
        missing = [i for i in range(self.task.n) if i not in self.arrived]
        for start in range(0, len(missing), self.rows_per_request):
            if self.why_not_all is not None:
                return
            slots = tuple(missing[start : start + self.rows_per_request])
            request = self._request(slots, stream, client.response_format)
            expected = self._expected_tokens(request)
            if client.stored(request) is None:
                n_tokens = math.ceil(expected * self._overrun)
                if not client.budget.reserve(n_tokens):
                    return
                self._reserved[request.number] = n_tokens
            self._number = request.number
            self._expected[request.number] = expected
            yield request

    def _request(self, slots, stream, response_format):
        task = self.task
        # One draw a request: what one shows does not hang on what another has shown.
        seed = int(stream.randint(_LARGEST_SEED))
        shown = balanced_rows(task.cells, self.n_examples, np.random.RandomState(seed))
        given = None if task.given is None else [task.given[slot] for slot in slots]
        prompt = self.writer.write(
            task.names,
            n=len(slots),
            examples=task.examples.iloc[shown],
            cell_shares=task.cell_shares,
            given=given,
        )
        return ChatRequest(
            number=self._number + 1,
            seed=seed,
            slots=slots,
            shown=tuple(shown.tolist()),
            prompt=prompt,
            response_format=response_format,
        )

    def _expected_tokens(self, request):
        messages = request.prompt.messages(with_schema=True)
        examples = request.prompt.data.get("examples", [])
        a_row = len(json.dumps(examples)) / max(len(examples), 1)
        prompt = sum(len(message["content"]) for message in messages)
        return estimated_tokens(prompt + a_row * len(request.slots))

    def _settle(self, budget, request, outcome):
        """Pay for a request, and learn how far expectations are off."""
        reserved = self._reserved.pop(request.number, 0)
        expected = self._expected.pop(request.number)
        # A failed request may have cost as much as one that was answered.
        used = reserved
        if isinstance(outcome, ChatAnswer):
            self._overrun = max(self._overrun, outcome.n_tokens / expected)
            used = outcome.n_tokens if outcome.is_new else 0
        budget.settle(reserved, used)

    def _take(self, request, answer, client):
        """Keep the good rows of an answer, and count them."""
        task = self.task
        rows, rejected = read_answer(
            answer.text,
            self.writer.schema,
            task.names,
            len(request.slots),
            numbered=task.given is not None,
        )
        self.rejected += rejected
        is_readable = bool(rows) or not NO_ROW & set(rejected)
        client.take_note(answer, is_readable=is_readable)
        rows = self._without_copies(rows, request)
        for number, cells in rows.items():
            self.arrived[request.slots[number - 1]] = cells
        return len(rows)

    def _without_copies(self, rows, request):
        if self.task.copies is None or not rows:
            return rows
        frame = self.writer.schema.frame(list(rows.values()), self.task.names)
        copied = self.task.copies.copied(frame)
        repeated = self.task.copies.repeated(frame)
        shown, kept = set(request.shown), {}
        for i, (number, cells) in enumerate(rows.items()):
            if copied[i] in shown:
                self.rejected["copy of an example"] += 1
            elif copied[i] >= 0 and self.copies_of == "training":
                self.rejected["copy of a training row"] += 1
            elif repeated[i]:
                self.rejected["repeated in an answer"] += 1
            else:
                kept[number] = cells
        return kept

    def tell_of_missing(self, client):
        """Warn, if rows are missing, how many and what was spent.

        Parameters
        ----------
        client : ChatClient
            Who was asked.

        Raises
        ------
        ConnectionError
            If not one row came, and not for want of budget.
        """
        if self.why_not_all is None:
            return
        budget = client.budget
        spent = f"{budget.n_requests} requests and {budget.n_tokens} tokens were spent"
        if not self.arrived and not self.is_out_of_budget:
            raise ConnectionError(
                f"{client.base_url} does not answer: {self.why_not_all}. {spent}."
            )
        n_missing = self.task.n - len(self.arrived)
        warnings.warn(
            f"{n_missing} of {self.task.n} rows are missing: {self.why_not_all}. "
            f"{spent}, of at most {budget.max_requests} and {budget.max_tokens}; rows "
            f"that did not come or were dropped: {dict(self.rejected)}.",
            RuntimeWarning,
            stacklevel=4,
        )
