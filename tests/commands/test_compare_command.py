import pandas as pd
import pytest
from quick_training import QUICK

TABLE = ["--target", "died", "--sensitive", "gender", "--seeds", "1", *QUICK]


def test_rivals_and_every_weight_are_compared(run, table, tmp_path):
    out, picture = tmp_path / "values.csv", tmp_path / "frontier.png"
    weights = ["--fairness-weights", "0,1"]
    more = ["--metrics=disparate_impact,balanced_accuracy", "-o", out, "--plot"]
    result = run("compare", table, *TABLE, *weights, *more, picture)
    assert result.status == 0, result.err
    values = pd.read_csv(out)
    assert list(values["augmenter"].unique()) == [
        "real rows",
        "real + copies within groups",
        "fairsynth λ=0",
        "fairsynth λ=1",
    ]
    assert set(values["metric"]) == {"disparate_impact", "balanced_accuracy"}
    assert all(name in result.out for name in values["augmenter"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_one_model_or_the_other(run, table, tmp_path):
    values = []
    for model in ("logistic", "boosting"):
        out = tmp_path / f"{model}.csv"
        more = ["--model", model, "--metrics", "roc_auc", "-o", out]
        assert run("compare", table, *TABLE, *more).status == 0
        values.append(pd.read_csv(out)["value"].tolist())
    assert values[0] != values[1]


@pytest.mark.parametrize(
    "more, told",
    [
        (["--fairness-weights", "0,x"], "'0,x'"),
        (["--fairness-weights", "0", "--fairness-weight", "1"], "one of the two"),
        (["--seeds", "0"], "--seeds 0"),
        (["--metrics", "roc_auk"], "roc_auk"),
        (["--metrics", "f1", "--plot", "a.png"], "--plot shows"),
        (["--pos-label", "2"], "'0', '1'"),
        (["--method", "flip", "--llm", "chain"], "--llm is for"),
    ],
)
def test_bad_options_are_refused(run, table, tmp_path, monkeypatch, more, told):
    monkeypatch.chdir(tmp_path)
    result = run("compare", table, *TABLE, *more)
    assert result.status == 1
    assert told in result.err[-1]
    assert list(tmp_path.iterdir()) == [table]
