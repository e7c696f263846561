"""MEDS data sets as written: valid by the schemas of the standard, and whole."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairsample.datasets import make_icu_cohort, write_meds
from fairsample.datasets import meds_writer as writer
from fairsample.encoding import LabBins

pytest.importorskip("pyarrow")


def two_patients():
    return pd.DataFrame(
        {
            "race": ["White", None],
            "age": [61, 70],
            "visits": [
                [["DX:428", "LAB:glucose:1"], [], ["DX:428"]],
                [["DX:250"]],
            ],
        }
    )


def read(folder, name):
    return pd.read_parquet(Path(folder) / name)


def events_of(folder):
    return pd.concat(
        [pd.read_parquet(path) for path in sorted(Path(folder).glob("data/*.parquet"))],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def cohort():
    return make_icu_cohort(60, random_state=0)


def test_the_events_of_two_patients(tmp_path):
    folder = write_meds(tmp_path / "meds", two_patients())
    events = read(folder, "data/0.parquet")
    day = pd.Timestamp("2000-01-01")
    expected = [
        (0, pd.NaT, "race//White", None),
        (0, pd.NaT, "age", 61.0),
        (0, day, "DX:428", None),
        (0, day, "LAB:glucose:1", None),
        (0, day + pd.Timedelta(days=1), "VISIT//EMPTY", None),
        (0, day + pd.Timedelta(days=2), "DX:428", None),
        (1, pd.NaT, "age", 70.0),
        (1, day, "DX:250", None),
    ]
    columns = ["subject_id", "time", "code", "numeric_value"]
    expected = pd.DataFrame(expected, columns=columns)
    expected["time"] = expected["time"].astype("datetime64[us]")
    pd.testing.assert_frame_equal(events[columns], expected, check_dtype=False)


@pytest.mark.parametrize(
    "y", [None, [0, 1] * 30, [2, 1] * 30, ["well", "ill"] * 30, [0.5, 1.5] * 30]
)
def test_every_file_is_valid_by_the_standard(tmp_path, cohort, y):
    meds = pytest.importorskip("meds")
    from pyarrow import parquet

    folder = write_meds(
        tmp_path / "meds", cohort.data, y, splits=["train", "tuning"] * 30
    )
    schemas = {
        "data/0.parquet": meds.DataSchema,
        "metadata/codes.parquet": meds.CodeMetadataSchema,
        "metadata/subject_splits.parquet": meds.SubjectSplitSchema,
        "labels/outcome.parquet": meds.LabelSchema,
    }
    if y is None:
        del schemas["labels/outcome.parquet"]
    for name, schema in schemas.items():
        schema.validate(parquet.read_table(folder / name))
    about = json.loads((folder / "metadata" / "dataset.json").read_text())
    meds.DatasetMetadataSchema.validate(about)
    written = {p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")}
    assert written == set(schemas)


def test_a_subject_is_in_one_file_contiguous_and_sorted_by_time(tmp_path, cohort):
    ids = np.random.default_rng(0).permutation(60) * 7
    folder = write_meds(
        tmp_path / "m", cohort.data, patient_ids=ids, patients_per_file=25
    )
    files = sorted(folder.glob("data/*.parquet"))
    parts = [pd.read_parquet(path) for path in files]
    assert [part["subject_id"].nunique() for part in parts] == [25, 25, 10]
    events = pd.concat(parts)
    assert events["subject_id"].is_monotonic_increasing
    assert set(events["subject_id"]) == set(ids)
    for _, times in events.groupby("subject_id")["time"]:
        assert times.isna().to_numpy()[: times.isna().sum()].all()
        assert times.dropna().is_monotonic_increasing


def test_ids_follow_their_patients(tmp_path):
    X = two_patients()
    folder = write_meds(
        tmp_path / "m", X, [1, 0], patient_ids=[9, 4], splits=["tuning", "train"]
    )
    events = events_of(folder)
    assert set(events.loc[events["code"] == "DX:250", "subject_id"]) == {4}
    splits = read(folder, "metadata/subject_splits.parquet")
    assert splits.to_numpy().tolist() == [[4, "train"], [9, "tuning"]]
    labels = read(folder, "labels/outcome.parquet").set_index("subject_id")
    assert labels["boolean_value"].to_dict() == {4: False, 9: True}
    last = events.groupby("subject_id")["time"].max()
    assert labels["prediction_time"].to_dict() == last.to_dict()


def test_results_become_numbers_of_their_bins(tmp_path):
    labs = LabBins().fit(["glucose"] * 40, np.arange(40) / 10)
    X = pd.DataFrame(
        {"visits": [[[f"LAB:glucose:{i}", "LAB:other:0"]] for i in range(10)]}
    )
    folder = write_meds(tmp_path / "m", X, lab_bins=labs, random_state=0)
    events = events_of(folder)
    results = events[events["code"] == "LAB//glucose"]
    codes = labs.encode(["glucose"] * 10, results["numeric_value"])
    assert codes == [f"LAB:glucose:{i}" for i in range(10)]
    others = events[events["code"] == "LAB:other:0"]
    assert len(others) == 10 and others["numeric_value"].isna().all()
    again = write_meds(tmp_path / "again", X, lab_bins=labs, random_state=0)
    assert events_of(again).equals(events)


def test_the_table_of_codes_lists_every_code_once(tmp_path):
    folder = write_meds(
        tmp_path / "m", two_patients(), descriptions={"DX:428": "Heart failure"}
    )
    table = read(folder, "metadata/codes.parquet").set_index("code")
    assert table.index.is_unique
    assert set(table.index) == set(events_of(folder)["code"])
    assert table["description"].dropna().to_dict() == {"DX:428": "Heart failure"}


def test_digits_beyond_single_precision_are_kept_as_text(tmp_path):
    X = pd.DataFrame({"zip": [123456789, 12], "visits": [[["a"]], [["b"]]]})
    events = events_of(write_meds(tmp_path / "m", X)).set_index("code").loc["zip"]
    assert events["text_value"].fillna("").tolist() == ["123456789", ""]


def test_the_callers_data_stay_as_they_are(tmp_path):
    X, before = two_patients(), two_patients()
    write_meds(tmp_path / "m", X, [0, 1])
    pd.testing.assert_frame_equal(X, before)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": [0]}, "y has 1 values for 2 patients"),
        ({"y": [0, None]}, "y is missing for 1 patients"),
        ({"splits": ["train"]}, "splits has 1 values"),
        ({"patient_ids": ["a", "b"]}, "'a' are no whole numbers"),
        ({"patient_ids": [1.5, 2]}, "no whole numbers"),
        ({"patient_ids": [3, 3]}, "3 occur more than once"),
        ({"task": "labels/death"}, "no file name"),
        ({"descriptions": {"DX:1": 3}}, "3 for the code 'DX:1', which is no text"),
        ({"descriptions": {"DX:1": np.nan}}, "no text"),
        ({"descriptions": "all"}, "takes a dict"),
        ({"patients_per_file": 0}, "at least 1"),
        ({"X": pd.DataFrame({"age": [1, 2]})}, "hold no visits"),
        ({"X": two_patients().assign(**{"a//b": 1})}, r"a//b.*Rename"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(tmp_path, changes, message):
    arguments = {"X": two_patients(), **changes}
    with pytest.raises(ValueError, match=message):
        write_meds(tmp_path / "m", **arguments)
    assert not list(tmp_path.iterdir())


def test_folders_with_files_are_refused_and_empty_ones_filled(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    write_meds(folder, two_patients())
    before = sorted(folder.rglob("*"))
    with pytest.raises(ValueError, match="holds files"):
        write_meds(folder, two_patients())
    assert sorted(folder.rglob("*")) == before


def test_nothing_stays_of_a_folder_that_cannot_be_finished(tmp_path, monkeypatch):
    def fail(columns):
        raise OSError("disk full")

    monkeypatch.setattr(writer, "_arrow_table", fail)
    with pytest.raises(OSError, match="disk full"):
        write_meds(tmp_path / "m", two_patients())
    assert not list(tmp_path.iterdir())
