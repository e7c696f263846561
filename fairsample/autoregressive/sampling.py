"""Exact draws from a `MaskedAutoregressiveNet`, without repeating work."""

from typing import NamedTuple

import torch
import torch.nn.functional as F

__all__ = ["BlockSampler", "CursorSampler", "draw_codes"]


def draw_codes(logits, generator, temperature=1.0):
    """Draw a code for each row, one uniform number a row.

    Parameters
    ----------
    logits : Tensor of shape (n, n_codes)
        Of exclusive codes.
    generator : torch.Generator
        Randomness.
    temperature : float, default=1.0
        Logits are divided by it.

    Returns
    -------
    LongTensor of shape (n,)

    Raises
    ------
    ValueError
        If a logit is not a number: the net has diverged.

    Examples
    --------
    >>> import torch
    >>> from fairsample.autoregressive.sampling import draw_codes
    >>> logits = torch.tensor([[0.0, 0.0, -torch.inf]]).expand(1000, -1)
    >>> draw_codes(logits, torch.Generator().manual_seed(0)).unique()
    tensor([0, 1])
    """
    until = (logits / temperature).softmax(1).cumsum(1)
    total = until[:, -1:]
    if total.isnan().any():
        raise ValueError(
            "The net gives logits that are no numbers: its training has diverged. "
            "Fit with a lower learning_rate."
        )
    place = total * torch.rand(total.shape, generator=generator, device=total.device)
    below = torch.nextafter(total, torch.zeros_like(total))  # no code without odds
    return torch.searchsorted(until, torch.minimum(place, below), right=True)[:, 0]


