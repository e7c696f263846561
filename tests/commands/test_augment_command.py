import pandas as pd
import pytest
from quick_training import QUICK

SENSITIVE = ["--target", "died", "--sensitive", "ethnicity"]


def augment(run, path, out, *more):
    return run("augment", path, *SENSITIVE, "-o", out, *QUICK, *more)


def test_real_rows_come_first_and_unchanged(run, table, patients, tmp_path):
    out = tmp_path / "out.csv"
    result = augment(run, table, out, "--sampling-strategy", "groups")
    assert result.status == 0, result.err
    written = pd.read_csv(out)
    assert list(written) == [*patients, "synthetic"]
    real = written[~written["synthetic"]]
    assert real.index.tolist() == list(range(400))
    pd.testing.assert_frame_equal(real[list(patients)], pd.read_csv(table))
    cells = written.groupby(["ethnicity", "died"]).size().unstack()
    assert (cells[0] == cells[1]).all()
    assert f"{len(written):,} rows in {out}" in result.out


def test_synthetic_rows_alone_and_without_a_mark(run, table, patients, tmp_path):
    out = tmp_path / "out.tsv.gz"
    more = ["--rows", "synthetic", "--mark", "", "--n-synthetic", "50"]
    assert augment(run, table, out, *more).status == 0
    written = pd.read_csv(out, sep="\t")
    assert written.shape == (50, len(patients.columns))


def test_the_same_seed_writes_the_same_rows(run, table, tmp_path):
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    for path, seed in zip(paths, [7, 7, 8], strict=True):
        assert augment(run, table, path, "--seed", seed).status == 0
    first, again, other = (path.read_bytes() for path in paths)
    assert first == again != other


def test_records_with_visits_stay_lists_of_visits(run, records, tmp_path):
    out = tmp_path / "out.parquet"
    more = ["--sampling-strategy", "proportional", "--n-synthetic", 20]
    assert augment(run, records, out, *more).status == 0
    written = pd.read_parquet(out)
    real = pd.read_parquet(records)
    visits = [[list(visit) for visit in history] for history in written["visits"]]
    assert visits[:300] == [[list(v) for v in history] for history in real["visits"]]
    assert len(visits) == 320 and all(visits)


def test_visits_are_not_written_as_text(run, records, tmp_path):
    result = augment(run, records, tmp_path / "out.csv")
    assert result.status == 1
    assert "visits" in result.err[-1] and ".parquet" in result.err[-1]
    assert list(tmp_path.iterdir()) == [records]


def test_a_private_table_holds_no_real_row_and_tells_what_it_cost(
    run, patients, tmp_path
):
    table = tmp_path / "patients.csv"
    patients.assign(age=patients["age"] + 0.25).to_csv(table, index=False)
    domain = tmp_path / "domain.json"
    levels = {n: sorted(patients[n].unique()) for n in ("gender", "insurance")}
    domain.write_text(
        pd.Series(
            {
                "age": {"bounds": [18, 100], "step": 1},
                "died": {"categories": [0, 1]},
                "ethnicity": {"categories": sorted(patients["ethnicity"].unique())},
                **{name: {"categories": values} for name, values in levels.items()},
            }
        ).to_json()
    )
    out = tmp_path / "out.parquet"
    options = ["--method", "flip", "--epsilon", "1.5", "--domain", domain]
    result = run("augment", table, *SENSITIVE, *options, "-o", out, "--quiet")
    assert result.status == 0, result.err
    written = pd.read_parquet(out)
    assert written["synthetic"].all()
    assert (written["age"] % 1 == 0).all()  # every real age ends in .25
    spent = float(result.out.split("epsilon ")[1].split()[0])
    assert 1.4 < spent <= 1.5


def test_an_effect_is_removed(run, admissions, tmp_path):
    out = tmp_path / "out.csv"
    roles = ["--baseline", "M", "--comparison", "F", "--pathways", "indirect"]
    result = run(
        *("augment", admissions, "--target=admitted", "--sensitive=gender", *roles),
        *("--method=causal", "--llm=chain", "--fairness-weight=1", "-o", out),
        *("--sampling-strategy=proportional", "--rows=synthetic", "--quiet"),
        *("--n-synthetic", "2000", "--set", "learner=linear"),
    )
    assert result.status == 0, result.err
    rates = pd.read_csv(out).groupby("gender")["admitted"].mean()
    real = pd.read_csv(admissions).groupby("gender")["admitted"].mean()
    assert real["M"] - real["F"] > 0.1
    assert abs(rates["M"] - rates["F"]) < 0.05


