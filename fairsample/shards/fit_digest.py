"""Digests by which the same fit and the same conditions are known again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import pandas as pd

from fairsample.encoding.json_values import value_to_json

__all__ = ["digest_of_conditions", "digest_of_fit"]

_WITHOUT_EFFECT = ("callbacks", "memory", "random_state", "verbose")
_NOT_OF_THE_FIT = ("history", "device")  # seconds of each epoch, and where it was


def digest_of_fit(resampler):
    """Give a digest of all that `sample` draws from, its random state left out.

    Estimators and code are told apart by what they are called and by their parameters
    only; what they learned shows in the rest of the fit.

    Parameters
    ----------
    resampler : BaseFairResampler
        A fitted one.

    Returns
    -------
    str
        The same for another fit to the same rows with the same seed, and for what was
        saved and loaded.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample import GroupRandomOverSampler
    >>> from fairsample.shards import digest_of_fit
    >>> X = pd.DataFrame({"sex": ["F", "M"] * 60, "age": range(120)})
    >>> one = GroupRandomOverSampler("sex").fit(X, X["age"] > 40)
    >>> other = GroupRandomOverSampler("sex").fit(X, X["age"] > 40)
    >>> digest_of_fit(one) == digest_of_fit(other)
    True
    >>> digest_of_fit(one) == digest_of_fit(one.fit(X, X["age"] > 41))
    False
    """
    parameters = resampler.get_params(deep=False)
    state = resampler._fitted_state()
    return _digest(
        type(resampler).__qualname__,
        {name: parameters[name] for name in set(parameters) - set(_WITHOUT_EFFECT)},
        {name: state[name] for name in set(state) - set(resampler._of_last_result)},
    )


def digest_of_conditions(conditions):
    """Give a digest of conditions, in whatever index their rows are.

    Parameters
    ----------
    conditions : dict, DataFrame or None
        What holds in the rows.

    Returns
    -------
    str or None
        None for none.

    Examples
    --------
    >>> from fairsample.shards import digest_of_conditions
    >>> digest_of_conditions({"sex": "F"}) == digest_of_conditions({"sex": "M"})
    False
    """
    if conditions is None:
        return None
    if isinstance(conditions, pd.DataFrame):
        return _digest(conditions.reset_index(drop=True))
    return _digest(dict(conditions))


def _digest(*values):
    sha256 = hashlib.sha256()
    for value in values:
        _feed(sha256, value)
    return sha256.hexdigest()


def _feed(sha256, value):
    """Let a digest see a value, a container member by member."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {entry.name: getattr(value, entry.name) for entry in fields(value)}
    elif hasattr(value, "get_params") and not isinstance(value, type):
        sha256.update(_name_of_code(value).encode())
        value = value.get_params(deep=False)
    if isinstance(value, Mapping):
        keys = {repr(key): key for key in value if key not in _NOT_OF_THE_FIT}
        sha256.update(f"{len(keys)} keys".encode())
        for text in sorted(keys):
            sha256.update(text.encode())
            _feed(sha256, value[keys[text]])
    elif isinstance(value, list | tuple):
        sha256.update(f"{len(value)} items".encode())
        for item in value:
            _feed(sha256, item)
    else:
        _feed_leaf(sha256, value)


def _feed_leaf(sha256, value):
    arrays = {}
    try:
        text = json.dumps(value_to_json(value, arrays, "value"))
    except ValueError:
        text, arrays = _name_of_code(value), {}
    sha256.update(text.encode())
    for array in arrays.values():
        sha256.update(f"{array.dtype} {array.shape}".encode())
        sha256.update(array.tobytes())


def _name_of_code(value):
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"
