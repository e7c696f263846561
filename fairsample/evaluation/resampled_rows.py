"""The real and the synthetic rows of a resampler's result."""

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["ResampledRows"]


class ResampledRows(NamedTuple):
    """Real and synthetic rows apart, and where their groups are.

    Parameters
    ----------
    real, synthetic : tuple of (X, y)
        The rows.
    sensitive_features : list of str, or DataFrame
        Columns of X; or values of the real rows, then of the synthetic ones.

    Examples
    --------
    >>> from fairsample import GroupRandomOverSampler
    >>> X = pd.DataFrame({"sex": list("FFMMM") * 20, "dose": range(100)})
    >>> y = [0, 1, 0, 1, 0] * 20
    >>> resampler = GroupRandomOverSampler("sex", random_state=0)
    >>> rows = ResampledRows.read(resampler, *resampler.fit_resample(X, y))
    >>> len(rows.real[0]), len(rows.synthetic[0]), rows.sensitive_features
    (100, 20, ['sex'])
    """

    real: tuple
    synthetic: tuple
    sensitive_features: object

    @classmethod
    def read(cls, resampler, X, y, real=None, sensitive_features=None, test=None):
        """Take a result apart.

        Parameters are those of :meth:`AugmentationReport.from_resampled`.

        Returns
        -------
        ResampledRows

        Raises
        ------
        ValueError
            When the rows are not those of the last result, none of them is synthetic,
            or real rows or sensitive features are nowhere to be found.
        """
        mask = np.asarray(resampler.synthetic_mask_)
        if len(mask) != len(X) or len(mask) != len(y):
            raise ValueError(
                f"X_resampled and y_resampled have {len(X)} and {len(y)} rows, and the "
                f"last result of the resampler {len(mask)}. Give what its last "
                "fit_resample returned."
            )
        if not mask.any():
            raise ValueError(
                "The resampler has added no rows: there is nothing to report on."
            )
        if mask.all() and real is None:
            raise ValueError(
                "All rows of the result are synthetic. Give the rows that were fitted, "
                "as real=(X, y)."
            )
        array = not isinstance(X, pd.DataFrame)
        X = pd.DataFrame(X)
        y = np.asarray(y)
        if sensitive_features is None:
            elsewhere = real is not None or test is not None
            sensitive_features = _sensitive_features(resampler, X, mask, elsewhere)
            if array and isinstance(sensitive_features, list):
                sensitive_features = [f"x{name}" for name in sensitive_features]
        if array:
            X.columns = [f"x{position}" for position in X.columns]
        if real is None:
            real = X[~mask], y[~mask]
        return cls(real, (X[mask], y[mask]), sensitive_features)


def _sensitive_features(resampler, X, mask, elsewhere):
    """Find the sensitive columns of a result, or its values where there are none."""
    values = pd.DataFrame(resampler.sensitive_features_)
    names = list(resampler.cell_counts_.index.names)
    if all(name in X.columns for name in names):
        columns = X[names].reset_index(drop=True).astype(object)
        same = columns.isna() | (columns == values.set_axis(names, axis=1))
        if same.all(axis=None):
            return names
    if elsewhere:
        raise ValueError(
            "The sensitive features of the resampler are values, and no columns of X. "
            "Give sensitive_features: a value for each real row, then for each "
            "synthetic one, then for each test row."
        )
    return pd.concat([values[~mask], values[mask]], ignore_index=True)
