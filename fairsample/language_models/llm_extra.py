"""Packages that only language models of others need."""

from importlib import import_module

__all__ = ["import_llm_package"]


def import_llm_package(name):
    """Import a package of the extra ``[llm]``.

    Parameters
    ----------
    name : str
        What is imported.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is not installed; the message says how to install it.

    Examples
    --------
    >>> from fairsample.language_models.llm_extra import import_llm_package
    >>> import_llm_package("json").dumps(["F", 1])
    '["F", 1]'
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{name.split('.')[0]} is needed for this and cannot be imported: "
            "pip install 'fairsample-synth[llm]'."
        ) from error
