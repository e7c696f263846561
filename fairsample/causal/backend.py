"""What writes rows in causal order: the protocol that all backends share."""

from abc import abstractmethod
from dataclasses import dataclass, field

from sklearn.base import BaseEstimator

__all__ = ["CausalContext", "RowBackend"]


@dataclass(frozen=True)
class CausalContext:
    """What a backend may want to know of the purpose of its rows.

    Parameters
    ----------
    model : StandardFairnessModel
        The roles of the columns.
    sensitive, outcome : str
        The columns of the rows that hold the group and the class.
    targets : dict of str to float, default={}
        The effects that the rows ought to have, additive sign.
    """

    model: object
    sensitive: str
    outcome: str
    targets: dict = field(default_factory=dict)


class RowBackend(BaseEstimator):
    """Base of what learns rows column after column and continues any prefix of them.

    A backend that a user passes is a recipe: it is cloned, and the clone is fitted.

    Attributes
    ----------
    order_ : list of str
        The columns, in the order of writing.
    rejected_ : dict of str to int
        How many written rows were thrown away, by reason, since `fit`.

    Examples
    --------
    >>> from fairsample.causal import ConditionalChain, RowBackend
    >>> isinstance(ConditionalChain(), RowBackend)
    True
    """

    is_fitted_again = False  # to all rows, after it was judged by unseen ones
    most_rows_to_check = 20_000  # that are written in `fit` to measure effects on
    n_refinements = 0  # times that the backend is told what its effects are off by
    rows_to_refine = 400  # that these are measured on
    is_costly = False  # whether each row has its price: as few as will do are written

    @abstractmethod
    def fit(self, rows, order, *, context=None, random_state=None):
        """Learn to write rows.

        Parameters
        ----------
        rows : DataFrame of shape (n, n_columns)
            Real rows, with missing values or without; not to be changed. The group and
            the outcome are columns of str.
        order : list of str
            All columns, in causal order.
        context : CausalContext, default=None
            What the rows are for.
        random_state : int, RandomState instance or None, default=None
            Whatever is random.

        Returns
        -------
        self : RowBackend
        """

    @abstractmethod
    def sample(self, prefixes, n, *, until=None, random_state=None):
        """Write rows, or continue them.

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
        rows : DataFrame of shape (at most n, n_columns)
            What was given, unchanged, and what was written. The index says which
            prefix a row continues; a backend that gives up returns fewer rows.
        """

    def refine(self, gaps):
        """Take notice of what measured effects were off by; most cannot.

        Parameters
        ----------
        gaps : dict of str to float
            Effect of written rows minus target.
        """
