"""Rows of text as tokens, and batches of them."""

from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from fairsample.language_models.row_grammar import RowGrammar

__all__ = ["RowTokenizer", "TokenBatch", "TokenizedRows"]


@dataclass
class TokenBatch:
    """Some rows' tokens, padded behind.

    Parameters
    ----------
    tokens : LongTensor of shape (n, n_tokens)
        The tokens.
    is_real : BoolTensor of shape (n, n_tokens)
        Whether a token is no padding.
    is_value : BoolTensor of shape (n, n_tokens)
        Whether a token belongs to a value, and not to a key.
    """

    tokens: torch.Tensor
    is_real: torch.Tensor
    is_value: torch.Tensor

    def __len__(self):
        return len(self.tokens)

    def to(self, device):
        """Move every tensor to a device."""
        return TokenBatch(*(part.to(device) for part in vars(self).values()))


class TokenizedRows(Dataset):
    """Rows as tokens of different numbers.

    Parameters
    ----------
    tokens : list of LongTensor, length n
        The tokens of each row.
    is_value : list of BoolTensor, length n
        Which of them belong to values.
    """

    def __init__(self, tokens, is_value):
        self.tokens, self.is_value = tokens, is_value

    def __len__(self):
        return len(self.tokens)

    def __getitem__(self, row):
        return self.batch([row])

    @property
    def longest(self):
        """Tokens of the longest row."""
        return max(map(len, self.tokens))

    def take(self, rows):
        """Select rows (LongTensor) as new `TokenizedRows`."""
        return TokenizedRows(
            [self.tokens[row] for row in rows], [self.is_value[row] for row in rows]
        )

    def batch(self, rows):
        """Gather rows into a `TokenBatch`."""
        tokens = [self.tokens[row] for row in rows]
        is_real = [torch.ones(len(row), dtype=torch.bool) for row in tokens]
        is_value = [self.is_value[row] for row in rows]
        parts = (tokens, is_real, is_value)
        return TokenBatch(*(pad_sequence(part, batch_first=True) for part in parts))


class RowTokenizer:
    """Rows <-> tokens, piece by piece, and what may be written next.

    Parameters
    ----------
    text : RowText
        How rows are written.
    tokens : GrammarTokens
        How text is cut.
    """

    def __init__(self, text, tokens):
        self.text, self.tokens = text, tokens
        self.grammar = RowGrammar(text)

    def opening(self):
        """Give what every row begins with, the first key included: list of int."""
        first = self.tokens.tokenizer.bos_token_id
        key = self.key(0)
        return key if first is None else [first, *key]

    def key(self, position):
        """Give the tokens before a column's value: list of int."""
        return self.tokens.encode(self.text.key(position))

    def start(self, position):
        """Begin to write a column's value: TokenState."""
        return self.tokens.start(self.grammar.lark(position))

    def value_of(self, position, state):
        """Give the text of the value that was written."""
        piece = self.tokens.decode(state.tokens)
        return piece.removeprefix(" ").removesuffix(self.text.end(position))

    def values(self, frame):
        """Give the tokens of the values of the first columns, in order.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_given)
            The columns.

        Returns
        -------
        values : list of list of list of int
            For each column, for each row, the tokens of the value's piece.

        Raises
        ------
        ValueError
            If a value cannot be written; see `RowText.write` and `GrammarTokens`.
        """
        columns = []
        for position, texts in enumerate(self.text.write(frame)):
            pieces = {
                text: self.tokens.encode(self.text.value(position, text))
                for text in set(texts)
            }
            columns.append([pieces[text] for text in texts])
        return columns

    def rows(self, frame):
        """Give whole rows as `TokenizedRows`."""
        values = self.values(frame)
        keys = [self.opening(), *map(self.key, range(1, len(values)))]
        tokens, is_value = [], []
        for row in zip(*values, strict=True):
            row_tokens, row_is_value = [], []
            for key, value in zip(keys, row, strict=True):
                row_tokens += [*key, *value]
                row_is_value += [False] * len(key) + [True] * len(value)
            tokens.append(torch.tensor(row_tokens))
            is_value.append(torch.tensor(row_is_value))
        return TokenizedRows(tokens, is_value)
