"""Exact draws from a `MaskedAutoregressiveNet`, without repeating work."""

import torch
import torch.nn.functional as F

__all__ = ["BlockSampler", "CursorSampler"]


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
    """

    def __init__(self, net, block_sizes):
        self.net = net
        with torch.no_grad():
            self.embedding, self.layers, self.readout = net.masked_weights()
        self.hidden_bias, self.readout_bias = net.hidden_bias, net.readout.bias
        self.layer_biases = [block.bias for block in net.blocks]
        degrees = torch.arange(len(block_sizes), device=net.hidden_degrees.device)
        self.unit_ends = torch.searchsorted(
            net.hidden_degrees.contiguous(), degrees, right=True
        ).tolist()
        self.block_sizes = block_sizes

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
        states = [self.hidden_bias.expand(n, -1).clone()]
        if context is not None:
            states[0] += self.net.context_to_hidden(context)
        states += [torch.empty_like(states[0]) for _ in self.layers]
        drawn, code_start, unit_start = [], 0, 0
        for block, (size, unit_end) in enumerate(
            zip(self.block_sizes, self.unit_ends, strict=True)
        ):
            self._reach(states, unit_start, unit_end)
            if block < given.shape[1]:
                code = given[:, block]
            else:
                codes = slice(code_start, code_start + size)
                logits = F.linear(
                    F.relu(states[-1][:, :unit_end]),
                    self.readout[codes, :unit_end],
                    self.readout_bias[codes],
                )
                if context is not None:
                    logits += F.linear(context, self.net.context_to_code.weight[codes])
                odds = (logits / temperature).softmax(1)
                code = torch.multinomial(odds, 1, generator=generator)[:, 0]
            states[0][:, unit_end:] += self.embedding[code_start + code, unit_end:]
            drawn.append(code)
            code_start, unit_start = code_start + size, unit_end
        return torch.stack(drawn, dim=1)

    def _reach(self, states, start, end):
        """Carry hidden units start:end through the layers; earlier ones are there."""
        for number, (weight, bias) in enumerate(
            zip(self.layers, self.layer_biases, strict=True)
        ):
            step = F.linear(
                F.relu(states[number][:, :end]),
                weight[start:end, :end],
                bias[start:end],
            )
            states[number + 1][:, start:end] = states[number][:, start:end] + step


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
