"""Which tokens may follow, given a grammar and what was written so far."""

import numpy as np

from fairsample.language_models.llm_extra import import_llm_package

__all__ = ["GrammarTokens", "TokenState"]


class GrammarTokens:
    """A tokenizer whose next tokens a grammar decides about.

    llguidance's handles are made when needed and left out of pickles and copies.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerFast
        Text <-> tokens.
    n_tokens : int
        Tokens that the model knows.
    """

    def __init__(self, tokenizer, n_tokens):
        self.tokenizer = tokenizer
        self.n_tokens = n_tokens

    def __getstate__(self):
        return {"tokenizer": self.tokenizer, "n_tokens": self.n_tokens}

    @property
    def _handle(self):
        if not hasattr(self, "_llguidance_tokenizer"):
            hugging_face = import_llm_package("llguidance.hf")
            n_tokens = max(self.n_tokens, len(self.tokenizer))
            self._llguidance_tokenizer = hugging_face.from_tokenizer(
                self.tokenizer, n_vocab=n_tokens
            )
        return self._llguidance_tokenizer

    def encode(self, text):
        """Cut a text into tokens that spell it byte for byte.

        Parameters
        ----------
        text : str
            A piece of a row.

        Returns
        -------
        tokens : list of int

        Raises
        ------
        ValueError
            If the tokenizer has no tokens for it, or the model does not know them.
        """
        for cut in (self._handle.tokenize_str, self._handle.greedy_tokenize):
            tokens = cut(text)
            spelled = self._handle.decode_bytes(tokens) == text.encode()
            if spelled and max(tokens, default=0) < self.n_tokens:
                return tokens
        raise ValueError(
            f"The checkpoint's tokenizer cannot spell {text!r}. Take a checkpoint with "
            "byte-level tokens, or replace the characters that it lacks."
        )

    def decode(self, tokens):
        """Spell tokens: str."""
        return self._handle.decode_bytes(list(tokens)).decode()

    def start(self, lark):
        """Begin to write what a grammar allows.

        Parameters
        ----------
        lark : str
            The grammar, in llguidance's variant of Lark; nothing that it matches
            begins another thing that it matches.

        Returns
        -------
        TokenState
        """
        llguidance = import_llm_package("llguidance")
        grammar = llguidance.LLMatcher.grammar_from_lark(lark)
        matcher = llguidance.LLMatcher(self._handle, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(f"llguidance refuses a grammar: {matcher.get_error()}")
        return TokenState(matcher, (), self.n_tokens)


class TokenState:
    """A place in the writing of one value.

    Parameters
    ----------
    matcher : llguidance.LLMatcher
        The grammar, advanced to this place; it is changed.
    tokens : tuple of int
        What was written of the value.
    n_tokens : int
        Tokens that the model knows.

    Attributes
    ----------
    forced : list of int
        The tokens that had to follow; they are among `tokens`.
    is_complete : bool
        Whether the value is finished.
    """

    def __init__(self, matcher, tokens, n_tokens):
        self.matcher, self.n_tokens = matcher, n_tokens
        self.forced = matcher.compute_ff_tokens()
        if self.forced:
            matcher.consume_tokens(self.forced)
        self.tokens = (*tokens, *self.forced)
        self.is_complete = matcher.is_accepting()
        self._next, self._allowed = {}, None

    @property
    def allowed(self):
        """The tokens that may follow: ndarray of bool of shape (n_tokens,)."""
        if self._allowed is None:
            bits = np.frombuffer(self.matcher.compute_bitmask(), dtype=np.uint8)
            allowed = np.unpackbits(bits, count=self.n_tokens, bitorder="little")
            self._allowed = allowed.astype(bool)
        return self._allowed

    def after(self, token):
        """Give the state after one more token, the same object each time."""
        if token not in self._next:
            matcher = self.matcher.deep_copy()
            matcher.consume_token(token)
            state = TokenState(matcher, (*self.tokens, token), self.n_tokens)
            self._next[token] = state
        return self._next[token]
