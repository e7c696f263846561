"""How messages name things."""

__all__ = ["quote"]


def quote(items, limit=10):
    """Name items in a message, the first ones only where there are many.

    Parameters
    ----------
    items : iterable
        What to name.
    limit : int, default=10
        How many are named.

    Returns
    -------
    text : str
        The items' ``repr``, separated by commas.

    Examples
    --------
    >>> quote(["age", 3])
    "'age', 3"
    >>> quote(range(5), limit=2)
    '0, 1 and 3 more'
    """
    items = list(items)
    text = ", ".join(map(repr, items[:limit]))
    return text if len(items) <= limit else f"{text} and {len(items) - limit} more"
