"""Which real rows are trained on and which are held out."""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from fairsample.evaluation.splitting import fold_cells, nested_order, split_cells
from fairsample.messages import quote

__all__ = ["Holdout", "check_sizes", "plan_holdouts", "training_parts"]


class Holdout(NamedTuple):
    """A split of the real rows.

    Parameters
    ----------
    seed : int
        Its number, and the seed of all that is random about it.
    train, test : ndarray of int
        Positions of the training rows and of those held out.

    Examples
    --------
    >>> import numpy as np
    >>> Holdout(0, np.array([0, 2]), np.array([1])).seed
    0
    """

    seed: int
    train: np.ndarray
    test: np.ndarray


def plan_holdouts(X, y, cells, *, patients=None, test_size=0.3, seeds=(0,), cv=None):
    """Split the rows, once for each seed or fold.

    Parameters
    ----------
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        The features, which a splitter may look at.
    y : array-like of shape (n_samples,)
        The classes.
    cells : ndarray of int of shape (n_samples,)
        The group and class of each row.
    patients : array-like of shape (n_samples,), default=None
        Whose row each is.
    test_size : float, default=0.3
        Share of the rows held out.
    seeds : sequence of int, default=(0,)
        One split for each.
    cv : int or splitter, default=None
        In place of `test_size` and `seeds`: a number of folds, or a splitter of
        scikit-learn.

    Returns
    -------
    list of Holdout
        The splits.

    Raises
    ------
    ValueError
        When a row, or a patient, is on both sides of a split, or `cv` is no splitter.

    Examples
    --------
    >>> import numpy as np
    >>> cells = np.repeat([0, 1], 10)
    >>> [len(one.test) for one in plan_holdouts(None, cells, cells, seeds=(0, 1))]
    [6, 6]
    """
    if cv is None:
        holdouts = [
            Holdout(
                seed,
                *split_cells(
                    cells, test_size=test_size, patients=patients, random_state=seed
                ),
            )
            for seed in seeds
        ]
    else:
        if isinstance(cv, Integral):
            folds = fold_cells(cells, cv, patients=patients, random_state=0)
        elif hasattr(cv, "split") and not isinstance(cv, str):
            folds = cv.split(X, y, patients)
        else:
            raise ValueError(
                f"cv={cv!r} is neither a number of folds nor a splitter of "
                "scikit-learn."
            )
        holdouts = [Holdout(number, *fold) for number, fold in enumerate(folds)]
    ids = np.arange(len(cells)) if patients is None else np.asarray(patients)
    for holdout in holdouts:
        shared = np.intersect1d(ids[holdout.test], ids[holdout.train]).tolist()
        if shared:
            raise ValueError(
                "cv puts the same rows or patients into the training part and among "
                f"the rows held out: {quote(shared)}. Use a splitter that keeps them "
                "together, such as StratifiedGroupKFold."
            )
    return holdouts


def training_parts(holdout, cells, real_sizes=None):
    """Cut the training rows down to each size, every size part of the next.

    Parameters
    ----------
    holdout : Holdout
        The split.
    cells : ndarray of int of shape (n_samples,)
        The group and class of each row.
    real_sizes : list of int, default=None
        The sizes; None stands for all training rows.

    Returns
    -------
    dict of int to ndarray of int
        Size -> positions of the rows, ascending.

    Raises
    ------
    ValueError
        When there are fewer training rows than asked for.

    Examples
    --------
    >>> import numpy as np
    >>> cells = np.repeat([0, 1], 10)
    >>> (holdout,) = plan_holdouts(None, cells, cells)
    >>> parts = training_parts(holdout, cells, [4, 8])
    >>> [len(rows) for rows in parts.values()], set(parts[4]) <= set(parts[8])
    ([4, 8], True)
    """
    if real_sizes is None:
        return {len(holdout.train): holdout.train}
    if max(real_sizes) > len(holdout.train):
        raise ValueError(
            f"real_sizes asks for {max(real_sizes)} real rows, and there are "
            f"{len(holdout.train)} to train on. Ask for fewer, or lower test_size."
        )
    # A stream of its own: the split itself was drawn from the seed.
    stream = np.random.RandomState([holdout.seed, 1])
    order = holdout.train[nested_order(cells[holdout.train], random_state=stream)]
    return {size: np.sort(order[:size]) for size in real_sizes}


def check_sizes(name, sizes):
    """Refuse what are no numbers of rows.

    Parameters
    ----------
    name : str
        The parameter.
    sizes : sequence of int, or None
        Its value.

    Returns
    -------
    list of int, or None
        The sizes.

    Raises
    ------
    ValueError
        When a size is no integer of at least 1, is there twice, or none is there.

    Examples
    --------
    >>> check_sizes("real_sizes", (1000, 2500))
    [1000, 2500]
    """
    if sizes is None:
        return None
    if not np.iterable(sizes):
        raise ValueError(f"{name} is a list of numbers of rows. Got {sizes!r}.")
    sizes = list(sizes)
    counts = all(isinstance(size, Integral) and size >= 1 for size in sizes)
    if not sizes or not counts or len(set(sizes)) < len(sizes):
        raise ValueError(
            f"{name} is a list of different numbers of rows, at least 1 each. Got "
            f"{sizes!r}."
        )
    return [int(size) for size in sizes]
