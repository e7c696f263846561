"""Rows written by a language model behind an OpenAI-compatible endpoint."""

from numbers import Integral, Real

import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from fairsample.causal.backend import RowBackend
from fairsample.language_models.chat_client import RESPONSE_FORMATS, read_api_key
from fairsample.language_models.context_json import context_from_json, context_to_json
from fairsample.language_models.elicitation import Elicitation
from fairsample.language_models.endpoint_address import (
    check_address,
    check_options,
    refuse_egress,
)
from fairsample.language_models.endpoint_client import make_client
from fairsample.language_models.llm_extra import import_llm_package
from fairsample.language_models.prompts import PromptWriter
from fairsample.language_models.row_schema import RowSchema
from fairsample.language_models.row_task import columns_to_write, make_task
from fairsample.random_stream import private_stream

__all__ = ["OpenAICompatible"]

_COUNTS = ("gaps_", "rejected_", "n_requests_", "n_tokens_", "response_format_")


class OpenAICompatible(RowBackend):
    """Ask a language model behind an OpenAI-compatible endpoint for rows.

    Every request says what the columns are, which roles they have and which effects
    the rows ought to have, and shows real rows: others in each request, as many of
    every group and outcome. What comes back is checked row by row. Rows with other
    fields, categories that never occurred, numbers out of range, and copies of examples
    are counted in `rejected_` and asked for again, until all have come or the budget is
    spent.

    The model is asked to keep the effects, and nothing makes it do so. What it knows of
    the world beforehand may help where rows are few, and may as well bring in effects
    that the table does not have: measure them on what it wrote.

    **Real rows leave this process.** Nothing is sent unless ``allow_data_egress=True``,
    not even to this machine: a port of it may be a tunnel or a proxy to anywhere. Only
    columns that are needed for what is to be written are sent, and never identifiers:
    columns with another text in every row are drawn from the real ones, here. An
    address that starts with ``http://`` sends rows and key unencrypted.

    Cells are sent as JSON in a block that the model is told to take for data. Should it
    follow an instruction in a cell all the same, rows are missing, or made up of valid
    values: every answer is checked.

    Parameters
    ----------
    base_url : str
        Address of the endpoint, such as ``"http://localhost:8000/v1"``.
    model : str
        What the endpoint calls the model.
    api_key_env : str or None, default="OPENAI_API_KEY"
        The environment variable with the key, which is read when rows are asked for
        and kept nowhere. None for a server that needs none.
    allow_data_egress : bool, default=False
        Whether rows may be sent.
    rows_per_request : int, default=20
        Rows asked for in one request.
    n_examples : int, default=20
        Real rows shown in one request.
    temperature : float or None, default=0.9
        How freely the model draws; None leaves it to the server.
    request_options : dict, default=None
        Further fields of a request, such as ``{"top_p": 0.95, "max_tokens": 4000}``.
    response_format : {"json_schema", "json_object", "text"}, default="json_schema"
        The strictest form of answer to ask for. The next one is taken where the server
        refuses it, or where three answers in a row cannot be read.
    max_requests, max_total_tokens : int or None, default=1000 and 5,000,000
        The most to spend from one `fit` to the next, attempts that failed included.
        Answers from the cache cost nothing.
    concurrency : int, default=4
        Requests under way at once. The rows do not depend on which is answered first.
    timeout : float, default=120.0
        Seconds that the server may be silent.
    n_retries : int, default=5
        How often a request that failed in passing is sent again.
    backoff, longest_wait : float, default=1.0 and 60.0
        Seconds before the first retry, doubled each time, and the most of them.
    copies_of : {"examples", "training"}, default="examples"
        Whether a whole row may be no copy of a row that its request showed, or of any
        real row. See the notes.
    n_refinements : int, default=2
        How often at most `CausalLLMResampler` tells the model which effects are off,
        and by how much. It stops when none is off by more than two standard errors.
    rows_to_refine : int, default=400
        Rows that are written each time to measure that.
    most_rows_to_check : int, default=500
        Rows that effects are measured on in its `fit`; `overgeneration` times as many
        are written.
    cache_dir : str or None, default=None
        A folder for answers. With a `random_state`, asking again gives the same rows
        without a request, and asking after a crash sends only what was not answered.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    order_ : list of str
        The columns, in the order of writing.
    schema_ : RowSchema
        What rows are.
    rejected_ : dict of str to int
        Rows that did not come, or came and were dropped, by reason.
    response_format_ : str
        The form that answers are asked for in, by now.
    n_requests_, n_tokens_ : int
        What was spent.
    gaps_ : dict of str to float
        What effects were off by, as `refine` was told.

    See Also
    --------
    HuggingFaceLM : A model on this machine, from which nothing is sent.

    Notes
    -----
    With the defaults `CausalLLMResampler.fit` asks for 2 x 400 + 3 x 500 = 2300 rows at
    most, in 115 requests, which do for 500 rows to add unless cells are rare. Removed
    pathways take three requests for one: confounders and group, mediators, outcome.

    A row copies the only real row with the same categories and numbers within a
    hundredth of the columns' ranges; where there are several, a row like them is what
    the table is made of. Rows that continue given ones are not compared: to drop those
    that end like the real row would leave the opposite outcome.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.causal import OpenAICompatible
    >>> rows = pd.DataFrame({"sex": ["F", "M"], "admitted": ["1", "0"]})
    >>> backend = OpenAICompatible("http://localhost:8000/v1", model="some-model")
    >>> backend.fit(rows, ["sex", "admitted"])
    Traceback (most recent call last):
    ...
    ValueError: OpenAICompatible would send real rows to http://localhost:8000/v1: ...
    """

    is_costly = True
    _parameter_constraints: dict = {
        "base_url": [str],
        "model": [str],
        "api_key_env": [str, None],
        "allow_data_egress": ["boolean"],
        "rows_per_request": [Interval(Integral, 1, None, closed="left")],
        "n_examples": [Interval(Integral, 0, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="left"), None],
        "request_options": [dict, None],
        "response_format": [StrOptions(set(RESPONSE_FORMATS))],
        "max_requests": [Interval(Integral, 1, None, closed="left"), None],
        "max_total_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "concurrency": [Interval(Integral, 1, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither")],
        "n_retries": [Interval(Integral, 0, None, closed="left")],
        "backoff": [Interval(Real, 0, None, closed="left")],
        "longest_wait": [Interval(Real, 0, None, closed="left")],
        "copies_of": [StrOptions({"examples", "training"})],
        "n_refinements": [Interval(Integral, 0, None, closed="left")],
        "rows_to_refine": [Interval(Integral, 1, None, closed="left")],
        "most_rows_to_check": [Interval(Integral, 1, None, closed="left")],
        "cache_dir": [str, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        base_url,
        *,
        model,
        api_key_env="OPENAI_API_KEY",
        allow_data_egress=False,
        rows_per_request=20,
        n_examples=20,
        temperature=0.9,
        request_options=None,
        response_format="json_schema",
        max_requests=1000,
        max_total_tokens=5_000_000,
        concurrency=4,
        timeout=120.0,
        n_retries=5,
        backoff=1.0,
        longest_wait=60.0,
        copies_of="examples",
        n_refinements=2,
        rows_to_refine=400,
        most_rows_to_check=500,
        cache_dir=None,
        verbose=0,
    ):
        self.base_url = base_url
        self.model = model
        self.api_key_env = api_key_env
        self.allow_data_egress = allow_data_egress
        self.rows_per_request = rows_per_request
        self.n_examples = n_examples
        self.temperature = temperature
        self.request_options = request_options
        self.response_format = response_format
        self.max_requests = max_requests
        self.max_total_tokens = max_total_tokens
        self.concurrency = concurrency
        self.timeout = timeout
        self.n_retries = n_retries
        self.backoff = backoff
        self.longest_wait = longest_wait
        self.copies_of = copies_of
        self.n_refinements = n_refinements
        self.rows_to_refine = rows_to_refine
        self.most_rows_to_check = most_rows_to_check
        self.cache_dir = cache_dir
        self.verbose = verbose

    def fit(self, rows, order, *, context=None, random_state=None):
        """Read what the rows are; nothing is sent yet.

        Parameters
        ----------
        rows : DataFrame of shape (n, n_columns)
            Real rows; kept, as examples.
        order : list of str
            All columns, in causal order.
        context : CausalContext, default=None
            What the rows are for; said in the prompts.
        random_state : int, RandomState instance or None, default=None
            Not needed.

        Returns
        -------
        self : OpenAICompatible

        Raises
        ------
        ValueError
            If rows may not be sent, the address or an option is none, or no key is in
            the environment.
        ImportError
            If openai is not installed.
        """
        self._check_may_send(rows, order)
        import_llm_package("openai")
        read_api_key(self.api_key_env)
        self._set_rows(rows, order, context)
        self.gaps_, self.rejected_ = {}, {}
        self.n_requests_ = self.n_tokens_ = 0
        self.response_format_ = self.response_format
        return self

    def _set_rows(self, rows, order, context):
        self.order_ = list(order)
        self.rows_ = rows[self.order_].reset_index(drop=True)
        self.context_ = context
        self.schema_ = RowSchema(self.rows_)

    def _check_may_send(self, rows, order):
        self._validate_params()
        check_address(self.base_url, self.api_key_env)
        check_options(self.request_options)
        if not self.allow_data_egress:
            refuse_egress(self.base_url, self.n_examples, len(rows), order)

    def sample(self, prefixes, n, *, until=None, random_state=None):
        """Ask for rows, or for the rest of rows.

        Parameters
        ----------
        prefixes : DataFrame of shape (n, n_given) or None
            The first columns of each row, in order; they are sent.
        n : int
            Rows to write.
        until : str, default=None
            The last column to write; None writes whole rows.
        random_state : int, RandomState instance or None, default=None
            Which rows are shown, and the server's seeds; the cache knows answers by it.

        Returns
        -------
        rows : DataFrame of shape (at most n, n_columns)
            What was given, unchanged, and what was written, with the dtypes of the real
            rows. The index says which prefix a row continues, and runs from 0 without
            any. Rows are missing, with a warning, if the budget does not suffice.

        Raises
        ------
        ValueError
            If the prefixes are no first columns of rows, or a cell is no value of its
            column.
        ConnectionError
            If the endpoint answers nothing at all.
        """
        check_is_fitted(self, "schema_")
        self._check_may_send(self.rows_, self.order_)
        n_given, last = columns_to_write(self.order_, prefixes, n, until)
        stream = private_stream(random_state)
        written = self.order_[n_given:last]
        drawn = {
            name: self.schema_.draw(name, n, stream)
            for name in written
            if name not in self.schema_.written
        }
        names = self.schema_.asked(written)
        arrived = dict.fromkeys(range(n), [])
        if n and names:
            task = make_task(
                self.schema_, self.rows_, last, self.context_, names, prefixes, n
            )
            arrived = self._elicit(task, stream)
        slots = sorted(arrived)
        read = self.schema_.frame([arrived[slot] for slot in slots], names)
        columns = {
            name: drawn[name].take(slots) if name in drawn else read[name].array
            for name in written
        }
        rows = self.schema_.assemble(columns, len(slots))
        if prefixes is None:
            return rows
        rows.index = pd.Index(slots, dtype="int64")
        continued = prefixes.iloc[slots].set_axis(rows.index)
        return pd.concat([continued, rows], axis=1) if written else continued

    def _elicit(self, task, stream):
        """Ask for the rows of a task, and tell what became of it."""
        elicitation = Elicitation(
            task,
            PromptWriter(self.schema_, self.context_, self.gaps_),
            rows_per_request=self.rows_per_request,
            n_examples=self.n_examples,
            copies_of=self.copies_of,
        )
        client = make_client(self)
        bar = tqdm(total=task.n, desc="rows", disable=not self.verbose)
        try:
            with bar, client:
                elicitation.run(
                    client, stream, concurrency=self.concurrency, progress=bar
                )
        finally:
            self._take_stock(client, elicitation)
        elicitation.tell_of_missing(client)
        return elicitation.arrived

    def _take_stock(self, client, elicitation):
        self.n_requests_ = client.budget.n_requests
        self.n_tokens_ = client.budget.n_tokens
        self.response_format_ = client.response_format
        for reason, count in elicitation.rejected.items():
            self.rejected_[reason] = self.rejected_.get(reason, 0) + count

    def refine(self, gaps):
        """Say in later prompts which effects are off, and by how much.

        Parameters
        ----------
        gaps : dict of str to float
            Effect of written rows minus target; replaces what was said before.
        """
        check_is_fitted(self, "schema_")
        self.gaps_ = {name: float(gap) for name, gap in gaps.items()}

    def state(self):
        """Give what was learned, real rows included, and no key.

        Returns
        -------
        dict
            What `fairsample.encoding.json_values` can write.
        """
        check_is_fitted(self, "schema_")
        learned = {"rows": self.rows_, "order": self.order_}
        learned["context"] = context_to_json(self.context_)
        learned["parameters"] = self.get_params(deep=False)
        return learned | {name: getattr(self, name) for name in _COUNTS}

    @classmethod
    def from_state(cls, state):
        """Make a fitted backend of what `state` gave.

        Parameters
        ----------
        state : dict
            As it was given.

        Returns
        -------
        OpenAICompatible
        """
        context = context_from_json(state["context"])
        backend = cls(**state["parameters"])
        backend._set_rows(state["rows"], state["order"], context)
        vars(backend).update({name: state[name] for name in _COUNTS})
        return backend
