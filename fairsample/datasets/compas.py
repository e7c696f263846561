"""The COMPAS recidivism data, without names."""

import csv
import io

from sklearn.utils._param_validation import validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile

__all__ = ["fetch_compas"]

_FEATURES = [
    "sex",
    "age",
    "race",
    "juv_fel_count",
    "juv_misd_count",
    "juv_other_count",
    "priors_count",
    "c_charge_degree",
]
_KEPT = [*_FEATURES, "decile_score", "two_year_recid"]


def _without_identities(content):
    """Return the analysed columns only, as a csv file of its own.

    Where a name heads two columns, the first is meant, as pandas reads it.
    """
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")))
    header = next(rows)
    kept = [header.index(column) for column in _KEPT]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_KEPT)
    writer.writerows([row[position] for position in kept] for row in rows)
    return text.getvalue().encode()


FILE = RemoteFile(
    dataset="compas",
    name="compas-scores-two-years_noname.csv",
    url=(
        "https://raw.githubusercontent.com/propublica/compas-analysis/"
        "bafff5da3f2e45eca6c2d5055faad269defd135a/compas-scores-two-years.csv"
    ),
    sha256="b24d3b083268beb86bc11b470a9754b448141b11dcc18b5dbdf694126be19b9b",
    canonical=_without_identities,
)

_DESCRIPTION = """\
COMPAS: recidivism of defendants in Broward County, Florida, 2013-2014

7,214 defendants. Target: charged with a new crime within two years. Sensitive: race
(also sex). decile_score is the risk score (1 to 10) that the courts were given; it is
no feature here. Names, birth dates and case numbers are not kept.

Licence: the repository states none; public court records published by ProPublica.
Cite: Larson, J., Mattu, S., Kirchner, L. and Angwin, J. (2016). How we analyzed the
COMPAS recidivism algorithm. ProPublica.
"""

_TABLE = PublicTable(
    features=_FEATURES,
    target="two_year_recid",
    target_names=["not charged again", "charged again"],
    sensitive="race",
    beside={"decile_score": "decile_score"},
    description=_DESCRIPTION,
)


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_compas(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load COMPAS: which defendants are charged again within two years.

    The sensitive column is ``race``. The published file names the defendants. Names,
    birth dates, case numbers and all further columns are dropped from a download
    before anything is written to disk.

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
        With ``data`` (7,214, 8), ``target`` (7,214,) in {0, 1}, ``frame``,
        ``feature_names``, ``target_names``, ``sensitive``,
        ``decile_score``, ``DESCR``.

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
    .. [1] J. Larson, S. Mattu, L. Kirchner and J. Angwin, "How we analyzed the COMPAS
       recidivism algorithm", ProPublica, 2016.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_compas
    >>> X, y = fetch_compas(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (7214, 8)
    """
    return _TABLE.fetch(
        [FILE], data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )
