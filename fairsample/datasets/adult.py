"""The Adult (census income) data."""

from dataclasses import replace

from sklearn.utils._param_validation import StrOptions, validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile

__all__ = ["fetch_adult"]

_ARCHIVE = "https://archive.ics.uci.edu/static/public/2/adult.zip"


def _without_comment_line(content):
    """Return the test file without its first line, which is no row."""
    if content.startswith(b"|"):
        return content.split(b"\n", 1)[1]
    return content


FILES = {
    "train": RemoteFile(
        dataset="adult",
        name="adult.data.csv",
        url=_ARCHIVE,
        sha256="5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
        member="adult.data",
    ),
    "test": RemoteFile(
        dataset="adult",
        name="adult.test.csv",
        url=_ARCHIVE,
        sha256="72567b94f5c1a6f8501377dd80f93892c3848ff071cf91ba47e00b0785a28074",
        member="adult.test",
        canonical=_without_comment_line,
    ),
}

_COLUMNS = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
]
_WITHOUT_WEIGHTS = [name for name in _COLUMNS if name not in {"fnlwgt", "income"}]

_DESCRIPTION = """\
Adult (census income), from the 1994 census of the United States

Rows: 32,561 (train) and 16,281 (test). Target: income above 50,000 dollars a year.
Sensitive: sex (also race). "?" is a level of workclass, occupation and native_country
and is kept as it is. fnlwgt, the census weight of a row, is left out by default.

Licence: CC BY 4.0 (UCI Machine Learning Repository).
Cite: Becker, B. and Kohavi, R. (1996). Adult. UCI Machine Learning Repository.
doi 10.24432/C5XW20
"""


def _with_binary_income(rows):
    # The test file writes ">50K." where the training file writes ">50K".
    return rows.assign(income=rows["income"].str.rstrip(".").eq(">50K"))


_TABLE = PublicTable(
    csv={"names": _COLUMNS, "skipinitialspace": True, "keep_default_na": False},
    prepare=_with_binary_income,
    target="income",
    target_names=["<=50K", ">50K"],
    sensitive="sex",
    description=_DESCRIPTION,
)


@validate_params(
    {
        **FETCH_CONSTRAINTS,
        "subset": [StrOptions({"train", "test", "all"})],
        "drop_weights": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_adult(
    *,
    subset="train",
    drop_weights=True,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load the Adult data: who earns more than 50,000 dollars a year.

    The sensitive column is ``sex``. Missing entries are the level ``"?"``, as in the
    file.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The rows: the published training file (32,561), test file (16,281), or both,
        the training rows first.
    drop_weights : bool, default=True
        Leave out ``fnlwgt``, the number of people a row stands for.
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
        With ``data`` (n_samples, 13 or 14), ``target`` (n_samples,) in {0, 1},
        ``frame``, ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``.

    Raises
    ------
    FileNotFoundError
        If the file is not there and must not be downloaded.
    ConnectionError
        If the download fails.
    ValueError
        If a file does not have the expected checksum.

    See Also
    --------
    fetch_compas : Two-year recidivism, by race.

    Notes
    -----
    ``data_home=None`` means the folder in the environment variable
    ``FAIRSAMPLE_DATA``, to which nothing is ever downloaded, else
    ``~/fairsample_data``.

    References
    ----------
    .. [1] B. Becker and R. Kohavi, "Adult", UCI Machine Learning Repository, 1996,
       :doi:`10.24432/C5XW20`.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_adult
    >>> adult = fetch_adult()  # doctest: +SKIP
    >>> adult.data.shape  # doctest: +SKIP
    (32561, 13)
    """
    names = ("train", "test") if subset == "all" else (subset,)
    files = [FILES[name] for name in names]
    table = replace(_TABLE, features=_WITHOUT_WEIGHTS) if drop_weights else _TABLE
    return table.fetch(
        files, data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )
