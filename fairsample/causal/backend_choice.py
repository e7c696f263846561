"""Which backend writes the rows."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from fairsample.causal.chain import ConditionalChain

__all__ = ["BACKENDS", "fit_backend"]

BACKENDS = ("auto", "chain", "scratch")

_FEWEST_TO_JUDGE = 200  # unseen rows: fewer cannot tell two backends apart


def fit_backend(llm, table, seen, unseen, context, *, settings, random_state):
    """Fit the backend asked for, or the one that knows unseen outcomes better.

    What is compared is the loss of the outcome, given all else. The loss of a whole row
    is mostly that of columns with many values, where a language model is ahead long
    before it has learned what the outcome depends on. It is taken where it is ahead by
    more than a standard error: a chain loses less of the effects if it was misjudged.

    A chain that is chosen is fitted again to all rows, which takes it seconds; a
    language model has its own rows to stop on and keeps to those that it has seen.
    Where there are fewer than 200 rows to judge by it is a chain.

    Parameters
    ----------
    llm : {"auto", "chain", "scratch"} or RowBackend
        A name or a recipe.
    table : CausalTable
        The order of columns.
    seen, unseen : DataFrame
        Real rows to fit, and real rows to judge by; the latter may have no row.
    context : CausalContext
        What the rows are for.
    settings : dict
        Of the language model: device, callbacks, verbose.
    random_state : RandomState
        Whatever is random.

    Returns
    -------
    backend : RowBackend
        Fitted.
    name : str
        What it is called.
    losses : dict of str to float
        Mean nats of an unseen outcome by candidate, where they were compared.
    """
    candidates = _candidates(llm, settings, can_compare=len(unseen) >= _FEWEST_TO_JUDGE)
    losses = {}
    for candidate in candidates.values():
        candidate.fit(seen, table.order, context=context, random_state=random_state)
    if len(candidates) > 1:
        known = unseen[_is_known(unseen, seen)]
        losses = {
            name: candidate.log_loss(known, n_given=len(table.order) - 1)
            for name, candidate in candidates.items()
            if len(known)
        }
    name = _better(losses) if losses else next(iter(candidates))
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    return candidates[name], name, means


def _better(losses):
    """Take the language model where its outcomes are better beyond chance."""
    gain = losses["chain"] - losses["scratch"]
    error = gain.std() / np.sqrt(len(gain))
    return "scratch" if gain.mean() > error else "chain"


def _candidates(llm, settings, *, can_compare):
    if not isinstance(llm, str):
        return {type(llm).__name__: clone(llm)}
    made = {}
    if llm in ("auto", "chain"):
        made["chain"] = ConditionalChain()
    if llm == "scratch" or (llm == "auto" and can_compare):
        from fairsample.language_models.scratch_language_model import (
            ScratchLanguageModel,
        )

        made["scratch"] = ScratchLanguageModel(**settings)
    return made


def _is_known(unseen, seen):
    """Tell which rows hold no category, and no missing value, that is new."""
    known = pd.Series(True, index=unseen.index)
    for name, column in unseen.items():
        if seen[name].notna().all():
            known &= column.notna()
        if not pd.api.types.is_numeric_dtype(column.dtype):
            known &= column.isin(seen[name]) | column.isna()
    return known
