"""Ages as people tell them."""

import numpy as np

__all__ = ["in_completed_years"]


def in_completed_years(patients):
    """Round the ages of patients down to whole years.

    Parameters
    ----------
    patients : DataFrame of shape (n_patients, n_columns)
        With a column ``age`` in years.

    Returns
    -------
    DataFrame
        Ages are int64 if all are known, else float64.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets.completed_years import in_completed_years
    >>> in_completed_years(pd.DataFrame({"age": [60.9, 18.0]}))["age"].tolist()
    [60, 18]
    """
    years = np.floor(patients["age"].astype(np.float64))
    return patients.assign(age=years if years.isna().any() else years.astype(np.int64))
