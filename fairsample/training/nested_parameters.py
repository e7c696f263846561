"""Parameters of an estimator and of what it is made of."""

__all__ = ["parameters_named", "set_parameters_named"]


def parameters_named(estimator, name, *, unset=False):
    """Find a parameter by its name, also in what the estimator is made of.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params`.
    name : str
        The parameter's own name.
    unset : bool, default=False
        Whether only those are wanted that are None.

    Returns
    -------
    list of str
        Keys for `set_params`.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = BaggingClassifier(LogisticRegression(), random_state=0)
    >>> parameters_named(model, "random_state")
    ['estimator__random_state', 'random_state']
    >>> parameters_named(model, "random_state", unset=True)
    ['estimator__random_state']
    """
    return [
        key
        for key, value in estimator.get_params().items()
        if key.split("__")[-1] == name and not (unset and value is not None)
    ]


def set_parameters_named(estimator, name, value, *, unset=False):
    """Set a parameter by its name, also in what the estimator is made of.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params` and `set_params`; it is changed.
    name : str
        The parameter's own name.
    value : object
        The value of all of that name.
    unset : bool, default=False
        Whether only those are set that are None.

    Returns
    -------
    estimator
        The same one.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> set_parameters_named(DecisionTreeClassifier(max_depth=1), "max_depth", 3)
    DecisionTreeClassifier(max_depth=3)
    """
    keys = parameters_named(estimator, name, unset=unset)
    estimator.set_params(**dict.fromkeys(keys, value))
    return estimator
