import numpy as np
import pandas as pd
import pytest

from fairsample.evaluation import summarize


@pytest.fixture
def comparison():
    records = [
        ("real", "f1", [0.50, 0.60], 0),
        ("real", "gap", [0.30, 0.50], 0),
        ("copies", "f1", [0.70, 0.70], 1500),
        ("copies", "gap", [0.10, 0.20], 1500),
        ("broken", "f1", [np.nan, np.nan], 10),
        ("broken", "gap", [0.90, np.nan], 10),
    ]
    return pd.DataFrame(
        [
            (augmenter, seed, metric, value, 100 + n, n, 2.0 + seed)
            for augmenter, metric, values, n in records
            for seed, value in enumerate(values)
        ],
        columns=[
            "augmenter",
            "seed",
            "metric",
            "value",
            "n_train",
            "n_synthetic",
            "seconds",
        ],
    )


def test_means_and_standard_deviations_in_the_order_given(comparison):
    table = summarize(comparison, digits=2)
    assert table.index.tolist() == ["real", "copies", "broken"]
    assert table.columns.tolist() == ["f1", "gap", "synthetic rows", "seconds"]
    assert table.loc["real"].tolist() == ["0.55 (0.07)", "0.40 (0.14)", "0", "2.5"]
    assert table.loc["copies"].tolist() == [
        "0.70 (0.00)",
        "0.15 (0.07)",
        "1,500",
        "2.5",
    ]


def test_undefined_values(comparison):
    table = summarize(comparison, digits=2)
    assert table.loc["broken", "f1"] == "\N{EN DASH}"
    assert table.loc["broken", "gap"] == "0.90"


def test_bold_marks_the_best(comparison):
    table = summarize(comparison, digits=2, bold=True, lower_is_better=["gap"])
    bold = table.apply(lambda column: column.str.contains("**", regex=False))
    assert bold["f1"].tolist() == [False, True, False]
    assert bold["gap"].tolist() == [False, True, False]
    upwards = summarize(comparison, digits=2, bold=True)
    assert upwards.loc["broken", "gap"] == "**0.90**"


def test_ties_as_displayed_are_all_bold(comparison):
    comparison.loc[comparison["augmenter"] == "real", "value"] = 0.7001
    table = summarize(comparison, digits=2, bold=True)
    assert table["f1"].str.startswith("**").tolist() == [True, True, False]


def test_single_seed_has_no_sd(comparison):
    table = summarize(comparison[comparison["seed"] == 0], digits=1)
    assert table.loc["real", "f1"] == "0.5"


def test_markdown(comparison):
    pytest.importorskip("tabulate")
    text = summarize(comparison, bold=True).to_markdown()
    assert "| copies" in text
    assert "**0.700** (0.000)" in text


def test_unknown_metric(comparison):
    with pytest.raises(ValueError, match=r"lower_is_better names \['loss'\]"):
        summarize(comparison, lower_is_better=["loss"])