@pytest.mark.parametrize(
    "more, told",
    [
        (["--epsilon", "2"], "--epsilon is for --method flip"),
        (["--llm", "chain"], "--llm is for --method causal"),
        (["--set", "epoch=3"], "max_epochs"),
        (["--set", "epochs"], "'epochs' is no NAME=VALUE"),
        (["--mark", "age"], "column 'age' already"),
        (["--drop", "agee"], "'agee'"),
        (["--test", "t.csv"], "--report"),
        (["--report", "r.txt"], ".html"),
        (["--fairness-weight", "-1"], "fairness_weight"),
        (["--sampling-strategy", "cellz"], "cellz"),
        (["--visit", "24"], "--visit is for folders"),
        (["--baseline", "White"], "--baseline is for --method causal"),
        (["--n-synthetic", "9" * 20], "--n-synthetic"),
        (["--domain", "gone.json"], "--domain is for"),
        (["--method", "flip", "--domain", "gone.json"], "no file 'gone.json'"),
        (["--method", "copies", "--fairness-weight", "1"], "--fairness-weight is for"),
    ],
)
def test_bad_options_leave_nothing_behind(run, table, tmp_path, more, told):
    result = augment(run, table, tmp_path / "out.csv", *more)
    assert result.status == 1
    assert told in result.err[-1]
    assert list(tmp_path.iterdir()) == [table]


@pytest.mark.parametrize(
    "out, told",
    [
        ("out.xlsx", "out.xlsx"),
        ("no/such/out.csv", "no folder"),
        ("patients.csv", "is read as well"),
        (".", "."),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_first(
    run, table, tmp_path, monkeypatch, out, told
):
    monkeypatch.setattr("fairsample.commands.augment.read_records", pytest.fail)
    result = augment(run, table, tmp_path / out)
    assert result.status == 1
    assert told in result.err[-1]


def test_rows_without_an_outcome_are_refused(run, patients, tmp_path):
    table = tmp_path / "patients.csv"
    died = patients["died"].astype(float).where(patients.index > 2)
    patients.assign(died=died).to_csv(table, index=False)
    result = augment(run, table, tmp_path / "out.csv")
    assert result.status == 1
    assert "'died' has no value in 3 of 400 rows" in result.err[-1]


def test_copies_are_a_method_too(run, table, patients, tmp_path):
    out = tmp_path / "out.csv"
    given = ["--method", "copies", "--sampling-strategy", "groups", "--quiet"]
    assert run("augment", table, *SENSITIVE, *given, "-o", out).status == 0
    written = pd.read_csv(out)
    copies = written[written["synthetic"]].drop(columns="synthetic")
    assert len(copies) > 100
    assert len(copies.merge(patients.drop_duplicates())) == len(copies)


def test_a_release_has_the_rates_of_the_table(run, patients, tmp_path):
    table, domain, out = (tmp_path / name for name in ("in.csv", "d.json", "out.csv"))
    small = pd.concat([patients[["gender", "died"]]] * 10)
    small.to_csv(table, index=False)
    levels = {"gender": {"categories": ["F", "M"]}, "died": {"categories": [0, 1]}}
    domain.write_text(pd.Series(levels).to_json())
    options = ["--target=died", "--sensitive=gender", "--method=flip", "-o", out]
    result = run("augment", table, *options, "--domain", domain, "--quiet")
    assert result.status == 0, result.err
    assert abs(pd.read_csv(out)["died"].mean() - small["died"].mean()) < 0.03


def test_nothing_that_is_read_is_written_over(run, table, tmp_path):
    test = tmp_path / "test.csv"
    test.write_bytes(table.read_bytes())
    report = tmp_path / "report.html"
    result = augment(run, table, test, "--test", test, "--report", report)
    assert result.status == 1
    assert "would be lost" in result.err[-1]
    assert test.read_bytes() == table.read_bytes()


def test_numbers_that_parquet_cannot_hold_are_refused_first(
    run, patients, tmp_path, monkeypatch
):
    source = tmp_path / "in.parquet"
    patients.assign(visits=[[["a"]]] * 400).to_parquet(source)
    monkeypatch.setattr("fairsample.commands.augment.make_resampler", pytest.fail)
    frame = pd.read_parquet(source).assign(big=[10**30] * 400)
    monkeypatch.setattr("pandas.read_parquet", lambda path: frame)
    result = augment(run, source, tmp_path / "out.parquet")
    assert result.status == 1
    assert "Parquet cannot hold" in result.err[-1]


@pytest.mark.parametrize(
    "outcome, told", [("age", "different values"), ("same", "one value in all")]
)
def test_an_outcome_without_classes_is_refused(run, patients, tmp_path, outcome, told):
    table = tmp_path / "patients.csv"
    patients.assign(same=1).to_csv(table, index=False)
    given = ["--target", outcome, "--sensitive", "gender", "-o", tmp_path / "o.csv"]
    result = run("augment", table, *given)
    assert result.status == 1
    assert told in result.err[-1]
