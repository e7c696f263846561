"""Chat requests to an OpenAI-compatible server, with retries and a cache."""

import os
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from fairsample.language_models.prompts import Prompt
from fairsample.language_models.request_budget import estimated_tokens

__all__ = [
    "RESPONSE_FORMATS",
    "ChatAnswer",
    "ChatClient",
    "ChatFailure",
    "ChatRequest",
    "read_api_key",
]

RESPONSE_FORMATS = ("json_schema", "json_object", "text")

_PASSING = frozenset({408, 409, 425, 429})
_UNSUPPORTED = frozenset({400, 415, 422, 501})
_SHORTEST_SECRET = 8
_LONGEST_QUOTE = 300
_MOST_UNREADABLE = 3


@dataclass(frozen=True)
class ChatRequest:
    """What is asked.

    Parameters
    ----------
    number : int
        Which request of the call it is.
    seed : int
        Of the server's draws.
    slots : tuple of int
        The rows that it is about.
    shown : tuple of int
        The real rows that the prompt shows.
    prompt : Prompt
        The words.
    response_format : {"json_schema", "json_object", "text"}
        The strictest format to ask for the answer in.
    """

    number: int
    seed: int
    slots: tuple
    shown: tuple
    prompt: Prompt
    response_format: str


@dataclass(frozen=True)
class ChatAnswer:
    """What came back.

    Parameters
    ----------
    text : str
        The answer; empty for a refusal.
    n_tokens : int
        Tokens of prompt and answer.
    response_format : {"json_schema", "json_object", "text"}
        The format that was asked for.
    is_new : bool
        Whether it was sent for, and not in the cache.
    """

    text: str
    n_tokens: int
    response_format: str
    is_new: bool = True


@dataclass(frozen=True)
class ChatFailure:
    """That no answer came.

    Parameters
    ----------
    reason : str
        Why; without the key.
    kind : {"passing", "unsupported", "final", "budget"}
        Whether it may pass by itself, may be due to the response format, is the same
        for every request, or nothing was sent since the budget is spent.
    headers : mapping of str to str, default={}
        The server's.
    """

    reason: str
    kind: str
    headers: dict = field(default_factory=dict, repr=False)


