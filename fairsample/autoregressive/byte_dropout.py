"""Dropout that draws a byte for each activation."""

import torch
from torch import nn

__all__ = ["ByteDropout"]


class ByteDropout(nn.Dropout):
    """Dropout with a share in 256ths, an eighth of the random numbers on a CPU.

    Torch draws a number for each activation, one after the other, which took a sixth of
    the training of a column head; here eight share one. On other devices it is torch's.

    Parameters
    ----------
    p : float
        Share of activations that are set to 0, rounded to a 256th on a CPU.

    Notes
    -----
    Shape: any in, the same out.

    Examples
    --------
    >>> import torch
    >>> from fairsample.autoregressive import ByteDropout
    >>> ByteDropout(0.5)(torch.ones(1000)).unique()
    tensor([0., 2.])
    """

    def forward(self, activations):
        """Set some activations to 0 and scale the others, while training."""
        dropped = round(256 * self.p)
        if activations.device.type != "cpu" or dropped == 256:
            return super().forward(activations)
        if not (self.training and dropped):
            return activations
        eights = torch.empty(-(-activations.numel() // 8), dtype=torch.int64)
        drawn = eights.random_(-(2**63), None).view(torch.uint8)
        kept = drawn[: activations.numel()].view(activations.shape) >= dropped
        return activations * kept.to(activations.dtype).mul_(256 / (256 - dropped))
