"""A table in causal order: features, group and class as one frame, and back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.messages import quote

__all__ = ["CausalTable"]


@dataclass(frozen=True)
class CausalTable:
    """How features, groups and classes stand in the rows that backends read and write.

    Group and class are one column of text each, whatever they are made of.

    Parameters
    ----------
    confounders, mediators : list of str
        Feature columns, causes before effects.
    sensitive, outcome : str
        What the columns of group and class are called.
    groups, classes : list of str
        Their texts, by code.
    """

    confounders: list
    mediators: list
    sensitive: str
    outcome: str
    groups: list
    classes: list

    @classmethod
    def plan(cls, X, groups, model, target):
        """Find names and texts for a table.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            The features.
        groups : Groups
            The group of each row.
        model : StandardFairnessModel
            The roles; every feature has one.
        target : TargetForm
            Name and classes.

        Returns
        -------
        CausalTable
        """
        features = [*model.confounders, *model.mediators]
        sensitive = _free_name(" and ".join(map(str, groups.names)), features)
        outcome = _free_name(str(target.name), [*features, sensitive])
        return cls(
            list(model.confounders),
            list(model.mediators),
            sensitive,
            outcome,
            _texts(groups.labels),
            _texts(target.labels),
        )

    @property
    def order(self):
        """All columns, causes before effects."""
        return [*self.confounders, self.sensitive, *self.mediators, self.outcome]

    def rows(self, X, group, label):
        """Put features, group and class codes together: DataFrame, fresh index."""
        features = X[[*self.confounders, *self.mediators]].reset_index(drop=True)
        told = {
            self.sensitive: np.asarray(self.groups, dtype=object)[group],
            self.outcome: np.asarray(self.classes, dtype=object)[label],
        }
        return features.assign(**told)[self.order]

    def rows_of(self, pool, positions=slice(None)):
        """Write rows of a `CuratedPool` out again, all or some: DataFrame."""
        chosen = pool.group[positions], pool.label[positions]
        return self.rows(pool.features.iloc[positions], *chosen)

    def read(self, rows):
        """Take rows apart.

        Parameters
        ----------
        rows : DataFrame of n rows
            As `rows` gives them.

        Returns
        -------
        features : DataFrame of n rows
            Confounders and mediators.
        group, label : ndarray of int of shape (n,)
            Codes.
        """
        features = rows[[*self.confounders, *self.mediators]].reset_index(drop=True)
        group = pd.Index(self.groups).get_indexer(rows[self.sensitive])
        label = pd.Index(self.classes).get_indexer(rows[self.outcome])
        if min(group.min(initial=0), label.min(initial=0)) < 0:
            raise ValueError(
                f"A backend wrote groups or classes that are none; groups are "
                f"{quote(self.groups)}, classes {quote(self.classes)}."
            )
        return features, group, label


def _texts(labels):
    """Give every label a text of its own."""
    texts = [
        ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        for label in labels
    ]
    twice = {text for text in texts if texts.count(text) > 1}
    return [
        f"{text} ({type(label).__name__})" if text in twice else text
        for text, label in zip(texts, labels, strict=True)
    ]


def _free_name(name, taken):
    while name in taken:
        name = f"{name}_"
    return name
