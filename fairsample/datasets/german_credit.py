"""German credit: a small table of applicants for a loan."""

from sklearn.utils._param_validation import validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile

__all__ = ["fetch_german_credit"]


def _single_blanks(content):
    """Return the lines without the trailing blanks that some copies have."""
    lines = (b" ".join(line.split()) for line in content.splitlines())
    return b"\n".join(line for line in lines if line) + b"\n"


FILE = RemoteFile(
    dataset="german_credit",
    name="german.data.csv",
    url=(
        "https://archive.ics.uci.edu/static/public/144/statlog+german+credit+data.zip"
    ),
    sha256="b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871",
    member="german.data",
    canonical=_single_blanks,
)

_COLUMNS = [*(f"a{number}" for number in range(1, 21)), "credit"]

_DESCRIPTION = """\
Statlog (German credit data)

1,000 applicants for a loan. Target: good credit risk. Sensitive: sex (310 women), also
age (a13) and foreign worker (a20). Attribute 9 holds personal status and sex: A92 is
female, A91, A93 and A94 are male. Some collections have these labels swapped.

Licence: CC BY 4.0 (UCI Machine Learning Repository).
Cite: Hofmann, H. (1994). Statlog (German credit data). UCI Machine Learning Repository.
doi 10.24432/C5NC77
"""


def _with_sex(rows):
    return rows.drop(columns="a9").assign(
        credit=rows["credit"].eq(1),
        sex=rows["a9"].eq("A92").map({True: "female", False: "male"}),
    )


_TABLE = PublicTable(
    csv={"sep": " ", "names": _COLUMNS},
    prepare=_with_sex,
    target="credit",
    target_names=["bad", "good"],
    sensitive="sex",
    description=_DESCRIPTION,
)


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_german_credit(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load German credit: which applicants for a loan are good risks.

    The sensitive column is ``sex``, read from attribute 9 (personal status and sex:
    ``A92`` is female, all others male), which it replaces. The other columns keep the
    numbers of the attributes, ``a1`` to ``a20``.

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
        With ``data`` (1,000, 20), ``target`` (1,000,) in {0, 1}, ``frame``,
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
    fetch_adult : Income above 50,000 dollars, by sex.

    Notes
    -----
    ``data_home=None`` means the folder in the environment variable
    ``FAIRSAMPLE_DATA``, to which nothing is ever downloaded, else
    ``~/fairsample_data``.

    References
    ----------
    .. [1] H. Hofmann, "Statlog (German credit data)", UCI Machine Learning
       Repository, 1994, :doi:`10.24432/C5NC77`.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_german_credit
    >>> X, y = fetch_german_credit(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (1000, 20)
    """
    return _TABLE.fetch(
        [FILE], data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )
