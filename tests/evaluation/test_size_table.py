import numpy as np
import pandas as pd
import pytest

from fairsample.evaluation import count_best, summarize, table_one


@pytest.fixture
def comparison():
    """Two real by two synthetic sizes, three seeds, known means and deviations."""
    mean = {
        "real": {"di": 0.4, "gap": 0.5},
        "copies": {"di": 0.6, "gap": 0.2},
        "oracle": {"di": 0.9, "gap": 0.0},
    }
    return pd.DataFrame(
        [
            {
                "augmenter": arm,
                "seed": seed,
                "real_size": real,
                "synthetic_size": synthetic,
                "metric": metric,
                "value": value
                + (seed - 1) * 0.1
                + (arm == "real") * (metric == "di") * (real == 1000) * 0.15,
                "n_train": real,
                "n_synthetic": 0,
                "seconds": 1.0,
                "reads_group": arm == "oracle",
            }
            for seed in range(3)
            for real in (2500, 1000)
            for arm, of_arm in mean.items()
            for synthetic in (500, 2000)
            for metric, value in of_arm.items()
        ]
    )


def test_rows_and_columns_are_in_the_order_of_the_comparison(comparison):
    table = table_one(comparison, metrics=["gap", "di"], digits=2)
    assert table.index.names == ["real_size", "synthetic_size"]
    assert table.index.tolist() == [
        (2500, 500),
        (2500, 2000),
        (1000, 500),
        (1000, 2000),
    ]
    assert table.columns.names == ["augmenter", "metric"]
    assert table.columns.tolist() == [
        (arm, metric)
        for arm in ("real", "copies", "oracle (reads the group)")
        for metric in ("gap", "di")
    ]


def test_cells(comparison):
    table = table_one(comparison, digits=2, lower_is_better=["gap"], bold=False)
    assert set(table["real", "gap"]) == {"0.50 (0.10)"}
    assert table["real", "di"].tolist() == ["0.40 (0.10)"] * 2 + ["0.55 (0.10)"] * 2


def test_bold_is_the_best_of_each_row_among_those_who_compete(comparison):
    table = table_one(comparison, digits=1, lower_is_better=["gap"])
    bold = table.map(lambda cell: cell.startswith("**"))
    assert bold["copies", "gap"].all()
    assert bold["copies", "di"].tolist() == [True, True, True, True]
    # 0.55 shows as 0.6 (or 0.5): what looks the same is bold alike.
    assert bold["real", "di"].tolist()[:2] == [False, False]
    assert not bold["oracle (reads the group)"].any(axis=None)
    assert not bold["real", "gap"].any()


def test_a_single_size_gives_the_cells_of_summarize(comparison):
    one = comparison.query("real_size == 1000 and synthetic_size == 500")
    summary = summarize(one, bold=True)
    (row,) = table_one(one).to_numpy()
    assert row.tolist() == summary[["di", "gap"]].to_numpy().ravel().tolist()
    plain = one.drop(columns=["real_size", "synthetic_size"])
    assert table_one(plain).to_numpy().tolist() == [row.tolist()]
    with pytest.raises(ValueError, match="several sizes"):
        summarize(comparison)


def test_count(comparison):
    counts = count_best(comparison, lower_is_better=["gap"])
    assert counts.index.tolist() == ["real", "copies"]
    assert counts.loc["copies"].tolist() == [8, 8, 8]
    # .55 is within a deviation (.1) of .6, .4 is not; nor is a gap of .5 of one of .2.
    assert counts.loc["real"].tolist() == [0, 2, 8]
    assert count_best(comparison, metrics=["di"]).loc["copies"].tolist() == [4, 4, 4]
    near = count_best(comparison, lower_is_better=["gap"], n_deviations=3.1)["near"]
    assert near["real"] == 8
    assert count_best(comparison, n_deviations=0).loc["real", "near"] == 4


def test_count_of_what_could_not_be_measured(comparison):
    comparison.loc[comparison["augmenter"] == "real", "value"] = np.nan
    counts = count_best(comparison, lower_is_better=["gap"])
    assert counts.loc["real"].tolist() == [0, 0, 0]
    assert counts.loc["copies"].tolist() == [8, 8, 8]
    assert set(table_one(comparison)["real", "di"]) == {"\N{EN DASH}"}


def test_ties_count_for_all(comparison):
    comparison["value"] = 0.5
    assert count_best(comparison)["best"].tolist() == [8, 8]


@pytest.mark.parametrize("function", [table_one, count_best])
def test_unknown_metrics(comparison, function):
    with pytest.raises(ValueError, match=r"metrics names \['loss'\]"):
        function(comparison, metrics=["loss"])
    with pytest.raises(ValueError, match=r"lower_is_better names \['loss'\]"):
        function(comparison, lower_is_better=["loss"])
