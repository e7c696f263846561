"""The phase of FLIP that reads private rows; nothing after it does."""

import os
from typing import NamedTuple

import numpy as np
import pandas as pd

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.conforming import conform, is_outside
from fairsample.flip.domain import TableDomain
from fairsample.flip.public_forms import public_groups
from fairsample.flip.secure_noise import SecureNoise
from fairsample.flip.table_release import Rows, TableRelease, release_table
from fairsample.flip.undeclared import complete_domain
from fairsample.groups import MISSING, Groups
from fairsample.messages import quote

__all__ = ["PREPROCESS_SHARE", "PrivateTable", "release_privately"]

PREPROCESS_SHARE = 0.1  # of epsilon, where something is undeclared


class PrivateTable(NamedTuple):
    """All that is known of private rows.

    Attributes
    ----------
    number : str
        Tells this release from any other.
    groups : Groups
        All combinations of declared values, without a row.
    classes : list
        All declared classes, sorted.
    categories : dict of column to tuple
        The values of the sensitive features and of the target as they were declared,
        without the missing group.
    template : DataFrame of shape (0, n_columns)
        Dtypes of the columns that are not sensitive.
    cell_counts : ndarray of float of shape (n_groups, n_classes)
        Rows of each group and class, with noise.
    ledger : PrivacyLedger
        What was paid.
    release : TableRelease or None
        Noisy tables, of the engine "marginals".
    generator : GradientGenerator or None
        What the engine "dp-sgd" trained.
    """

    number: str
    groups: Groups
    classes: list
    categories: dict
    template: pd.DataFrame
    cell_counts: np.ndarray
    ledger: PrivacyLedger
    release: TableRelease | None
    generator: object

    @property
    def outside(self):
        """About how many values of which column are outside the domain."""
        return (self.release or self.generator).outside


def release_privately(
    private,
    *,
    domain,
    epsilon,
    delta,
    preprocess_epsilon,
    engine,
    device,
    balance_groups=False,
    verbose=0,
):
    """Learn private rows within a budget; the noise differs from call to call.

    Parameters
    ----------
    private : PrivateInput
        The rows.
    domain : TableDomain
        What the user declared.
    epsilon, delta : float
        The budget of all.
    preprocess_epsilon : float or None
        What finding out undeclared bounds and categories may cost; None is a tenth of
        `epsilon`.
    engine : {"marginals", "dp-sgd"}
        What reads the rows.
    device : str
        Where torch works.
    balance_groups : bool, default=False
        Whether the steps of "dp-sgd" draw as many rows of each group.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    PrivateTable

    Raises
    ------
    ValueError
        If something is undeclared and `preprocess_epsilon` is 0, or there is too little
        budget to find it out. The message names the columns.
    """
    ledger = PrivacyLedger(delta)
    if preprocess_epsilon is None:
        preprocess_epsilon = PREPROCESS_SHARE * epsilon
    domain = complete_domain(
        pd.concat([private.frame, private.cells], axis=1),
        private.known_domain(domain),
        ledger=ledger,
        epsilon=preprocess_epsilon,
        noise=SecureNoise(),
    )
    rows, groups, classes = _coded_rows(private, domain)
    of_frame = TableDomain({name: domain[name] for name in private.frame})
    budget = {"epsilon": epsilon, "ledger": ledger}
    release = generator = None
    if engine == "dp-sgd" and private.frame.shape[1]:
        learned = generator = _train_generator(
            rows,
            of_frame,
            **budget,
            device=device,
            verbose=verbose,
            group_names=groups.labels,
            balance_groups=balance_groups,
        )
    else:
        learned = release = release_table(rows, of_frame, **budget)
    return PrivateTable(
        number=os.urandom(16).hex(),
        groups=groups,
        classes=classes,
        categories=_public_categories(private, domain),
        template=conform(private.frame.iloc[:0], of_frame),
        cell_counts=learned.cell_counts,
        ledger=learned.ledger,
        release=release,
        generator=generator,
    )


def _coded_rows(private, domain):
    """Give each row the group and class that are declared: Rows, Groups and classes."""
    labels = [_sorted(domain[name].categories) for name in private.cells]
    codes = [
        _codes(private.cells[name], domain[name], of_column)
        for name, of_column in zip(private.cells, labels, strict=True)
    ]
    *names, target = private.cells.columns
    groups, group = public_groups(
        codes[:-1], labels[:-1], tuple(names), private.sensitive_columns
    )
    classes = labels[-1]
    _check_cells(groups, classes, tuple(names), target)
    strays = {name: is_outside(private.cells[name], domain[name]) for name in names}
    strays[target] = is_outside(private.cells[target], domain[target])
    shape = len(groups), len(classes)
    rows = Rows(private.frame, group, codes[-1], shape, strays)
    return rows, groups, classes


def _public_categories(private, domain):
    """Give the declared values of sensitive features and target: dict of tuple."""
    categories = {name: domain[name].categories for name in private.cells}
    for name in list(private.cells)[:-1] if private.has_missing_group else ():
        categories[name] = tuple(c for c in categories[name] if c != MISSING)
    return categories


def _train_generator(rows, domain, *, balance_groups, **arguments):
    """Train the engine "dp-sgd", whose accounting takes seconds to import."""
    from fairsample.flip.gradient_engine import (
        GradientSettings,
        train_private_generator,
    )

    settings = GradientSettings(balance="sampling" if balance_groups else None)
    return train_private_generator(rows, domain, settings=settings, **arguments)


def _sorted(categories):
    try:
        return sorted(categories)
    except TypeError:
        return sorted(categories, key=lambda one: (type(one).__name__, str(one)))


def _codes(series, column, labels):
    """Give each row the code of its label, once it was brought into the domain."""
    conforming = conform(series.to_frame(), TableDomain({series.name: column}))
    values = conforming[series.name].astype(object)
    values = values.where(values.notna(), labels[0])
    return pd.Categorical(values, categories=labels).codes.astype(int)


def _check_cells(groups, classes, names, target):
    if len(groups) < 2:
        raise ValueError(
            f"Sensitive features {quote(names)} have one group only, "
            f"{groups.labels[0]!r}. Declare more categories with domain=, or raise "
            "preprocess_epsilon=."
        )
    if len(classes) < 2:
        raise ValueError(
            f"The target {target!r} has one class only, {classes[0]!r}. Declare its "
            "categories with domain=, or a larger preprocess_epsilon=."
        )
