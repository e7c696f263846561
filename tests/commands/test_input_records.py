import argparse
import gzip

import pytest

from fairsample.commands.input_records import add_input_arguments, read_records
from fairsample.datasets import make_icu_cohort


def read(*line):
    parser = argparse.ArgumentParser()
    add_input_arguments(parser)
    parser.add_argument("--quiet", default=True)
    return read_records(parser.parse_args([str(part) for part in line]))


@pytest.fixture
def codes(tmp_path):
    path = tmp_path / "codes.csv.gz"
    text = "zip,id,race;sex,died,dose\n02139,1,a,0,?\n10001,2,b,1,3\n"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_codes_may_stay_text_and_marks_mean_missing(codes):
    options = ["--target=died", "--sensitive=race;sex", "--drop=id"]
    records = read(codes, *options, "--as-text=zip", "--missing=?")
    assert list(records.X) == ["zip", "race;sex", "dose"]
    assert records.X["zip"].tolist() == ["02139", "10001"]
    assert records.X["dose"].isna().tolist() == [True, False]
    assert records.sensitive == "race;sex"


def test_a_name_may_hold_a_comma(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("a,b\tc\td\ty\n1\t2\t3\t0\n")
    assert read(path, "--target=y", "--sensitive=a,b").sensitive == "a,b"
    assert read(path, "--target=y", "--sensitive=c,d").sensitive == ["c", "d"]
    both = read(path, "--target=y", "--sensitive=a,b", "--sensitive=c")
    assert both.sensitive == ["a,b", "c"]


def test_the_outcome_goes_back_where_it_stood(codes):
    records = read(codes, "--target=died", "--sensitive=zip")
    assert list(records.frame(records.X, records.y))[3] == "died"


@pytest.mark.parametrize(
    "line, told",
    [
        (["--sensitive=zip"], "--target is missing"),
        (["--target=died"], "--sensitive is missing"),
        (["--target=dead", "--sensitive=zip"], "'died'"),
        (["--target=died", "--sensitive=zap"], "'zap'"),
        (["--target=died", "--sensitive=died"], "'died'"),
        (["--target=died", "--sensitive=zip", "--as-text=zop"], "--as-text"),
        (["--target=died", "--sensitive=zip", "--label=readmission"], "--label"),
    ],
)
def test_what_is_not_there_is_named(codes, line, told):
    with pytest.raises(ValueError, match=told):
        read(codes, *line)


def test_a_folder_that_nobody_knows_is_shown(tmp_path):
    (tmp_path / "labs.csv").touch()
    with pytest.raises(ValueError, match="'labs'"):
        read(tmp_path)


def test_options_of_tables_are_not_for_folders(tmp_path):
    with pytest.raises(ValueError, match="--target is for tables"):
        read(tmp_path, "--target=died")


def test_options_of_text_files_are_not_for_parquet(tmp_path):
    path = tmp_path / "cohort.parquet"
    make_icu_cohort(n_patients=20, random_state=0).frame.to_parquet(path)
    with pytest.raises(ValueError, match="not Parquet"):
        read(path, "--target=died", "--sensitive=gender", "--missing=?")
