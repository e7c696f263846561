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
