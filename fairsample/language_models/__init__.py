"""Language models that write rows: from scratch, from checkpoints, behind endpoints.

Their public names are those of :mod:`fairsample.causal`.
"""

__all__ = []
