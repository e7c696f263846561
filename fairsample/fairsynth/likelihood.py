"""How likely the generator finds records, and what it reads from them."""

import torch
import torch.nn.functional as F

from fairsample.autoregressive import at_least_float32, column_nll

__all__ = [
    "outcome_loss",
    "outcome_readout",
    "record_nll",
    "visit_nll",
]

N_CONDITIONS = 2  # group and outcome come first and are given, not scored


def visit_nll(logits, batch):
    """Negative log-likelihood of each visit, summed over the vocabulary and END.

    Parameters
    ----------
    logits : Tensor of shape (n_visits, n_codes + 1)
        Logit of each code's presence.
    batch : RecordBatch
        The visits.

    Returns
    -------
    Tensor of shape (n_visits,)
        In nats.
    """
    logits = at_least_float32(logits)
    visit = batch.visit_of_code
    absent = F.softplus(logits).sum(1)
    return absent.index_add(0, visit, -logits[visit, batch.codes])


def record_nll(module, batch, *, logits=None, given=N_CONDITIONS):
    """Negative log-likelihood of each record.

    Parameters
    ----------
    module : Halo
        The generator.
    batch : RecordBatch
        The records.
    logits : pair of Tensors, default=None
        What the module gave for the batch, where that is known.
    given : int, default=2
        First columns that are conditions: 2 for group and outcome, 1 for the group.

    Returns
    -------
    Tensor of shape (n,)
        In nats.
    """
    column_logits, visit_logits = module(batch) if logits is None else logits
    columns = column_nll(column_logits, batch.columns, module.block_sizes)
    record = columns[:, given:].sum(1)
    if visit_logits is None:
        return record
    return record.index_add(0, batch.patient, visit_nll(visit_logits, batch))


def outcome_loss(module, batch, logits):
    """Cross-entropy of the outcome against one other, read from the record.

    The likelihood hardly rewards what tells the outcomes apart: of some 100 nats of a
    history it is often less than one. This loss asks for just that, by Bayes' rule.

    Parameters
    ----------
    module : Halo
        The generator.
    batch : RecordBatch
        The records.
    logits : pair of Tensors
        What the module gave for the batch.

    Returns
    -------
    Tensor, scalar
        Mean in nats; log(2) where nothing can be read.
    """
    n_classes = module.block_sizes[1]
    shift = torch.randint(1, n_classes, (len(batch),), device=batch.columns.device)
    group, outcome = batch.columns[:, 0], batch.columns[:, 1]
    other = batch.under(group, (outcome + shift) % n_classes)
    likelier = record_nll(module, other, given=1) - record_nll(
        module, batch, logits=logits, given=1
    )
    return F.softplus(-likelier).mean()


def outcome_readout(module, batch, group_levels):
    """Read the outcome from records: q(y | record, group) by Bayes' rule.

    The generator knows p(record | y, group) for every outcome y; with the classes
    even within the group, q is what the best classifier would learn from generated
    records.  Raising q for a group therefore moves p(record | y, group).

    Parameters
    ----------
    module : Halo
        The generator.
    batch : RecordBatch
        The records; their own group and outcome are ignored.
    group_levels : LongTensor of shape (n, n_classes)
        The level of the group that each record is looked at under, for each outcome.

    Returns
    -------
    Tensor of shape (n, n_classes)
        Probabilities.
    """
    n, n_classes = group_levels.shape
    outcomes = torch.arange(n_classes, device=group_levels.device)
    each = batch.repeated(n_classes).under(
        group_levels.T.flatten(), outcomes.repeat_interleave(n)
    )
    return (-record_nll(module, each)).view(n_classes, n).T.softmax(1)
