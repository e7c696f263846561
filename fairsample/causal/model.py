"""The Standard Fairness Model: which column plays which role."""

from collections.abc import Hashable
from dataclasses import dataclass, fields

import numpy as np

from fairsample.causal.contrasts import (
    Contrast,
    compared_in_words,
    contrasts_of_levels,
    read_comparison,
    read_level,
)
from fairsample.causal.graph import project_graph
from fairsample.messages import quote

__all__ = ["Contrast", "StandardFairnessModel"]


@dataclass(frozen=True, kw_only=True, repr=False)
class StandardFairnessModel:
    """The roles of columns around a sensitive attribute and an outcome.

    Confounders come before or along with the sensitive attribute and are not its
    effects; mediators are effects of it (and of the confounders) on the way to the
    outcome. What the attribute does by itself is then its direct effect, what goes
    through mediators the indirect one, and what comes of confounders is spurious [1]_.

    The model is a statement about the world that data cannot check: that no cause is
    missing that two of these roles share, apart from causes that confounders and
    sensitive attribute have in common. A variable in the wrong role moves its share
    from one effect to another.

    A model does not change once it is made, and can be compared, copied and pickled.

    Parameters
    ----------
    sensitive : str or list of str
        The column of the sensitive attribute. Several columns make intersectional
        groups, whose levels are tuples.
    confounders : list of str, default=()
        Columns that are not effects of the sensitive attribute, causes before effects.
    mediators : list of str, default=()
        Columns that are, causes before effects.
    outcome : str, default=None
        What the outcome is called. It is passed as y, and is no column of X.
    baseline : scalar or tuple, default=None
        The level of the sensitive attribute to compare with. May be left out where
        there are two levels: the first in sorted order, of truth values False.
    comparison : scalar, tuple, list of levels, "each" or "rest", default=None
        The level that is compared with the baseline; or several levels, or "each"
        other level, one after the other; or the "rest", all other levels pooled. A
        total variation is comparison minus baseline.

    Attributes
    ----------
    sensitive_columns : tuple of str
        The sensitive column, or columns.
    order : tuple of str
        All columns in causal order.

    Raises
    ------
    ValueError
        If a column is named twice, or a level does not suit the sensitive columns.

    See Also
    --------
    fairsample.metrics.causal_effects : The effects under such a model.

    References
    ----------
    .. [1] D. Plečko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3):304-589, 2024.

    Examples
    --------
    >>> from fairsample.causal import StandardFairnessModel
    >>> model = StandardFairnessModel(
    ...     sensitive="gender",
    ...     mediators=["department"],
    ...     outcome="admitted",
    ...     baseline="Male",
    ...     comparison="Female",
    ... )
    >>> print(model.describe())
    Sensitive attribute: gender, Female against Male.
    Confounders, which are not its effects: none.
    Mediators, which it acts through: department.
    Outcome: admitted.
    >>> model.order
    ('gender', 'department', 'admitted')
    """

    sensitive: object
    confounders: tuple = ()
    mediators: tuple = ()
    outcome: object = None
    baseline: object = None
    comparison: object = None

    def __post_init__(self):
        """Bring what was given to one form, and check it."""
        sensitive = _names(self.sensitive, "sensitive")
        if not sensitive:
            raise ValueError("sensitive names no column; name one at least.")
        self._assign(
            sensitive=sensitive if len(sensitive) > 1 else sensitive[0],
            confounders=_names(self.confounders, "confounders"),
            mediators=_names(self.mediators, "mediators"),
        )
        self._check_roles()
        self._assign(
            baseline=read_level(self.baseline, sensitive, "baseline"),
            comparison=read_comparison(self.comparison, sensitive),
        )
        if self.baseline is not None and self.baseline in self._named_levels:
            raise ValueError(
                f"{self.baseline!r} is both the baseline and a comparison; a level "
                "cannot be compared with itself."
            )

    def __repr__(self):
        """Show what was given."""
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) not in (None, ())
        ]
        return f"StandardFairnessModel({', '.join(given)})"

    @classmethod
    def from_dag(cls, graph, *, sensitive, outcome, baseline=None, comparison=None):
        """Read the roles off a causal graph.

        Descendants of the sensitive attribute are mediators; all other columns but the
        outcome are confounders. Both are put in causal order.

        Parameters
        ----------
        graph : networkx.DiGraph or iterable of (cause, effect)
            The graph, or its edges.
        sensitive : str or list of str
            The sensitive columns.
        outcome : str
            The outcome; no column may follow it.
        baseline, comparison : object, default=None
            As the class takes them.

        Returns
        -------
        StandardFairnessModel

        Raises
        ------
        ValueError
            If the graph is not directed, has a cycle, lacks a node, has an outcome
            with children, or a column between two sensitive ones.

        Examples
        --------
        >>> from fairsample.causal import StandardFairnessModel
        >>> edges = [("age", "income"), ("sex", "job"), ("sex", "income")]
        >>> edges += [("job", "income"), ("age", "job")]
        >>> StandardFairnessModel.from_dag(edges, sensitive="sex", outcome="income")
        StandardFairnessModel(sensitive='sex', confounders=('age',),
                              mediators=('job',), outcome='income')
        """
        columns = _names(sensitive, "sensitive")
        confounders, mediators = project_graph(graph, columns, outcome)
        return cls(
            sensitive=sensitive,
            confounders=confounders,
            mediators=mediators,
            outcome=outcome,
            baseline=baseline,
            comparison=comparison,
        )

    @property
    def sensitive_columns(self):
        """The sensitive columns, as a tuple also where there is one."""
        return _names(self.sensitive, "sensitive")

    @property
    def order(self):
        """All columns in causal order, the outcome last if it is named."""
        outcome = () if self.outcome is None else (self.outcome,)
        return (
            *self.confounders,
            *self.sensitive_columns,
            *self.mediators,
            *outcome,
        )

    def contrasts(self, levels, counts=None):
        """Tell which levels are compared.

        Parameters
        ----------
        levels : sequence of scalars or tuples
            The levels of the sensitive attribute in the data, in any order.
        counts : sequence of int, default=None
            Rows of each level, for messages.

        Returns
        -------
        list of Contrast
            Each with a `name`, the `baseline` and the `comparisons`, a tuple with one
            level or with those that are pooled.

        Raises
        ------
        ValueError
            If there is one level, or more than two and it is not said which to
            compare; if a level that is named is not there.

        Examples
        --------
        >>> from fairsample.causal import StandardFairnessModel
        >>> model = StandardFairnessModel(
        ...     sensitive="race", baseline="White", comparison="each"
        ... )
        >>> [contrast.name for contrast in model.contrasts(["Asian", "Black", "White"])]
        ['Asian against White', 'Black against White']
        """
        return contrasts_of_levels(
            quote(self.sensitive_columns),
            levels,
            self.baseline,
            self.comparison,
            counts,
        )

    def check_columns(self, columns, *, sensitive_given=False):
        """Check that features have the columns that the roles name.

        Parameters
        ----------
        columns : sequence of str
            The columns of X.
        sensitive_given : bool, default=False
            Whether the values of the sensitive attribute are given beside X, so that
            its columns need not be in it.

        Returns
        -------
        tuple of str
            The columns that have no role.

        Raises
        ------
        ValueError
            If a column with a role is not there, a column is there twice, or the
            outcome is among them.

        Examples
        --------
        >>> from fairsample.causal import StandardFairnessModel
        >>> model = StandardFairnessModel(sensitive="sex", confounders=["age"])
        >>> model.check_columns(["age", "sex", "job"])
        ('job',)
        """
        columns = list(columns)
        twice = [name for name in columns if columns.count(name) > 1]
        if twice:
            raise ValueError(f"Column {twice[0]!r} is in X more than once; rename one.")
        for role, names in self._roles.items():
            absent = [name for name in names if name not in columns]
            if absent and not (role == "sensitive columns" and sensitive_given):
                raise ValueError(
                    f"The fairness model has {quote(absent)} as {role}, which X does "
                    f"not have; its columns are {quote(columns, limit=30)}."
                )
        if self.outcome is not None and self.outcome in columns:
            raise ValueError(
                f"The outcome {self.outcome!r} is a column of X. Drop it there: the "
                "outcome is passed as y."
            )
        return tuple(name for name in columns if name not in self.order)

    def describe(self):
        """Say the roles in words.

        Returns
        -------
        str
            Four lines.
        """
        return "\n".join(
            [
                f"Sensitive attribute: {_listed(self.sensitive_columns)}, "
                f"{compared_in_words(self.baseline, self.comparison)}.",
                f"Confounders, which are not its effects: {_listed(self.confounders)}.",
                f"Mediators, which it acts through: {_listed(self.mediators)}.",
                f"Outcome: {'not named' if self.outcome is None else self.outcome}.",
            ]
        )

    def to_json(self):
        """Write the model as plain JSON types; the class makes it again of them.

        Returns
        -------
        dict
            The parameters that were given.

        Raises
        ------
        ValueError
            If a name or level is no text, number or truth value.

        Examples
        --------
        >>> from fairsample.causal import StandardFairnessModel
        >>> model = StandardFairnessModel(sensitive="sex", mediators=["job"])
        >>> model.to_json()
        {'sensitive': 'sex', 'mediators': ['job']}
        >>> StandardFairnessModel(**model.to_json()) == model
        True
        """
        return {
            field.name: _to_json(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) not in (None, ())
        }

    def _assign(self, **values):
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def _named_levels(self):
        return self.comparison if isinstance(self.comparison, tuple) else ()

    @property
    def _roles(self):
        return {
            "sensitive columns": self.sensitive_columns,
            "confounders": self.confounders,
            "mediators": self.mediators,
        }

    def _check_roles(self):
        roles = {**self._roles, "outcome": ()}
        if self.outcome is not None:
            roles["outcome"] = (self.outcome,)
        seen = {}
        for role, names in roles.items():
            for name in names:
                if name in seen:
                    first = seen[name]
                    where = f"both among {first} and {role}"
                    if first == role:
                        where = f"twice among {role}"
                    raise ValueError(
                        f"Column {name!r} is named {where}. A column has one role."
                    )
                seen[name] = role


def _names(names, role):
    """Return the columns of a role as a tuple."""
    if isinstance(names, set | frozenset):
        raise ValueError(
            f"{role} is a set, which has no order. Give a list, causes before effects."
        )
    if isinstance(names, str) or not np.iterable(names):
        names = [names]
    names = tuple(
        name.item() if isinstance(name, np.generic) else name for name in names
    )
    unfit = [name for name in names if name is None or not isinstance(name, Hashable)]
    if unfit:
        raise ValueError(f"{role} has {quote(unfit)}, which is no name of a column.")
    return names


def _listed(names):
    return ", ".join(map(str, names)) or "none"


def _to_json(value):
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    if not isinstance(value, str | bool | int | float):
        raise ValueError(
            f"{value!r} cannot be written as JSON; names and levels are to be text, "
            "numbers or truth values."
        )
    return value
