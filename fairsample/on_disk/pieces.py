"""Pieces of a table, put together."""

import pandas as pd

from fairsample.encoding.dtypes import category_union

__all__ = ["join_pieces"]


def join_pieces(pieces):
    """Put pieces of a table below one another.

    Parameters
    ----------
    pieces : list of DataFrame
        At least one, with the same columns; categories may differ.

    Returns
    -------
    DataFrame
        With a fresh index, and all categories in their order of appearance.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.on_disk.pieces import join_pieces
    >>> pieces = [pd.DataFrame({"x": pd.Categorical([cell])}) for cell in "ba"]
    >>> join_pieces(pieces)["x"].cat.categories.tolist()
    ['b', 'a']
    """
    dtypes = {}
    for piece in pieces:
        for name, dtype in piece.dtypes.items():
            if isinstance(dtype, pd.CategoricalDtype):
                dtypes[name] = category_union(dtypes.get(name, dtype), dtype)
    present = [piece for piece in pieces if len(piece)] or pieces[:1]
    return pd.concat([piece.astype(dtypes) for piece in present], ignore_index=True)
