import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from scipy.stats.contingency import association
from sklearn.exceptions import UndefinedMetricWarning
from synthetic_tables import mixed_table

from fairsample.metrics import column_shapes, pair_trends

DISJOINT = pd.DataFrame(
    {
        "sex": ["X"] * 300,
        "dose": np.linspace(50, 60, 300),
        "age": np.arange(300) + 200,
        "drug": ["z"] * 300,
        "smokes": ["no"] * 300,
        "ill": ["no"] * 300,
    }
)


def test_a_table_is_like_itself_whatever_the_order():
    table = mixed_table(0)
    shuffled = table.sample(frac=1, random_state=0)[table.columns[::-1]]
    shapes, trends = column_shapes(table, shuffled), pair_trends(table, shuffled)
    assert shapes["score"].to_numpy() == pytest.approx(1)
    assert (shapes["missing_similarity"] == 1).all()
    assert trends["score"].to_numpy() == pytest.approx(1)
    assert shapes.index.tolist() == table.columns.tolist()
    assert len(trends) == 15


def test_tables_with_nothing_in_common():
    table = mixed_table(0)
    assert (column_shapes(table, DISJOINT)["score"] == 0).all()
    trends = pair_trends(table, DISJOINT)["score"]
    of_numbers = trends.index == ("dose", "age")
    assert of_numbers.sum() == 1
    assert (trends[~of_numbers] == 0).all()


def test_shapes_equal_their_definitions():
    real, synthetic = mixed_table(0), mixed_table(1, n_rows=300).assign(drug="a")
    shapes = column_shapes(real, synthetic)
    present = (table["dose"].dropna() for table in (real, synthetic))
    assert shapes.loc["dose", "score"] == pytest.approx(
        1 - ks_2samp(*present).statistic
    )
    assert shapes.loc["drug", "score"] == pytest.approx((real["drug"] == "a").mean())
    gap = abs(real["dose"].isna().mean() - synthetic["dose"].isna().mean())
    assert shapes.loc["dose", "missing_similarity"] == pytest.approx(1 - gap)
    assert shapes.loc["drug", "missing_similarity"] == pytest.approx(
        real["drug"].notna().mean()
    )
    assert shapes.loc[["age", "drug"], "metric"].tolist() == [
        "KS complement",
        "TV complement",
    ]


def test_a_number_that_never_occurs_scores_zero():
    real = pd.DataFrame({"dose": np.arange(30.0)})
    assert column_shapes(real, real * np.nan)["score"].item() == 0


def test_trends_see_what_shapes_cannot():
    rng = np.random.default_rng(0)
    real = pd.DataFrame({"a": rng.normal(size=500)}).assign(b=lambda d: d["a"] * 2)
    real["sign"] = np.where(real["a"] > 0, "+", "-")
    apart = real.assign(a=rng.permutation(real["a"]))
    assert (column_shapes(real, apart)["score"] == 1).all()
    trends = pair_trends(real, apart)
    assert trends["associated"].all()
    correlation = np.corrcoef(apart["a"], apart["b"])[0, 1]
    assert trends.loc[("a", "b"), "score"] == pytest.approx(0.5 + correlation / 2)
    assert trends.loc[("a", "sign"), "score"] < 0.8
    assert trends.loc[("b", "sign"), "score"] == pytest.approx(1)


def test_associations_are_correlation_and_cramers_v():
    table = mixed_table(0)
    trends = pair_trends(table, table)
    counts = pd.crosstab(table["drug"].fillna("none"), table["smokes"])
    assert trends.loc[("drug", "smokes"), "association"] == pytest.approx(
        association(counts.to_numpy(), method="cramer", correction=False)
    )
    both = table.dropna(subset="dose")
    assert trends.loc[("dose", "age"), "association"] == pytest.approx(
        abs(np.corrcoef(both["dose"], both["age"])[0, 1])
    )


def test_a_constant_number():
    rng = np.random.default_rng(0)
    real = pd.DataFrame({"a": rng.normal(size=50)}).assign(b=lambda d: d["a"])
    constant = real.assign(a=1.0)
    assert pair_trends(real, constant)["score"].item() == 0.5
    with pytest.warns(UndefinedMetricWarning, match=r"\('a', 'b'\)"):
        trends = pair_trends(constant, real, numeric_features=["a", "b"])
    assert np.isnan(trends["score"].item())
    assert not trends["associated"].item()


def test_one_column_has_no_pairs():
    table = pd.DataFrame({"a": ["x", "y"]})
    assert pair_trends(table, table).empty


def test_tables_stay_as_they_are():
    real, synthetic = mixed_table(0), mixed_table(1)
    column_shapes(real, synthetic)
    pair_trends(real, synthetic)
    pd.testing.assert_frame_equal(real, mixed_table(0))
    pd.testing.assert_frame_equal(synthetic, mixed_table(1))


ADULT_COLUMNS = [
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


def _read_adult(folder, part):
    table = pd.read_csv(
        Path(folder) / "adult" / f"adult.{part}.csv.gz",
        names=ADULT_COLUMNS,
        skiprows=int(part == "test"),
        skipinitialspace=True,
        keep_default_na=False,
    )
    return table.assign(income=table["income"].str.rstrip(".")).drop(columns="fnlwgt")


def test_scores_of_adult_equal_those_of_sdmetrics():
    """Reference values: QualityReport of sdmetrics 0.32.0, without thresholds, too."""
    if "FAIRSAMPLE_DATA" not in os.environ:
        pytest.skip("FAIRSAMPLE_DATA, the folder of the real data, is not set")
    train, test = (
        _read_adult(os.environ["FAIRSAMPLE_DATA"], part) for part in ("data", "test")
    )
    shuffled = test.assign(
        **{name: np.roll(test[name], 100 * i) for i, name in enumerate(test.columns)}
    )
    shapes = column_shapes(train, shuffled)
    trends = pair_trends(train, shuffled)
    assert shapes["score"].mean() == pytest.approx(0.99324482, abs=1e-6)
    assert trends["score"].mean() == pytest.approx(0.91183746, abs=1e-6)
    associated = trends["score"][trends["associated"]]
    assert associated.mean() == pytest.approx(0.76270050, abs=1e-6)