class BlockSampler:
    """Draw blocks of exclusive codes one after the other.

    Each block computes its own hidden units only, so that all blocks together
    cost one pass through the network.

    Parameters
    ----------
    net : MaskedAutoregressiveNet
        One degree a block.
    block_sizes : list of int
        Codes of each block.
    n_unseen : int, default=0
        First codes that are written, and not read by what comes after them.
    """

    def __init__(self, net, block_sizes, n_unseen=0):
        self.net = net
        degrees = torch.arange(len(block_sizes), device=net.hidden_degrees.device)
        unit_ends = torch.searchsorted(
            net.hidden_degrees.contiguous(), degrees, right=True
        ).tolist()
        with torch.no_grad():
            weights = net.masked_weights()
            weights[0][:n_unseen] = 0
        self.blocks, code_start, unit_start = [], 0, 0
        for size, unit_end in zip(block_sizes, unit_ends, strict=True):
            codes = slice(code_start, code_start + size)
            units = slice(unit_start, unit_end)
            self.blocks.append(BlockWeights.of(net, weights, codes, units))
            code_start, unit_start = code_start + size, unit_end

    @torch.no_grad()
    def draw(self, given, n, generator, temperature=1.0, context=None):
        """Draw `n` rows.

        Parameters
        ----------
        given : LongTensor of shape (n, n_given)
            Codes (within their block) of the first blocks.
        n : int
            Rows to draw.
        generator : torch.Generator
            Randomness.
        temperature : float, default=1.0
            Logits are divided by it.
        context : Tensor of shape (n, context_features), default=None
            What the net reads beside the codes.

        Returns
        -------
        LongTensor of shape (n, n_blocks)
            Code within each block.
        """
        net = self.net
        n_units = -(-len(net.hidden_bias) // 16) * 16  # rows begin on a cache line
        hidden = [
            net.hidden_bias.new_empty(n, n_units) for _ in range(net.n_blocks + 1)
        ]
        shift = None if context is None else net.context_to_hidden(context)
        drawn = given.new_empty(n, len(self.blocks))
        for place, block in enumerate(self.blocks):
            block.reach(hidden, drawn[:, :place], shift)
            if place < given.shape[1]:
                drawn[:, place] = given[:, place]
            else:
                logits = block.logits(hidden[-1], context)
                drawn[:, place] = draw_codes(logits, generator, temperature)
            drawn[:, place] += block.codes.start  # its number among all codes
        return drawn - drawn.new_tensor([block.codes.start for block in self.blocks])


class BlockWeights(NamedTuple):
    """What of a net concerns one block: its units, and the readout of its codes.

    Attributes
    ----------
    codes, units : slice
        Codes of the block, and hidden units that no earlier block has.
    embedding : Tensor of shape (n_codes_before, n_units)
        What each code of an earlier block adds to these units.
    bias : Tensor of shape (n_units,)
        Where they begin.
    layers : list of pair of Tensor
        Weight and bias of these units in each residual layer.
    readout : pair of Tensor
        Weight and bias of the logits.
    context : Tensor of shape (size, context_features) or None
        What the context adds to the logits.
    """

    codes: slice
    units: slice
    embedding: torch.Tensor
    bias: torch.Tensor
    layers: list
    readout: tuple
    context: torch.Tensor | None

    @classmethod
    def of(cls, net, weights, codes, units):
        """Cut them out of a `MaskedAutoregressiveNet` and its `masked_weights`."""
        embedding, layers, readout = weights
        return cls(
            codes,
            units,
            embedding[: codes.start, units].contiguous(),
            net.hidden_bias[units],
            [
                (weight[units, : units.stop].contiguous(), layer.bias[units])
                for weight, layer in zip(layers, net.blocks, strict=True)
            ],
            (readout[codes, : units.stop].contiguous(), net.readout.bias[codes]),
            net.context_to_code.weight[codes] if net.context_features else None,
        )

    def reach(self, hidden, codes, shift=None):
        """Fill these units of every layer's activations, given the codes so far."""
        units = self.bias.expand(len(codes), -1)
        if codes.shape[1]:
            units = units + F.embedding_bag(codes, self.embedding, mode="sum")
        if shift is not None:
            units = units + shift[:, self.units]
        hidden[0][:, self.units] = F.relu(units)
        for number, (weight, bias) in enumerate(self.layers):
            before = hidden[number][:, : self.units.stop]
            units = units + F.linear(before, weight, bias)
            hidden[number + 1][:, self.units] = F.relu(units)

    def logits(self, hidden, context=None):
        """Give the logits of the block: (n, size)."""
        logits = F.linear(hidden[:, : self.units.stop], *self.readout)
        return logits if context is None else logits + F.linear(context, self.context)


class CursorSampler:
    """Draw sets of codes, with a cursor of its own for each row.

    Between two present codes nothing that later logits depend on changes, so the
    hidden state moves only when a code is found (by one row of the embedding),
    and a row looks at the codes after its cursor only, a window of them at a time.

    Parameters
    ----------
    net : MaskedAutoregressiveNet
        One degree a code, no residual layers.
    window : int, default=256
        Codes looked at in one go.
    """

    def __init__(self, net, window=256):
        with torch.no_grad():
            embedding, layers, readout = net.masked_weights()
        if layers:
            raise ValueError("CursorSampler needs a net without residual layers")
        self.net, self.embedding, self.window = net, embedding, window
        self.n_codes = len(embedding)
        self.readout = [part.T.contiguous() for part in readout.split(window)]

    @torch.no_grad()
    def draw(self, context, generator, temperature=1.0, first=False):
        """Draw one set of codes for each row of context.

        Parameters
        ----------
        context : Tensor of shape (n, context_features)
            What the sets are written from.
        generator : torch.Generator
            Randomness.
        temperature : float, default=1.0
            Logits are divided by it.
        first : bool, default=False
            Whether code 0 is given as present instead of drawn.

        Returns
        -------
        row, code : LongTensor of shape (n_present,)
            Who has which code; sorted by code within each row, not by row.
        """
        net = self.net
        hidden = net.context_to_hidden(context) + net.hidden_bias
        uniform = torch.rand(
            len(context), self.n_codes, generator=generator, device=context.device
        )
        # present if uniform < sigmoid(logit / temperature)
        threshold = temperature * torch.logit(uniform) - net.readout.bias
        threshold -= net.context_to_code(context)
        if first:
            threshold[:, 0] = -torch.inf
        found = []
        for number, readout in enumerate(self.readout):
            start = number * self.window
            bar = threshold[:, start : start + self.window]
            self._scan_window(hidden, readout, bar, start, found)
        rows, codes = zip(*found, strict=True) if found else ((), ())
        empty = torch.empty(0, dtype=torch.long, device=context.device)
        return torch.cat([empty, *rows]), torch.cat([empty, *codes])

    def _scan_window(self, hidden, readout, bar, start, found):
        """Find the present codes of one window, round by round; `hidden` moves."""
        active = torch.arange(len(hidden), device=hidden.device)
        place = torch.arange(bar.shape[1], device=hidden.device)
        cursor = torch.zeros_like(active)
        while len(active):
            present = F.relu(hidden[active]) @ readout > bar
            present &= place >= cursor[:, None]
            has, first = present.max(1)
            active, first, bar = active[has], first[has], bar[has]
            code = start + first
            hidden[active] += self.embedding[code]
            found.append((active, code))
            cursor = first + 1
