"""Callbacks that say how a skorch net's training goes: its rate, its end, its bar."""

import torch
from skorch.callbacks import EarlyStopping, LRScheduler, ProgressBar
from skorch.utils import noop

__all__ = ["one_cycle", "progress", "stop_early"]


def one_cycle(learning_rate, n_steps):
    """Warm up and anneal the learning rate over all steps.

    Parameters
    ----------
    learning_rate : float
        The highest one.
    n_steps : int
        Steps of the optimiser over all epochs.

    Returns
    -------
    tuple of str and LRScheduler
        A named callback.
    """
    schedule = LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        max_lr=learning_rate,
        total_steps=n_steps + 1,
        step_every="batch",
    )
    return "one_cycle", schedule


def stop_early(patience):
    """Stop when the validation loss gets no better, and go back to the best.

    Parameters
    ----------
    patience : int
        Epochs without a better one.

    Returns
    -------
    tuple of str and EarlyStopping
        A named callback.
    """
    stop = EarlyStopping(patience=patience, load_best=True, sink=noop)
    return "early_stopping", stop


def progress(verbose):
    """Show a progress bar where that is asked for.

    Parameters
    ----------
    verbose : int
        0 for none.

    Returns
    -------
    list of tuple of str and ProgressBar
        Named callbacks, one or none.
    """
    return [("progress", ProgressBar())] if verbose else []
