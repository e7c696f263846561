"""How large a generator is and how long it trains, by the data."""

from typing import NamedTuple

__all__ = ["TrainingPlan", "plan_fine_tuning", "plan_training", "units_per_column"]

STEPS = 1500  # optimiser steps that the likelihood needs, seen on 1k to 30k rows
MANY_ROWS = 2**17  # from here on, steps need not grow as fast as the rows
FINE_TUNING_STEPS = 100
HIDDEN_UNITS = 768  # of the column head at most, shared by all columns


class TrainingPlan(NamedTuple):
    """Batch size and epochs.

    Attributes
    ----------
    batch_size, max_epochs : int
        For `skorch`.
    """

    batch_size: int
    max_epochs: int

    def n_steps(self, n_rows):
        """Optimiser steps over all epochs."""
        return self.max_epochs * -(-n_rows // self.batch_size)


def plan_training(n_rows, *, batch_size=None, max_epochs=None):
    """Choose batch size and epochs for a number of training rows.

    About 1/128 of the rows a batch (a power of two up to 1024; at least 32, from
    2,000 rows on 64) and as many epochs as make 1,500 steps, between 14 and 20: more
    make small tables overfit. Beyond 131,072 rows, steps grow with the square root of
    the rows, and epochs fall to 5 at a million rows and to 3 in the end.

    Parameters
    ----------
    n_rows : int
        Training rows.
    batch_size, max_epochs : int, default=None
        What the user fixed.

    Returns
    -------
    TrainingPlan
        The plan.

    Examples
    --------
    >>> from fairsample.fairsynth.training_plan import plan_training
    >>> plan_training(32_561)
    TrainingPlan(batch_size=256, max_epochs=14)
    """
    if batch_size is None:
        batch_size = 32 if n_rows < 2000 else 64
        while batch_size < 1024 and batch_size * 128 * 2**0.5 < n_rows:
            batch_size *= 2
    if max_epochs is None:
        fewest = max(int(14 * min(MANY_ROWS / n_rows, 1.0) ** 0.5), 3)
        max_epochs = min(max(-(-STEPS * batch_size // n_rows), fewest), 20)
    return TrainingPlan(batch_size, max_epochs)


def plan_fine_tuning(n_rows, batch_size, *, max_epochs=None):
    """Choose the epochs under the penalty: whole ones, about 100 steps or more.

    Parameters
    ----------
    n_rows, batch_size : int
        Training rows and rows a batch.
    max_epochs : int, default=None
        What the user fixed.

    Returns
    -------
    TrainingPlan
        The plan.
    """
    if max_epochs is None:
        max_epochs = -(-FINE_TUNING_STEPS * batch_size // n_rows)
    return TrainingPlan(batch_size, max_epochs)


def units_per_column(n_columns, n_rows):
    """Hidden units of each column: the head grows slowly with rows and columns.

    Parameters
    ----------
    n_columns, n_rows : int
        Size of the table.

    Returns
    -------
    int
        All columns share 192 units at 2,000 rows, 768 at 37,000 and above.
    """
    shared = min(max(int(4 * n_rows**0.5), 192), HIDDEN_UNITS)
    return min(max(shared // n_columns, 8), 64)
