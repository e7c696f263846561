"""Diffusion of latents as Karras et al. (2022) precondition, train and sample it."""

import torch
from torch import nn

__all__ = ["LatentDenoiser", "denoising_loss", "draw_latents", "draw_noise_levels"]

SIGMA_DATA = 0.5
LOG_SIGMA_MEAN, LOG_SIGMA_STD = -1.2, 1.2
SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0
N_FREQUENCIES = 32


class ResidualBlock(nn.Module):
    """A residual layer that the condition shifts and scales.

    Notes
    -----
    Shape: (n, hidden), conditions (n_conditions, hidden) and the number of each row's
    condition (n,) in, (n, hidden) out.
    """

    def __init__(self, hidden):
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.inner = nn.Linear(hidden, hidden)
        self.outer = nn.Linear(hidden, hidden)
        self.modulate = nn.Linear(hidden, 2 * hidden)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, state, conditions, number):
        """Add to the state."""
        scale, shift = self.modulate(conditions)[number].chunk(2, dim=1)
        inner = self.inner(self.norm(state)) * (1 + scale) + shift
        return state + self.outer(nn.functional.silu(inner))


class LatentDenoiser(nn.Module):
    """Estimate clean latents from noisy ones, given group and outcome.

    Latents are standardised by what `standardise` was given and scaled to a standard
    deviation of .5, as the preconditioning expects.

    Parameters
    ----------
    n_features : int
        Latents of a row, all columns together.
    n_groups, n_classes : int
        Values of the conditions.
    hidden, n_blocks : int
        Width and depth.

    Notes
    -----
    Shape: latents (n, n_features), noise levels (n, 1), group and label (n,) in,
    latents (n, n_features) out.

    References
    ----------
    .. [1] Karras et al., "Elucidating the Design Space of Diffusion-Based Generative
       Models", NeurIPS 2022: table 1, column "ours".
    """

    def __init__(self, n_features, n_groups, n_classes, *, hidden=256, n_blocks=3):
        super().__init__()
        self.n_features = n_features
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("spread", torch.ones(n_features))
        frequencies = torch.logspace(-1, 1.5, N_FREQUENCIES)
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.group = nn.Embedding(n_groups, hidden)
        self.label = nn.Embedding(n_classes, hidden)
        self.noise = nn.Sequential(
            nn.Linear(2 * N_FREQUENCIES, hidden), nn.SiLU(), nn.Linear(hidden, hidden)
        )
        self.enter = nn.Linear(n_features, hidden)
        self.blocks = nn.ModuleList(ResidualBlock(hidden) for _ in range(n_blocks))
        self.leave = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, n_features))

    def standardise(self, mean, std):
        """Set mean and standard deviation, (n_features,) each, of the raw latents."""
        self.centre.copy_(mean)
        self.spread.copy_(std.clamp_min(1e-3) / SIGMA_DATA)

    def to_scale(self, latents):
        """Give raw latents, (n, n_features), the scale that diffusion works on."""
        return (latents - self.centre) / self.spread

    def from_scale(self, latents):
        """Undo `to_scale`."""
        return latents * self.spread + self.centre

    def forward(self, noisy, sigma, group, label):
        """Estimate the clean latents behind noisy ones, both on the scale of .5."""
        each = slice(None)
        return self.denoise(noisy, sigma, self.conditions(sigma, group, label), each)

    def conditions(self, sigma, group, label):
        """Embed noise levels, groups and outcomes: (n_conditions, hidden)."""
        phase = sigma.log() / 4 * self.frequencies
        noise = self.noise(torch.cat([phase.sin(), phase.cos()], dim=1))
        return nn.functional.silu(noise + self.group(group) + self.label(label))

    def denoise(self, noisy, sigma, conditions, number):
        """Estimate under conditions that rows share, by number; else as `forward`."""
        total = sigma**2 + SIGMA_DATA**2
        skip, out = SIGMA_DATA**2 / total, sigma * SIGMA_DATA / total.sqrt()
        state = self.enter(noisy / total.sqrt())
        for block in self.blocks:
            state = block(state, conditions, number)
        return skip * noisy + out * self.leave(state)


def draw_noise_levels(n, device="cpu"):
    """Draw the noise levels of a batch, spread evenly over their distribution: (n, 1).

    The logarithm is normal; its quantiles are stratified, which takes variance out of
    the loss and leaves the distribution of each level as it is.
    """
    share = (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n
    normal = torch.special.ndtri(share.clamp(1e-6, 1 - 1e-6))
    return (LOG_SIGMA_MEAN + LOG_SIGMA_STD * normal).exp()[:, None]


def denoising_loss(estimate, clean, sigma):
    """Weighted squared error of estimates; about 1 a feature for an untrained net.

    Parameters
    ----------
    estimate, clean : Tensor of shape (n, n_features)
        On the scale of .5.
    sigma : Tensor of shape (n, 1)
        Noise levels.

    Returns
    -------
    Tensor of shape (n,)
        Mean over features; a row's loss reads no other row.
    """
    weight = (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2
    return (weight * (estimate - clean).square()).mean(1)


def noise_schedule(n_steps, device="cpu"):
    """Give the noise levels of a sampler, from the highest to 0: (n_steps + 1,)."""
    place = torch.linspace(0, 1, n_steps, device=device)
    low, high = SIGMA_MIN ** (1 / RHO), SIGMA_MAX ** (1 / RHO)
    levels = (high + place * (low - high)) ** RHO
    return torch.cat([levels, levels.new_zeros(1)])


@torch.no_grad()
def draw_latents(denoiser, group, label, generator, n_steps=24):
    """Draw raw latents by Heun's method along the probability-flow equation.

    Parameters
    ----------
    denoiser : LatentDenoiser
        Or what has its `n_features`, `from_scale`, `conditions` and `denoise`.
    group, label : LongTensor of shape (n,)
        Conditions; each pair is embedded once a step, however many rows have it.
    generator : torch.Generator
        Of the first noise, the only randomness.
    n_steps : int, default=24
        Steps; each but the last costs two estimates.

    Returns
    -------
    Tensor of shape (n, n_features)
    """
    pairs, number = torch.stack([group, label]).unique(dim=1, return_inverse=True)

    def slope(state, sigma):
        conditions = denoiser.conditions(sigma.expand(pairs.shape[1], 1), *pairs)
        return (state - denoiser.denoise(state, sigma, conditions, number)) / sigma

    levels = noise_schedule(n_steps, group.device)
    shape = len(group), denoiser.n_features
    state = levels[0] * torch.randn(shape, generator=generator, device=group.device)
    for sigma, below in zip(levels[:-1], levels[1:], strict=True):
        here = slope(state, sigma)
        ahead = state + (below - sigma) * here
        if below > 0:
            here = (here + slope(ahead, below)) / 2
        state = state + (below - sigma) * here
    return denoiser.from_scale(state)
