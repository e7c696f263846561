"""What backends share that write rows as the codes of a `TableEncoder`."""

from abc import abstractmethod

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from fairsample.causal.backend import RowBackend
from fairsample.encoding import TableEncoder
from fairsample.messages import quote
from fairsample.training.estimator_seeds import draw_seed, stream_of

__all__ = ["EncodedBackend"]


class EncodedBackend(RowBackend):
    """Frames to codes and back, around what learns and writes codes.

    A subclass has the parameters `max_levels` and `n_bins` of its encoder, and says in
    `_learn`, `_write` and `_losses` what it does with codes. Every row is valid, since
    every code of the encoder is.

    Attributes
    ----------
    order_ : list
        The columns, in the order of writing.
    encoder_ : TableEncoder
        Columns in that order <-> codes.
    rejected_ : dict
        Empty: every row is valid.
    """

    def fit(self, rows, order, *, context=None, random_state=None):
        """Learn to write rows.

        Parameters
        ----------
        rows : DataFrame of shape (n, n_columns)
            Real rows, with missing values or without.
        order : list of str
            All columns, in causal order.
        context : CausalContext, default=None
            Not needed.
        random_state : int, RandomState instance or None, default=None
            Whatever is random.

        Returns
        -------
        self : RowBackend

        Raises
        ------
        ValueError
            If a parameter is out of its range, `order` does not name every column once,
            or a column cannot be encoded.
        """
        self._validate_params()
        order = list(order)
        if len(set(order)) < len(order) or set(order) != set(rows.columns):
            raise ValueError(
                f"order names {quote(order)}; it has to name each column of the rows "
                f"once: {quote(rows.columns)}."
            )
        encoder = TableEncoder(max_levels=self.max_levels, n_bins=self.n_bins)
        codes = encoder.fit(rows[order]).transform(rows)
        self.order_, self.encoder_, self.rejected_ = order, encoder, {}
        self._learn(codes, draw_seed(random_state))
        return self

    def sample(self, prefixes, n, *, until=None, random_state=None):
        """Write rows, or continue them; every row is valid.

        Parameters
        ----------
        prefixes : DataFrame of shape (n, n_given) or None
            The first columns of each row, in order.
        n : int
            Rows to write.
        until : str, default=None
            The last column to write; None writes whole rows.
        random_state : int, RandomState instance or None, default=None
            What draws.

        Returns
        -------
        rows : DataFrame of shape (n, n_columns)
            What was given, unchanged, and what was written; a fresh RangeIndex.

        Raises
        ------
        ValueError
            If `until` is no column, the prefixes are not n rows of the first columns in
            order, or hold a category, or a missing value, that was never seen in its
            column.
        """
        check_is_fitted(self, "encoder_")
        if until is not None and until not in self.order_:
            raise ValueError(f"until={until!r} is none of {quote(self.order_)}.")
        last = len(self.order_) if until is None else self.order_.index(until) + 1
        if prefixes is None:
            prefixes = pd.DataFrame(index=range(n))
        self._check_prefixes(prefixes, n, last)
        n_given = prefixes.shape[1]
        given = np.empty((n, 0), dtype=np.int64)
        if n_given:
            given = self.encoder_.first(n_given).transform(prefixes)
        stream = stream_of(random_state)
        codes = self._write(given, last, draw_seed(stream))
        rows = self.encoder_.first(last).inverse_transform(codes, stream)
        for name in prefixes.columns:
            rows[name] = prefixes[name].set_axis(rows.index)
        return rows

    def _check_prefixes(self, prefixes, n, last):
        if not isinstance(prefixes, pd.DataFrame) or len(prefixes) != n:
            raise ValueError(
                f"prefixes is a DataFrame with a row for each of the n={n} rows, not "
                f"{type(prefixes).__name__} of length {len(prefixes)}."
            )
        given = list(prefixes.columns)
        if given != self.order_[: len(given)] or len(given) > last:
            raise ValueError(
                f"prefixes has the columns {quote(given)}; it may have the first ones, "
                f"in order, of {quote(self.order_[:last])}."
            )

    def log_loss(self, rows, *, n_given=0, by_column=False):
        """Tell how unlikely rows are.

        Parameters
        ----------
        rows : DataFrame of shape (n, n_columns)
            Real rows, best such that were not fitted.
        n_given : int, default=0
            First columns that count as given and cost nothing.
        by_column : bool, default=False
            Whether the columns after those are told apart.

        Returns
        -------
        ndarray of shape (n,), or of shape (n, n_columns - n_given) by column
            Nats of the codes of `encoder_`.

        Raises
        ------
        ValueError
            If a row holds a category, or a missing value, that was never seen in its
            column.
        """
        check_is_fitted(self, "encoder_")
        codes = self.encoder_.transform(rows[self.order_])
        losses = self._losses(codes)[:, n_given:]
        return losses if by_column else losses.sum(axis=1)

    @abstractmethod
    def _learn(self, codes, seed):
        """Learn from the codes of rows: (n, n_columns)."""

    @abstractmethod
    def _write(self, given, until, seed):
        """Go on with rows from the codes of their first columns: (n, until)."""

    @abstractmethod
    def _losses(self, codes):
        """Give the nats of each code: (n, n_columns)."""
