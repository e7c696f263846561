"""The values that a net noted of each epoch, out of all that skorch keeps."""

import re
from numbers import Real

import numpy as np
import pandas as pd

__all__ = ["split_name", "terms_by_epoch"]

_NO_TERM = re.compile(r"epoch|dur|event_.*|.*_best|.*_batch_(count|size)")
_SIDE = re.compile(r"(train|valid)_(.+)")


def split_name(name):
    """Tell on which rows a value was measured, and of what.

    Parameters
    ----------
    name : str
        As skorch calls it.

    Returns
    -------
    side : {"train", "valid", None}
        The rows; None if the name does not say.
    term : str
        What was measured.

    Examples
    --------
    >>> split_name("valid_loss"), split_name("f1")
    (('valid', 'loss'), (None, 'f1'))
    """
    match = _SIDE.fullmatch(name)
    return (match[1], match[2]) if match else (None, name)


def terms_by_epoch(history):
    """Read a history of skorch.

    Parameters
    ----------
    history : skorch History or list of dict
        A dict for each epoch.

    Returns
    -------
    DataFrame of shape (n_epochs, n_values), indexed by epoch, counted from 1
        The numbers that were noted of epochs; of those that were noted of batches only,
        the mean over rows. Durations, counts and learning rates are left out; what was
        not noted of an epoch is NaN.

    Raises
    ------
    ValueError
        When there is no epoch.

    Examples
    --------
    >>> batches = [
    ...     {"train_penalty": 1.0, "train_batch_size": 3},
    ...     {"train_penalty": 5.0, "train_batch_size": 1},
    ... ]
    >>> terms_by_epoch([{"train_loss": 0.5, "dur": 2.0, "batches": batches}])
       train_loss  train_penalty
    1         0.5            2.0
    """
    epochs = list(history)
    if not epochs:
        raise ValueError("The history is empty: the net has not been trained.")
    values = [_of_batches(epoch.get("batches", [])) | _terms(epoch) for epoch in epochs]
    names = dict.fromkeys(name for epoch in map(_terms, epochs) for name in epoch)
    names |= dict.fromkeys(name for epoch in values for name in epoch)
    index = pd.RangeIndex(1, len(epochs) + 1)
    return pd.DataFrame(values, index=index, columns=list(names), dtype=float)


def _terms(noted):
    return {
        name: value
        for name, value in noted.items()
        if isinstance(value, Real)
        and not isinstance(value, bool | np.bool_)
        and not _NO_TERM.fullmatch(name)
    }


def _of_batches(batches):
    """Give the mean over rows of each value that all batches of a side have."""
    found = {}
    for name in dict.fromkeys(name for batch in batches for name in _terms(batch)):
        size = f"{split_name(name)[0]}_batch_size"
        having = [batch for batch in batches if name in batch]
        weights = [batch.get(size, 1) for batch in having]
        found[name] = np.average([batch[name] for batch in having], weights=weights)
    return found
