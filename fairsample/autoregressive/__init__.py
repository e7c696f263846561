"""Networks that write one code after the other, and how to draw from them."""

from fairsample.autoregressive.byte_dropout import ByteDropout
from fairsample.autoregressive.column_blocks import at_least_float32, column_nll
from fairsample.autoregressive.decoder import CausalDecoder, PastSteps
from fairsample.autoregressive.masked import MaskedAutoregressiveNet
from fairsample.autoregressive.sampling import BlockSampler, CursorSampler, draw_codes

__all__ = [
    "BlockSampler",
    "ByteDropout",
    "CausalDecoder",
    "CursorSampler",
    "MaskedAutoregressiveNet",
    "PastSteps",
    "at_least_float32",
    "column_nll",
    "draw_codes",
]
