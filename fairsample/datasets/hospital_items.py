"""The names of laboratory tests and charted items, and which of them are wanted."""

import difflib

import pandas as pd

from fairsample.encoding.labs import LabBins
from fairsample.messages import quote

__all__ = ["ItemNames"]


class ItemNames:
    """Names of items, each different from the others.

    An item is called by its label; where several share one, by label and group, such as
    ``"Glucose/Blood"``; where that is not enough either, with the item's id.

    Parameters
    ----------
    table : CsvTable
        The columns itemid, label and, if there is one, a third that tells items with
        the same label apart.
    taken : iterable of str, default=()
        Names that have gone to other items.

    Attributes
    ----------
    names : dict of str to str
        Item id -> name.
    labels : dict of str to str
        Item id -> label, which several may share.
    """

    def __init__(self, table, *, taken=()):
        rows = [
            pd.DataFrame(
                {
                    name: cells.cast("string").to_numpy(zero_copy_only=False)
                    for name, cells in chunk.cells.items()
                }
            )
            for chunk in table
        ]
        empty = pd.DataFrame(columns=table.columns, dtype=object)
        items = pd.concat(rows or [empty], ignore_index=True)
        group = next((c for c in table.columns if c not in ("itemid", "label")), None)
        items = items.dropna(subset="itemid").drop_duplicates("itemid")
        items = items.astype(object).where(items.notna(), "")
        ids, label = items["itemid"].map(item_id), items["label"].str.strip()
        label = label.where(label != "", ids)
        further = label if group is None else label + "/" + items[group].str.strip()
        name = label.mask(label.duplicated(keep=False) | label.isin(taken), further)
        unclear = name.duplicated(keep=False) | name.isin(taken)
        name = name.mask(unclear, name + "/" + ids)
        self.names = dict(zip(ids, name, strict=True))
        self.labels = dict(zip(ids, label, strict=True))

    def wanted(self, tests):
        """Find the items that are asked for.

        Parameters
        ----------
        tests : "all", LabBins, or sequence of str or int
            Names, labels or item ids. A label stands for all items that share it.

        Returns
        -------
        set of str or None
            Names; None for all.

        Raises
        ------
        ValueError
            If there is no such item. The message gives similar names.
        """
        if isinstance(tests, LabBins):
            return set(tests.bins_)
        if isinstance(tests, str):
            if tests == "all":
                return None
            tests = [tests]
        found = {}
        for names in (self.names, self.labels):
            for item, name in names.items():
                found.setdefault(name, set()).add(self.names[item])
        for item, name in self.names.items():
            found.setdefault(item, set()).add(name)
        asked = [item_id(str(test)) for test in tests]
        unknown = [test for test in asked if test not in found]
        if unknown:
            similar = difflib.get_close_matches(unknown[0], found, n=3)
            remedy = f"Similar: {quote(similar)}." if similar else "Look them up there."
            raise ValueError(
                f"The dictionary of items has no {quote(unknown)}. {remedy}"
            )
        return set().union(*(found[test] for test in asked))


def item_id(text):
    """Return an item id as it is written, without what a float adds to it."""
    return text.strip().removesuffix(".0")
