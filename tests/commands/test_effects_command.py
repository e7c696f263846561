import pandas as pd
import pytest

ROLES = ["--target=admitted", "--sensitive=gender", "--learner=linear"]


def test_everything_else_is_a_mediator_unless_it_has_a_role(run, admissions, tmp_path):
    out, picture = tmp_path / "effects.csv", tmp_path / "effects.png"
    groups = ["--baseline=M", "--comparison=F"]
    result = run("effects", admissions, *ROLES, *groups, "-o", out, "--plot", picture)
    assert result.status == 0
    assert "F against M" in result.out
    effects = pd.read_csv(out, index_col="effect")["value"]
    assert abs(effects["indirect"] + 0.16) < 0.04  # .4 more of them, .4 less likely
    assert abs(effects["direct"]) < 0.07
    parts = effects[["direct", "indirect", "spurious"]].sum()
    assert abs(effects["total_variation"] - parts) < 1e-10
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_confounder_takes_the_effect_with_it(run, admissions, tmp_path):
    out = tmp_path / "effects.csv"
    roles = ["--confounders=hard", "-o", out]
    assert run("effects", admissions, *ROLES, *roles).status == 0
    effects = pd.read_csv(out, index_col="effect")["value"]
    assert effects["indirect"] == 0
    assert abs(effects["spurious"]) > 0.1


def test_levels_that_are_numbers_are_named_as_text(run, admissions, tmp_path):
    numbers = tmp_path / "numbers.csv"
    frame = pd.read_csv(admissions)
    frame.assign(gender=(frame["gender"] == "F") + 1).to_csv(numbers, index=False)
    groups = ["--baseline=1", "--comparison=2"]
    assert "2 against 1" in run("effects", numbers, *ROLES, *groups).out


def test_several_contrasts_are_shown_beside_each_other(run, table, tmp_path):
    picture = tmp_path / "effects.svg"
    options = ["--target=died", "--sensitive=gender,insurance", "--learner=linear"]
    groups = ["--baseline=F,Medicare", "--comparison=rest", "--plot", picture]
    result = run("effects", table, *options, *groups)
    assert result.status == 0, result.err
    assert picture.read_text().lstrip().startswith("<?xml")


def test_synthetic_rows_are_tested_against_real_ones(run, admissions, tmp_path):
    same = ["--synthetic", admissions]
    result = run("effects", admissions, *ROLES, *same)
    assert result.status == 0
    assert "Synthetic rows" in result.out
    other = tmp_path / "other.csv"
    pd.read_csv(admissions).drop(columns="hard").to_csv(other, index=False)
    refused = run("effects", admissions, *ROLES, "--synthetic", other)
    assert refused.status == 1
    assert "'hard'" in refused.err[-1]


@pytest.mark.parametrize(
    "more, told",
    [
        (["--baseline=X"], "'M', 'F'"),
        (["--pos-label=2"], "whose classes are '"),
        (["--plot=a.txt"], ".png"),
        (["--confounders=nothing"], "nothing"),
    ],
)
def test_bad_options_are_refused(run, admissions, more, told):
    result = run("effects", admissions, *ROLES, *more)
    assert result.status == 1
    assert told in result.err[-1]


def test_only_marked_rows_are_taken_for_synthetic(run, admissions, tmp_path):
    out, both = tmp_path / "effects.csv", tmp_path / "both.csv"
    real = pd.read_csv(admissions)
    flat = real.assign(admitted=0).iloc[::2]
    flat.iloc[:500, flat.columns.get_loc("admitted")] = 1
    marked = [real.assign(synthetic=False), flat.assign(synthetic=True)]
    pd.concat(marked).to_csv(both, index=False)
    result = run("effects", admissions, *ROLES, "--synthetic", both, "-o", out)
    assert result.status == 0, result.err
    effects = pd.read_csv(out, index_col="effect")
    assert abs(effects.loc["total_variation", "value_synthetic"]) < 0.06
    assert abs(effects.loc["total_variation", "value"]) > 0.1
    assert "1,000 rows" in result.out


def test_other_classes_are_not_compared(run, admissions, tmp_path):
    other = tmp_path / "other.csv"
    frame = pd.read_csv(admissions)
    frame.assign(admitted=frame["admitted"].map({0: "no", 1: "yes"})).to_csv(other)
    result = run("effects", admissions, *ROLES, "--synthetic", other)
    assert result.status == 1
    assert "'yes'" in result.err[-1]


def test_more_than_two_groups_are_compared_with_the_largest(run, admissions, tmp_path):
    path = tmp_path / "three.csv"
    frame = pd.read_csv(admissions)
    frame.loc[:300, "gender"] = "X"
    frame.to_csv(path, index=False)
    largest = frame["gender"].mode()[0]
    other = {"F": "M", "M": "F"}[largest]
    result = run("effects", path, *ROLES)
    assert result.status == 0, result.err
    assert f"{other} against {largest}" in result.out
    assert f"X against {largest}" in result.out


def test_visits_are_left_out_and_told_of(run, records):
    options = ["--target=died", "--sensitive=gender", "--learner=linear"]
    result = run("effects", records, *options)
    assert result.status == 0, result.err
    assert any("Visits are left out: 'visits'" in line for line in result.err)
