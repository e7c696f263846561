"""How near the noisy distributions of a real table's columns come to the true ones."""

import os

import numpy as np
import pytest

from fairsample.datasets import fetch_adult
from fairsample.datasets.remote import DATA_HOME_VARIABLE
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.columns import release_columns
from fairsample.flip.domain import TableDomain
from fairsample.flip.secure_noise import SecureNoise

pytestmark = pytest.mark.skipif(
    not os.environ.get(DATA_HOME_VARIABLE),
    reason=f"{DATA_HOME_VARIABLE} is not set: the public files are not here",
)

BOUNDS = {
    "age": [17, 90],
    "fnlwgt": [0, 1_500_000],
    "education_num": [1, 16],
    "capital_gain": [0, 99_999],
    "capital_loss": [0, 5000],
    "hours_per_week": [1, 99],
}


@pytest.fixture(scope="module")
def rows():
    return fetch_adult(drop_weights=False).frame


@pytest.fixture(scope="module")
def sketch(rows):
    public = TableDomain.from_frame(fetch_adult(subset="all").data)
    numbers = {name: {"bounds": bounds} for name, bounds in BOUNDS.items()}
    income = {"income": {"bounds": [0, 1]}}
    domain = {**public, **numbers, **(income if "income" in rows else {})}
    drawn, _ = release_columns(
        rows,
        TableDomain(domain),
        ledger=PrivacyLedger(1e-5),
        noise_multipliers=15.0,
        noise=SecureNoise(),
        random_state=0,
    )
    return drawn


def test_categories_have_their_shares(rows, sketch):
    for name in rows.columns.drop(list(BOUNDS)):
        shares = rows[name].value_counts(normalize=True)
        drawn = sketch[name].value_counts(normalize=True)
        assert shares.subtract(drawn, fill_value=0).abs().sum() / 2 < 0.015, name


@pytest.mark.parametrize("name", BOUNDS)
def test_numbers_have_their_distribution(rows, sketch, name):
    at = np.unique(rows[name])
    below = [
        np.searchsorted(np.sort(table[name]), at, side="right") / len(table)
        for table in (rows, sketch)
    ]
    assert np.abs(below[0] - below[1]).max() < 0.02


def test_heaped_values_stay_heaped(rows, sketch):
    for name, value in [
        ("hours_per_week", 40),
        ("capital_gain", 0),
        ("capital_gain", 15_024),
        ("capital_loss", 0),
    ]:
        share = (rows[name] == value).mean()
        assert (sketch[name] == value).mean() == pytest.approx(share, abs=0.01)
        assert (sketch[name] == value).mean() > 0.5 * share
