"""Networks that write one code after the other, and how to draw from them."""

from fairsample.autoregressive.masked import MaskedAutoregressiveNet
from fairsample.autoregressive.sampling import BlockSampler, CursorSampler

__all__ = ["BlockSampler", "CursorSampler", "MaskedAutoregressiveNet"]
