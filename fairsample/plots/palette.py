"""Colours that every reader tells apart."""

__all__ = ["PALETTE"]

# Okabe and Ito's palette: told apart under every common colour blindness.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
