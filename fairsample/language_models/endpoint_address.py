"""Checks of where an endpoint is and of what a request may hold."""

import re
from urllib.parse import urlsplit

from fairsample.messages import quote

__all__ = ["check_address", "check_options", "refuse_egress"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN_FIELDS = {
    "extra_headers",
    "extra_query",
    "messages",
    "model",
    "n",
    "response_format",
    "seed",
    "stream",
    "temperature",
    "timeout",
}


def check_address(base_url, api_key_env):
    """Refuse an address that is none, and any with a secret in it.

    Parameters
    ----------
    base_url : str
        Address of the endpoint.
    api_key_env : str or None
        Name of the environment variable with the key.

    Raises
    ------
    ValueError
        If the address is no http(s) address, or has more to it than host and path: a
        password there would be shown in every repr. If `api_key_env` can be no name.

    Examples
    --------
    >>> from fairsample.language_models.endpoint_address import check_address
    >>> check_address("http://localhost:8000/v1", None)
    >>> check_address("localhost:8000", None)
    Traceback (most recent call last):
    ...
    ValueError: base_url is an address such as 'http://localhost:8000/v1'.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url is an address such as 'http://localhost:8000/v1'.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "base_url has a user, a password or a query in it, which would be shown "
            "wherever the backend is. Pass the key in an environment variable."
        )
    if api_key_env is not None and not _VARIABLE.fullmatch(api_key_env):
        raise ValueError(
            "api_key_env is the name of an environment variable, not the key itself."
        )


def check_options(request_options):
    """Refuse fields of a request that are not for the user to set.

    Parameters
    ----------
    request_options : dict or None
        Further fields of a request.

    Raises
    ------
    ValueError
        If one is set by the backend, or could hold a secret.

    Examples
    --------
    >>> from fairsample.language_models.endpoint_address import check_options
    >>> check_options({"n": 2})
    Traceback (most recent call last):
    ...
    ValueError: request_options cannot hold 'n': the backend sets it, or it ...
    """
    refused = sorted(_OWN_FIELDS & set(request_options or {}))
    if refused:
        raise ValueError(
            f"request_options cannot hold {quote(refused)}: the backend sets it, or it "
            "could hold a secret."
        )


def refuse_egress(base_url, n_examples, n_rows, columns):
    """Refuse to send rows, and say what would be sent where.

    Parameters
    ----------
    base_url : str
        Address of the endpoint.
    n_examples : int
        Real rows in a request.
    n_rows : int
        Real rows.
    columns : list
        Their columns.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(
        f"OpenAICompatible would send real rows to {base_url}: up to {n_examples} of "
        f"{n_rows} as examples in every request, rows to be completed, and the values "
        f"and ranges of {quote(columns, 30)}. Pass allow_data_egress=True if they may "
        "leave; a server on this machine is no exception, since a port may lead "
        "anywhere."
    )
