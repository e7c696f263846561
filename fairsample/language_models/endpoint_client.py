"""The client that asks the endpoint of a backend."""

from fairsample.language_models.chat_client import ChatClient, read_api_key
from fairsample.language_models.request_budget import RequestBudget
from fairsample.language_models.response_cache import ResponseCache
from fairsample.language_models.retries import RetrySchedule

__all__ = ["make_client"]


def make_client(backend):
    """Make a client that goes on with what a backend has spent and found out.

    Parameters
    ----------
    backend : OpenAICompatible
        Fitted.

    Returns
    -------
    ChatClient
    """
    limits = backend.max_requests, backend.max_total_tokens
    options = dict(backend.request_options or {})
    if backend.temperature is not None:
        options["temperature"] = backend.temperature
    return ChatClient(
        base_url=backend.base_url,
        model=backend.model,
        key=read_api_key(backend.api_key_env),
        options=options,
        response_format=backend.response_format_,
        timeout=backend.timeout,
        retries=RetrySchedule(backend.n_retries, backend.backoff, backend.longest_wait),
        budget=RequestBudget(*limits, backend.n_requests_, backend.n_tokens_),
        cache=ResponseCache(backend.cache_dir),
    )
