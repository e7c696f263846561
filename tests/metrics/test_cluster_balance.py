import numpy as np
import pandas as pd
import pytest
from resamplers import numpy_state
from sklearn.decomposition import PCA
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.metrics import adversarial_cluster_balance
from fairsample.metrics.cluster_balance import _factor_analysis, _lowest_balance
from fairsample.metrics.table_columns import read_columns


def _cohort(seed, n_rows=600, gap=12.0):
    """Two clusters by ward; height tells the sexes apart if there is a gap."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], size=n_rows)
    ward = rng.choice(["a", "b"], size=n_rows)
    return pd.DataFrame(
        {
            "sex": sex,
            "ward": ward,
            "drug": np.where(ward == "a", "x", "y"),
            "height": rng.normal(np.where(sex == "F", 165, 165 + gap), 2),
        }
    )


def test_the_balance_of_known_counts():
    counts = np.array([[30, 10], [10, 50], [1, 0]])
    assert _lowest_balance(counts, 30, normalized=False) == pytest.approx(0.2)
    shares = 10 / 60, 30 / 41
    assert _lowest_balance(counts, 30, normalized=True) == pytest.approx(
        shares[0] / shares[1]
    )
    assert _lowest_balance(counts, 1, normalized=False) == 0
    assert _lowest_balance(np.array([[40, 0], [40, 0]]), 30, normalized=True) == 0
    assert _lowest_balance(np.array([[30, 60], [10, 20]]), 30, True) == 1


def test_no_cluster_is_large_enough():
    real = _cohort(0, 60)
    with pytest.warns(UndefinedMetricWarning, match="no cluster has 100 rows"):
        balance = adversarial_cluster_balance(
            real, real, "sex", n_clusters=2, min_cluster_size=100
        )
    assert np.isnan(balance)


def test_clusters_of_one_kind_and_of_both():
    real, fresh = _cohort(0), _cohort(1)
    params = {"sensitive_features": "sex", "n_clusters": 2, "random_state": 0}
    by_ward = adversarial_cluster_balance(real, fresh, **params)
    assert by_ward > 0.8
    no_ward = [table.drop(columns=["ward", "drug"]) for table in (real, fresh)]
    assert adversarial_cluster_balance(*no_ward, **params) < 0.05


def test_the_groups_that_a_generator_gives_are_not_looked_at():
    real, fresh = (_cohort(seed).drop(columns=["ward", "drug"]) for seed in (0, 1))
    rng = np.random.default_rng(0)
    balances = [
        adversarial_cluster_balance(real, rows, "sex", n_clusters=2, random_state=0)
        for rows in (fresh, fresh.assign(sex=rng.permutation(fresh["sex"])))
    ]
    assert balances[0] == balances[1] < 0.05


def test_rows_of_one_kind_have_no_balance():
    real = _cohort(0)
    tall = _cohort(1).assign(height=180.0)
    assert adversarial_cluster_balance(real, tall, "sex", n_clusters=2) == 0


def test_factor_analysis_of_numbers_alone_is_pca_of_standardised_numbers():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(50, 3)) * [1, 10, 100], columns=list("abc"))
    columns = read_columns(table=table)
    standardised = (table - table.mean()) / table.std(ddof=0)
    expected = PCA(2, svd_solver="full").fit_transform(standardised)
    assert np.abs(_factor_analysis(columns, 0, 2)) == pytest.approx(np.abs(expected))


def test_factor_analysis_gives_a_category_of_k_levels_inertia_k_minus_1():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"drug": rng.choice(list("abcd"), size=200, p=[4, 3, 2, 1] / np.float64(10))}
    )
    points = _factor_analysis(read_columns(table=table), 0, 4)
    assert points.var(axis=0).sum() == pytest.approx(3)
    assert points.var(axis=0)[:3] == pytest.approx(1)


def test_missing_and_constant_columns_are_taken():
    real = _cohort(0).assign(unit="mg", dose=1.0)
    real.loc[::7, ["height", "drug"]] = None
    balance = adversarial_cluster_balance(
        real,
        real,
        "sex",
        n_clusters=2,
        numeric_features=["height", "dose"],
        random_state=0,
    )
    assert 0 <= balance <= 1


def test_random_state_decides_and_tables_stay():
    real, fresh = _cohort(0), _cohort(1, gap=3.0)
    before = numpy_state()
    one, again = (
        adversarial_cluster_balance(
            real, fresh, "sex", n_clusters=3, max_rows=300, random_state=5
        )
        for _ in range(2)
    )
    assert one == again
    assert numpy_state() == before
    pd.testing.assert_frame_equal(real, _cohort(0))
    pd.testing.assert_frame_equal(fresh, _cohort(1, gap=3.0))


@pytest.mark.parametrize(
    "columns, params, message",
    [
        (["ward"], {}, "synthetic lacks columns that real has: 'ward'"),
        ([], {"sensitive_features": "race"}, "'race' has to name columns"),
        ([], {"n_clusters": 601}, "n_clusters=601 needs as many .* Got 600"),
    ],
)
def test_bad_input_is_named(columns, params, message):
    real = _cohort(0)
    with pytest.raises(ValueError, match=message):
        adversarial_cluster_balance(
            real, real.drop(columns=columns), **{"sensitive_features": "sex", **params}
        )
