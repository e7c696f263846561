"""RHC: right heart catheterisation in intensive care."""

from sklearn.utils._param_validation import validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile

__all__ = ["fetch_rhc"]

FILE = RemoteFile(
    dataset="rhc",
    name="rhc.csv",
    url=(
        "https://raw.githubusercontent.com/migariane/"
        "TutorialComputationalCausalInferenceEstimators/"
        "4010669bd9a4427a4c161df88a1a13ec0946091a/rhc.csv"
    ),
    sha256="e27c02f6a6d7f4b4b49248aa52a502abfe1f439cc7aaced3f92fcb05c2bdc8ac",
)

_FEATURES = [
    "age",
    "sex",
    "race",
    "edu",
    "income",
    "das2d3pc",
    "surv2md1",
    "scoma1",
    "temp1",
    "meanbp1",
    "resp1",
    "hrt1",
    "pafi1",
    "paco21",
    "ph1",
    "wblc1",
    "hema1",
    "sod1",
    "pot1",
    "crea1",
    "bili1",
    "alb1",
]

_DESCRIPTION = """\
RHC: right heart catheterisation in the initial care of critically ill patients

5,735 patients in intensive care, 1989-1994. Target: death during the study. Sensitive:
race (also sex, income). Features are those of the first day: demographics, prognosis,
coma score and physiology. Dates, other outcomes and duplicate dummy columns are left
out.

Licence: MIT (repository of the file); public at the Vanderbilt Department of
Biostatistics.
Cite: Connors, A. F. et al. (1996). The effectiveness of right heart catheterization in
the initial care of critically ill patients. JAMA 276(11):889-897.
"""

_TABLE = PublicTable(
    features=_FEATURES,
    target="death",
    target_names=["alive", "died"],
    sensitive="race",
    description=_DESCRIPTION,
)


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_rhc(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load RHC: which patients in intensive care die during the study.

    The sensitive column is ``race``. Dates, other outcomes and the dummy columns that
    repeat the categories are left out.

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
        With ``data`` (5,735, 22), ``target`` (5,735,) in {0, 1}, ``frame``,
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
    fetch_support2 : Seriously ill patients of the same study, by race.

    Notes
    -----
    ``data_home=None`` means the folder in the environment variable
    ``FAIRSAMPLE_DATA``, to which nothing is ever downloaded, else
    ``~/fairsample_data``.

    References
    ----------
    .. [1] A. F. Connors et al., "The effectiveness of right heart catheterization in
       the initial care of critically ill patients", JAMA 276(11):889-897, 1996.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_rhc
    >>> X, y = fetch_rhc(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (5735, 22)
    """
    return _TABLE.fetch(
        [FILE], data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )
