"""Admissions to graduate study at Berkeley in 1973."""

import pandas as pd
from sklearn.utils._param_validation import validate_params

from fairsample.datasets.table_bunch import table_bunch

__all__ = ["load_berkeley"]

# Admitted and rejected applicants, by department and gender.
_COUNTS = {
    "A": {"Female": (89, 19), "Male": (512, 313)},
    "B": {"Female": (17, 8), "Male": (353, 207)},
    "C": {"Female": (202, 391), "Male": (120, 205)},
    "D": {"Female": (131, 244), "Male": (138, 279)},
    "E": {"Female": (94, 299), "Male": (53, 138)},
    "F": {"Female": (24, 317), "Male": (22, 351)},
}

_DESCRIPTION = """\
Admissions to graduate study at the University of California, Berkeley, autumn 1973

4,526 applicants to the six largest departments, one row each. Target: admitted.
Sensitive: gender. Overall .304 of the women and .445 of the men were admitted, though
in no department were women clearly at a disadvantage: they applied where few are
admitted. With gender as the sensitive attribute (from Male to Female), department as
the mediator and no confounder, the effects are known exactly: total variation -.141645,
direct +.070969, indirect -.212615, spurious 0 (signed so that the parts add up).

Licence: the counts are facts. Cite: Bickel, P. J., Hammel, E. A. and O'Connell, J. W.
(1975). Sex bias in graduate admissions: data from Berkeley. Science 187(4175):398-404.
"""


@validate_params(
    {"return_X_y": ["boolean"], "as_frame": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def load_berkeley(*, return_X_y=False, as_frame=True):
    """Load the Berkeley admissions: the textbook case of a mediated disparity.

    The sensitive column is ``gender``. The counts ship with the package; nothing is
    read or downloaded. Rows are ordered by department, gender and outcome: shuffle
    them before splitting.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects; otherwise numpy arrays.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        With ``data`` (4,526, 2), ``target`` (4,526,) in {0, 1}, ``frame``,
        ``feature_names``, ``target_names``, ``sensitive``, ``true_effects`` (of
        Female against Male, see ``DESCR``) and ``DESCR``.

    See Also
    --------
    make_icu_cohort : Simulated patients with known causal effects.

    References
    ----------
    .. [1] P. J. Bickel, E. A. Hammel and J. W. O'Connell, "Sex bias in graduate
       admissions: data from Berkeley", Science 187(4175):398-404, 1975.

    Examples
    --------
    >>> from fairsample.datasets import load_berkeley
    >>> X, y = load_berkeley(return_X_y=True)
    >>> y.groupby(X["gender"]).mean().round(3).to_dict()
    {'Female': 0.304, 'Male': 0.445}
    """
    cells = pd.DataFrame(
        [
            (gender, department, admitted, count)
            for department, by_gender in _COUNTS.items()
            for gender, (accepted, rejected) in by_gender.items()
            for admitted, count in ((1, accepted), (0, rejected))
        ],
        columns=["gender", "department", "admitted", "count"],
    )
    rows = cells.loc[cells.index.repeat(cells["count"])].reset_index(drop=True)
    return table_bunch(
        rows[["gender", "department"]],
        rows["admitted"],
        sensitive="gender",
        target_names=["rejected", "admitted"],
        description=_DESCRIPTION,
        return_X_y=return_X_y,
        as_frame=as_frame,
        true_effects={
            "total_variation": -0.141645,
            "direct": 0.070969,
            "indirect": -0.212615,
            "spurious": 0.0,
        },
    )