def read_api_key(variable):
    """Read the key from the environment.

    Parameters
    ----------
    variable : str or None
        The environment variable; None for a server that needs no key.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such variable, or its value can be no key. The value is not in
        the message.
    """
    if variable is None:
        return "none"
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ValueError(
            f"The environment variable {variable!r} holds no key. Set it, or pass "
            "api_key_env=None if the server needs none."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError(
            f"The environment variable {variable!r} holds characters that no key has."
        )
    return key


class ChatClient:
    """Ask a server, patiently, for no more than the budget.

    The strictest response format that the server takes is found out by trying. What it
    refuses is remembered, in the cache as well; what it takes and does not follow is
    left after some answers in a row that cannot be read. Redirects are not followed:
    they could take the rows elsewhere.

    Parameters
    ----------
    base_url, model : str
        Where and whom to ask.
    key : str
        Sent to the server, and struck out of whatever comes back.
    options : dict
        Further fields of a request.
    response_format : {"json_schema", "json_object", "text"}
        The strictest format to try.
    timeout : float
        Seconds to wait for the server.
    retries : RetrySchedule
        What to do after a failure that may pass.
    budget : RequestBudget
        Every attempt is counted there.
    cache : ResponseCache
        Answers that are there are not asked for again.
    """

    def __init__(
        self,
        *,
        base_url,
        model,
        key,
        options,
        response_format,
        timeout,
        retries,
        budget,
        cache,
    ):
        self.base_url = base_url
        self.model = model
        self.options = options
        self.timeout = timeout
        self.retries = retries
        self.budget = budget
        self.cache = cache
        self._key = key
        self._stop = Event()
        known = self.cache.get(self._whom()) or {}
        self._refused, self._accepted = set(known.get("refused", ())), set()
        self._n_unreadable = 0
        self._strictest = response_format

    @property
    def response_format(self):
        """The strictest format that the server is not known to refuse or ignore."""
        return self._formats_from(self._strictest)[0]

    def _formats_from(self, strictest):
        formats = RESPONSE_FORMATS[RESPONSE_FORMATS.index(strictest) :]
        return [form for form in formats if form not in self._refused]

    def __enter__(self):
        """Open connections."""
        import openai

        http_client = openai.DefaultHttpxClient(follow_redirects=False)
        self._openai = openai.OpenAI(
            api_key=self._key,
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=0,
            http_client=http_client,
        )
        return self

    def __exit__(self, *error):
        """Close connections."""
        self.stop()
        self._openai.close()

    def stop(self):
        """Wake whoever waits for a retry; nothing is retried any more."""
        self._stop.set()

    def stored(self, request):
        """Look an answer up.

        Parameters
        ----------
        request : ChatRequest
            What would be asked.

        Returns
        -------
        ChatAnswer or None
        """
        return self._stored(request, self._formats_from(request.response_format)[0])

    def _stored(self, request, response_format):
        body = self._body(request, response_format)
        found = self.cache.get(self._asked(request, body))
        if found is None:
            return None
        return ChatAnswer(
            found["text"], found["n_tokens"], response_format, is_new=False
        )

    def ask(self, request):
        """Look an answer up, or send for it.

        Parameters
        ----------
        request : ChatRequest
            What to ask.

        Returns
        -------
        ChatAnswer or ChatFailure
            Never an exception: those of HTTP libraries carry the key.
        """
        refused = set()
        for response_format in self._formats_from(request.response_format):
            outcome = self._stored(request, response_format)
            outcome = outcome or self._send(request, response_format)
            if isinstance(outcome, ChatAnswer):
                self._remember(response_format, refused)
                return outcome
            if outcome.kind != "unsupported" or response_format in self._accepted:
                return outcome
            refused.add(response_format)
        return outcome

    def _remember(self, accepted, refused):
        self._accepted.add(accepted)
        if not refused <= self._refused:
            self._refused |= refused
            self.cache.put(self._whom(), {"refused": sorted(self._refused)})

    def take_note(self, answer, *, is_readable):
        """Ask for a looser format after some answers in a row that cannot be read.

        Servers may take a format and not follow it. This is noted for one run only: it
        may as well be the model, and answers that are in the cache are asked for in the
        format that they were asked for at first.

        Parameters
        ----------
        answer : ChatAnswer
            In the order of the requests.
        is_readable : bool
            Whether there was any row in it.
        """
        if answer.response_format != self.response_format:
            return
        self._n_unreadable = 0 if is_readable else self._n_unreadable + 1
        looser = self._formats_from(answer.response_format)[1:]
        if self._n_unreadable >= _MOST_UNREADABLE and looser:
            self._strictest, self._n_unreadable = looser[0], 0

    def _body(self, request, response_format):
        body = {
            "model": self.model,
            "messages": request.prompt.messages(with_schema=response_format == "text"),
            "seed": request.seed,
            **self.options,
        }
        if response_format == "json_object":
            body["messages"] = request.prompt.messages(with_schema=True)
            body["response_format"] = {"type": "json_object"}
        elif response_format == "json_schema":
            schema = {"name": "rows", "strict": True, "schema": request.prompt.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _whom(self):
        return {"base_url": self.base_url, "model": self.model, "is": "refused"}

    def _asked(self, request, body):
        return {"base_url": self.base_url, "number": request.number, "body": body}

    def _send(self, request, response_format):
        """Try until an answer comes or patience ends."""
        body = self._body(request, response_format)
        jitter = np.random.RandomState(request.seed)
        for attempt in range(self.retries.n_retries + 1):
            if not self.budget.count_request():
                return ChatFailure("the budget of requests is spent", "budget")
            outcome = self._attempt(body, response_format)
            if isinstance(outcome, ChatAnswer):
                stored = {"text": outcome.text, "n_tokens": outcome.n_tokens}
                stored |= {"number": request.number, "seed": request.seed}
                self.cache.put(self._asked(request, body), stored)
                return outcome
            if outcome.kind != "passing" or attempt == self.retries.n_retries:
                break
            seconds = self.retries.wait(
                attempt, outcome.headers, jitter.random_sample()
            )
            if self._stop.wait(seconds):
                break
        return outcome

    def _attempt(self, body, response_format):
        import openai

        try:
            completion = self._openai.chat.completions.create(**body)
        except openai.APIStatusError as error:
            return self._read_status(error)
        except openai.APITimeoutError:
            reason = f"no answer within {self.timeout:g} seconds"
            return ChatFailure(reason, "passing")
        except (openai.OpenAIError, ValueError) as error:
            # What cannot be decoded is as if the connection had broken.
            cause = error.__cause__ or error
            return ChatFailure(self._quoted(f"{error} ({cause})"), "passing")
        return self._read_completion(completion, body, response_format)

    def _read_status(self, error):
        status = error.status_code
        reason = self._quoted(f"status {status}: {error.message}")
        if status == 429 and error.code == "insufficient_quota":
            kind = "final"
        elif status in _UNSUPPORTED:
            kind = "unsupported"
        elif status in _PASSING or status >= 500:
            kind = "passing"
        else:
            kind = "final"
        headers = {"retry-after": error.response.headers.get("retry-after", "")}
        return ChatFailure(reason, kind, headers)

    def _read_completion(self, completion, body, response_format):
        try:
            text = completion.choices[0].message.content
        except (AttributeError, IndexError, TypeError):
            text = None
        text = self._without_key(text) if isinstance(text, str) else ""
        used = getattr(getattr(completion, "usage", None), "total_tokens", None)
        if type(used) is not int or used < 0:
            asked = sum(len(message["content"]) for message in body["messages"])
            used = estimated_tokens(asked + len(text))
        return ChatAnswer(text, used, response_format)

    def _quoted(self, text):
        return self._without_key(text)[:_LONGEST_QUOTE]

    def _without_key(self, text):
        """Strike the key out; a word like 'none' is no secret and may be in a row."""
        if len(self._key) < _SHORTEST_SECRET:
            return text
        return text.replace(self._key, "[key]")
