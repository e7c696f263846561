"""How alike the activations of groups are, as differentiable functions."""

import torch

__all__ = [
    "cka_transposed",
    "linear_cka",
    "mean_gap",
    "misalignment",
    "mmd",
    "sliced_wasserstein",
]

TINY = 1e-12


def linear_cka(A, B):
    """Linear centred kernel alignment of two sets of features of the same rows.

    Parameters
    ----------
    A, B : Tensor of shape (n, p) and (n, q)
        Activations of the same n rows.

    Returns
    -------
    Tensor
        In [0, 1]; 1 when one is a rotated, scaled and shifted copy of the other.

    References
    ----------
    .. [1] Kornblith et al., "Similarity of Neural Network Representations Revisited",
       ICML 2019.

    Examples
    --------
    >>> import torch
    >>> from fairsample.flip.alignment import linear_cka
    >>> A = torch.tensor([[0.0, 1.0], [2.0, 1.0], [1.0, 3.0]])
    >>> linear_cka(A, 3 * A + 7).round(decimals=4)
    tensor(1.)
    """
    A, B = A - A.mean(0), B - B.mean(0)
    if A.shape[1] + B.shape[1] <= len(A):
        cross, own_a, own_b = A.T @ B, A.T @ A, B.T @ B
        shared = cross.square().sum()
    else:
        own_a, own_b = A @ A.T, B @ B.T
        shared = (own_a * own_b).sum()
    return shared / (own_a.norm() * own_b.norm() + TINY)


def cka_transposed(A, B):
    """Compare how the features of two groups vary together (FLIP, section 4).

    Features take the place of rows, so that the groups may have different rows and
    different numbers of them.  Blind to a shift and to a scale: ``cka_transposed(A,
    3 * A + 7)`` is 1, so that a term that sees both belongs beside it.

    Parameters
    ----------
    A, B : Tensor of shape (n_a, p) and (n_b, p)
        Activations of two groups.

    Returns
    -------
    Tensor
        In [0, 1].

    Examples
    --------
    >>> import torch
    >>> from fairsample.flip.alignment import cka_transposed
    >>> A = torch.tensor([[0.0, 1.0, 5.0], [2.0, 1.0, 1.0]])
    >>> cka_transposed(A, 3 * A + 7).round(decimals=4)
    tensor(1.)
    """
    return linear_cka(A.T, B.T)


def mean_gap(A, B):
    """Squared difference of means in units of the pooled variance, over features.

    Parameters
    ----------
    A, B : Tensor of shape (n_a, p) and (n_b, p)
        Activations of two groups.

    Returns
    -------
    Tensor
        0 for equal means.

    Examples
    --------
    >>> import torch
    >>> from fairsample.flip.alignment import mean_gap
    >>> mean_gap(torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0], [5.0]])).item()
    9.0
    """
    variance = (A.var(0, correction=0) + B.var(0, correction=0)).sum() / 2
    return (A.mean(0) - B.mean(0)).square().sum() / (variance + TINY)


def mmd(A, B):
    """Maximum mean discrepancy under a sum of five Gaussian kernels.

    Parameters
    ----------
    A, B : Tensor of shape (n_a, p) and (n_b, p)
        Activations of two groups.

    Returns
    -------
    Tensor
        Squared and not below 0; 0 for equal sets. Bandwidths are 1/4, 1/2, 1, 2 and 4
        times the mean squared distance of all rows, through which no gradient runs.

    References
    ----------
    .. [1] Gretton et al., "A Kernel Two-Sample Test", JMLR 2012.

    Examples
    --------
    >>> import torch
    >>> from fairsample.flip.alignment import mmd
    >>> A = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    >>> mmd(A, A.flip(0)).item()
    0.0
    """
    rows = torch.cat([A, B])
    squared = rows.square().sum(1)
    distance = (squared[:, None] + squared - 2 * rows @ rows.T).clamp_min(0)
    unit = distance.detach().mean() + TINY
    kernel = sum((-distance / (unit * scale)).exp() for scale in (0.25, 0.5, 1, 2, 4))
    sign = torch.cat(
        [A.new_full((len(A),), 1 / len(A)), A.new_full((len(B),), -1 / len(B))]
    )
    return (sign @ kernel @ sign).clamp_min(0)


def sliced_wasserstein(A, B, n_projections=64):
    """Mean squared Wasserstein-2 distance over random directions.

    Parameters
    ----------
    A, B : Tensor of shape (n, p)
        As many rows of each.
    n_projections : int, default=64
        Directions, drawn evenly from the sphere (from torch's generator).

    Returns
    -------
    Tensor
        For a shift by ``d``, about ``|d|**2 / p``.

    References
    ----------
    .. [1] Bonneel et al., "Sliced and Radon Wasserstein Barycenters of Measures",
       Journal of Mathematical Imaging and Vision 2015.

    Examples
    --------
    >>> import torch
    >>> from fairsample.flip.alignment import sliced_wasserstein
    >>> A = torch.tensor([[0.0], [2.0]])
    >>> sliced_wasserstein(A, A.flip(0) + 3).item()
    9.0
    """
    directions = torch.randn(A.shape[1], n_projections).to(A)
    directions = directions / directions.norm(dim=0)
    return ((A @ directions).sort(0)[0] - (B @ directions).sort(0)[0]).square().mean()


def misalignment(activations, group, n_groups):
    """Say how far each group is from all others: 0 when none can be told apart.

    Parameters
    ----------
    activations : Tensor of shape (n, p)
        Of rows of all groups.
    group : LongTensor of shape (n,)
        Whose they are.
    n_groups : int
        Groups; with two of them each is compared with the other once.

    Returns
    -------
    Tensor
        Mean over groups of ``1 - cka_transposed + mmd + mean_gap``.
    """
    compared = range(1 if n_groups == 2 else n_groups)
    pairs = [(activations[group == g], activations[group != g]) for g in compared]
    terms = [1 - cka_transposed(*p) + mmd(*p) + mean_gap(*p) for p in pairs]
    return torch.stack(terms).mean()
