"""Rows written token by token, many at a time, under a grammar."""

import inspect

import numpy as np
import torch

__all__ = ["most_tokens", "write_values"]


@torch.inference_mode()
def write_values(model, rows, given, n, stop, *, temperature, generator):
    """Continue rows, column after column.

    All rows write the same column at a time. Tokens that the grammar forces, and keys,
    are read by the model together with the token that was drawn before them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Reads tokens.
    rows : RowTokenizer
        Rows <-> tokens.
    given : list of list of list of int
        For each column that is given, for each row, the tokens of its value.
    n : int
        Number of rows.
    stop : int
        Number of columns in the end.
    temperature : float
        Logits are divided by it.
    generator : torch.Generator
        Draws.

    Returns
    -------
    texts : list of list of str
        For each column that was written, the text of each row's value.
    fits : ndarray of bool of shape (n,)
        Whether the model can read so long a row.
    """
    reader = _Reader(model, n)
    *shared, last = rows.opening()
    if shared:
        reader.read([shared] * n)
    pending = [[last] for _ in range(n)]
    for position, values in enumerate(given):
        key = rows.key(position) if position else []
        for row in range(n):
            pending[row] += [*key, *values[row]]
    texts = []
    for position in range(len(given), stop):
        root = rows.start(position)
        key = rows.key(position) if position else []
        for row in range(n):
            pending[row] += [*key, *root.forced]
        states = [root] * n
        while not all(state.is_complete for state in states):
            writing = [row for row in range(n) if not states[row].is_complete]
            logits = reader.read([pending[row] for row in writing], writing)
            places = [states[row] for row in writing]
            drawn = _draw(logits, places, temperature, generator)
            for row, token in zip(writing, drawn, strict=True):
                states[row] = states[row].after(token)
                pending[row] = [token, *states[row].forced]
        texts.append([rows.value_of(position, state) for state in states])
    lengths = reader.lengths.cpu().numpy() + [len(tokens) for tokens in pending]
    return texts, lengths <= (most_tokens(model) or np.inf)


def most_tokens(model):
    """Tell how many tokens of a row a model can read: int, or None for any number."""
    config = model.config.get_text_config()
    return getattr(config, "max_position_embeddings", None)


class _Reader:
    """A model that reads rows bit by bit, and remembers what it has read."""

    def __init__(self, model, n):
        self.model, self.n, self.device = model, n, model.device
        self.is_real = torch.zeros(n, 0, dtype=torch.long, device=self.device)
        self.lengths = torch.zeros(n, dtype=torch.long, device=self.device)
        self.cache, self.last_logits = None, None
        self.takes = inspect.signature(model.forward).parameters

    def read(self, tokens, rows=None):
        """Read on, and give the logits of what follows: (len(tokens), n_tokens).

        Rows that read nothing, or less than others, are padded in front: the last
        place is everyone's own.
        """
        rows = list(range(self.n)) if rows is None else rows
        width = max(map(len, tokens))
        chunk = np.zeros((self.n, width), dtype=np.int64)
        is_real = np.zeros_like(chunk)
        for row, row_tokens in zip(rows, tokens, strict=True):
            chunk[row, width - len(row_tokens) :] = row_tokens
            is_real[row, width - len(row_tokens) :] = 1
        is_real = torch.as_tensor(is_real, device=self.device)
        places = (self.lengths[:, None] + is_real.cumsum(1) - 1).clamp_min(0)
        self.lengths = self.lengths + is_real.sum(1)
        self.is_real = torch.cat([self.is_real, is_real], dim=1)
        options = {
            # Rows that are too long are thrown away; they must not stop the others.
            "position_ids": places.clamp_max((most_tokens(self.model) or 2**31) - 1),
            "logits_to_keep": 1,
        }
        output = self.model(
            input_ids=torch.as_tensor(chunk, device=self.device),
            attention_mask=self.is_real,
            past_key_values=self.cache,
            use_cache=True,
            **{name: value for name, value in options.items() if name in self.takes},
        )
        self.cache = output.past_key_values
        return output.logits[rows, -1].float()


def _draw(logits, states, temperature, generator):
    """Draw a token for each row among those that its state allows: list of int."""
    distinct = list({id(state): state for state in states}.values())
    number = {id(state): i for i, state in enumerate(distinct)}
    allowed = np.stack([state.allowed for state in distinct])
    allowed = allowed[[number[id(state)] for state in states]]
    allowed = torch.as_tensor(allowed, device=logits.device)
    logits = logits[:, : allowed.shape[1]] / temperature
    odds = logits.masked_fill(~allowed, -torch.inf).softmax(1)
    return torch.multinomial(odds, 1, generator=generator)[:, 0].tolist()
