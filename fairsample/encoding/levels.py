"""Categories <-> codes, the rare ones pooled."""

import numpy as np

__all__ = ["CategoryLevels"]


class CategoryLevels:
    """Mutually exclusive codes of a column of categories.

    Every category is a code, in the order given. With more than `max_categories` of
    them, the rare ones and those that occur once share the last code, from which they
    are drawn back in proportion to their frequency.

    Parameters
    ----------
    max_categories : int or None, default=500
        Most categories with a code of their own; None never pools, 0 pools all.

    Attributes
    ----------
    n_codes_ : int
        Number of codes.
    counts_ : ndarray of shape (n_codes_,)
        Training rows of each code.
    kept_ : ndarray of int
        Categories with a code of their own.
    pooled_ : ndarray of int
        Categories that share the last code.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding.levels import CategoryLevels
    >>> levels = CategoryLevels(max_categories=2).fit(np.array([0, 1, 1, 2, 2, 3]))
    >>> levels.transform(np.array([1, 2, 0, 3]))
    array([0, 1, 2, 2])
    """

    def __init__(self, *, max_categories=500):
        self.max_categories = max_categories

    def fit(self, values):
        """Choose the codes.

        Parameters
        ----------
        values : ndarray of int of shape (n,)
            Positions of the categories, each occurring at least once.

        Returns
        -------
        self : CategoryLevels
        """
        return self.fit_counts(np.bincount(values))

    def fit_counts(self, counts):
        """Choose the codes, from how often each category occurs.

        Parameters
        ----------
        counts : ndarray of int of shape (n_categories,)
            Rows of each category, none without any.

        Returns
        -------
        self : CategoryLevels
        """
        kept = np.arange(len(counts))
        if self.max_categories is not None and len(kept) > self.max_categories:
            commonest = np.argsort(-counts, kind="stable")[: self.max_categories]
            kept = np.sort(commonest[counts[commonest] > 1])
        self._set(kept, counts)
        return self

    def _set(self, kept, level_counts):
        self.kept_, self._level_counts = kept, level_counts
        pooled = np.ones(len(level_counts), dtype=bool)
        pooled[kept] = False
        self.pooled_ = np.flatnonzero(pooled)
        pooled_counts = level_counts[self.pooled_]
        self.counts_ = level_counts[kept]
        if len(self.pooled_):
            self.counts_ = np.append(self.counts_, pooled_counts.sum())
        self._pooled_until = np.cumsum(pooled_counts)
        self._code_of_level = np.full(len(level_counts), len(kept))
        self._code_of_level[kept] = np.arange(len(kept))

    @property
    def n_codes_(self):
        """Number of codes."""
        return len(self.counts_)

    def transform(self, values):
        """Give each category its code.

        Parameters
        ----------
        values : ndarray of int of shape (n,)
            Positions of the categories.

        Returns
        -------
        codes : ndarray of int64 of shape (n,)
        """
        return self._code_of_level[values]

    def inverse_transform(self, codes, random_state):
        """Give each code its category, a pooled one drawn in proportion.

        Parameters
        ----------
        codes : ndarray of int of shape (n,)
            Codes below `n_codes_`.
        random_state : numpy.random.RandomState
            Advanced by n numbers, or by none when no category is pooled.

        Returns
        -------
        values : ndarray of int of shape (n,)
            Positions of the categories.
        """
        if not len(self.pooled_):
            return self.kept_[codes]
        rank = random_state.random_sample(len(codes)) * self._pooled_until[-1]
        drawn = np.searchsorted(self._pooled_until, rank, side="right")
        drawn = self.pooled_[np.minimum(drawn, len(self.pooled_) - 1)]
        own = np.append(self.kept_, -1)[codes]
        return np.where(own < 0, drawn, own)

    def to_json(self):
        """Write the fitted levels as plain JSON types.

        Returns
        -------
        dict
        """
        return {
            "max_categories": self.max_categories,
            "kept": self.kept_.tolist(),
            "level_counts": self._level_counts.tolist(),
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        CategoryLevels
        """
        levels = cls(max_categories=stored["max_categories"])
        kept = np.array(stored["kept"], dtype=np.int64)
        levels._set(kept, np.array(stored["level_counts"], dtype=np.int64))
        return levels
