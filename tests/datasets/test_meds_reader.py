"""MEDS data sets to patients: what is shown, what is not, and nothing of the future."""

import numpy as np
import pandas as pd
import pytest

from fairsample.base import DataWarning
from fairsample.datasets import make_icu_cohort, read_meds, write_meds
from fairsample.encoding import LabBins

pytest.importorskip("pyarrow")

COLUMNS = ["subject_id", "time", "code", "numeric_value"]
EVENTS = [
    (7, None, "RACE//WHITE", None),
    (7, None, "GENDER//F", None),
    (7, None, "HEIGHT", 170.5),
    (7, "2040-01-01 00:00", "MEDS_BIRTH", None),
    (7, "2100-01-01 10:00", "ADMISSION//ER", None),
    (7, "2100-01-01 12:00", "LAB//glucose", 7.2),
    (7, "2100-01-01 18:00", "LAB//glucose", 9.5),
    (7, "2100-01-03 09:00", "DX//428", None),
    (7, "2100-02-01 08:00", "ADMISSION//ER", None),
    (7, "2100-02-01 09:00", "DX//250", None),
    (7, "2100-02-02 09:00", "MEDS_DEATH", None),
    (3, None, "RACE//ASIAN", None),
    (3, "2090-01-01 00:00", "MEDS_BIRTH", None),
    (3, "2100-05-01 00:00", "RX//iron", None),
    (3, "2100-05-01 00:00", "LAB//glucose", 5.0),
]


@pytest.fixture
def write(tmp_path):
    """Write events as one file a subject; further tables by name."""

    def write_folder(events=EVENTS, **tables):
        frame = pd.DataFrame(events, columns=COLUMNS[: len(events[0])])
        frame["time"] = pd.to_datetime(frame["time"], format="ISO8601").astype(
            "datetime64[us]"
        )
        if "numeric_value" in frame:
            frame["numeric_value"] = frame["numeric_value"].astype("float32")
        folder = tmp_path / "meds"
        (folder / "data" / "train").mkdir(parents=True)
        for number, part in frame.groupby("subject_id", dropna=False):
            part.to_parquet(folder / "data" / "train" / f"{number}.parquet")
        for name, table in tables.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            table.to_parquet(path.with_suffix(".parquet"))
        return folder

    return write_folder


def labels(*rows, column="boolean_value"):
    frame = pd.DataFrame(rows, columns=["subject_id", "prediction_time", column])
    times = pd.to_datetime(frame["prediction_time"], format="ISO8601")
    return frame.assign(prediction_time=times.astype("datetime64[us]"))


def rows_add_up(bunch):
    counts = bunch.reading.to_frame()["n"]
    for of, group in counts.groupby(level="of"):
        if of not in ("patients", "codes"):
            by_outcome = group.droplevel("of")
            assert by_outcome["read"] == by_outcome.drop("read").sum()
            assert by_outcome["used"] >= 0
    return counts


def test_days_of_two_subjects(write):
    bunch = read_meds(write())
    assert bunch.patient_ids.tolist() == [3, 7]
    glucose = bunch.lab_bins.encode(["glucose"] * 2, [5.0, 9.5])
    assert bunch.data["visits"].tolist() == [
        [[glucose[0], "RX//iron"]],
        [["ADMISSION//ER", glucose[1]], ["DX//428"], ["ADMISSION//ER", "DX//250"]],
    ]
    assert bunch.data["race"].tolist() == ["ASIAN", "WHITE"]
    assert bunch.data["gender"].isna().tolist() == [True, False]
    assert bunch.data["height"].tolist()[1] == 170.5
    assert bunch.data["age"].tolist() == [10, 60]
    assert (bunch.sensitive, bunch.target) == ("race", None)


def test_every_row_is_accounted_for(write):
    counts = rows_add_up(read_meds(write()))
    assert counts["data", "read"] == len(EVENTS)
    assert counts["data", "used"] == len(EVENTS) - 1
    assert counts["data", "death, never shown"] == 1


def test_windows_count_from_the_first_event_and_may_be_empty(write):
    visits = read_meds(write(), visit=24).data["visits"].tolist()
    assert [n for n, codes in enumerate(visits[1]) if codes] == [0, 1, 30]
    assert len(visits[1]) == 31


def test_codes_can_begin_visits(write):
    bunch = read_meds(write(), visit="ADMISSION", labs=None)
    assert bunch.data["visits"].tolist() == [
        [["RX//iron"]],
        [["ADMISSION//ER", "DX//428"], ["ADMISSION//ER", "DX//250"]],
    ]
    assert rows_add_up(bunch)["data", "test not asked for"] == 3


def test_tests_can_be_chosen_and_unknown_ones_are_refused(write):
    folder = write([*EVENTS, (3, "2100-05-01 10:00", "HR", 80.0)])
    for labs in ("HR", ["HR"]):
        bunch = read_meds(folder, labs=labs)
        assert list(bunch.lab_bins.bins_) == ["HR"]
    with pytest.raises(ValueError, match="tests 'BP'. There are 'HR', 'glucose'"):
        read_meds(folder, labs=["BP", "HR"])


def test_nothing_after_the_prediction_time_is_shown(write):
    task = labels((7, "2100-01-01 12:00", True), (3, "2100-05-01", False))
    bunch = read_meds(write(labels__task=task), label="task", lab_value="max")
    (codes,) = bunch.data["visits"][1]
    low, high = bunch.lab_bins.edges_.loc[codes[1], ["low", "high"]]
    assert codes[0] == "ADMISSION//ER" and low == high == 7.2
    assert bunch.target.tolist() == [0, 1]
    assert bunch.target_names.tolist() == ["no task", "task"]
    assert rows_add_up(bunch)["data", "after the prediction time"] == 4


@pytest.mark.parametrize("visit", ["day", 24, 1, "ADMISSION"])
def test_the_future_changes_nothing(write, tmp_path, visit):
    task = labels((7, "2100-01-03 09:00", True))
    first = read_meds(write(labels__task=task), label="task", visit=visit)
    (tmp_path / "meds").rename(tmp_path / "first")
    past = [row for row in EVENTS if not row[1] or row[1] <= "2100-01-03 09:00"]
    second = read_meds(write(past, labels__task=task), label="task", visit=visit)
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_the_last_label_of_a_subject_counts(write):
    task = labels(
        (7, "2100-02-01 08:00", 1),
        (7, "2100-01-01 12:00", 0),
        (99, "2100-01-01", 1),
        column="integer_value",
    )
    bunch = read_meds(write(labels__task=task), label="task", labs=())
    assert bunch.target.tolist() == [1]
    assert len(bunch.data["visits"][0]) == 3
    counts = rows_add_up(bunch)
    assert counts["labels/task", "earlier label of the same subject"] == 1
    assert counts["labels/task", "of a patient left out"] == 1
    assert counts["patients", "without a label"] == 1


def test_classes_in_words(write):
    task = labels(
        (7, "2100-02-01", "ill"), (3, "2100-06-01", "fit"), column="categorical_value"
    )
    bunch = read_meds(write(labels__task__part=task), label="task")
    assert bunch.target.tolist() == [0, 1]
    assert bunch.target_names.tolist() == ["fit", "ill"]


def test_splits_choose_subjects_and_stand_beside_the_data(write):
    splits = pd.DataFrame({"subject_id": [7, 3], "split": ["train", "held_out"]})
    folder = write(metadata__subject_splits=splits)
    assert read_meds(folder).split.tolist() == ["held_out", "train"]
    bunch = read_meds(folder, split="train")
    assert bunch.patient_ids.tolist() == [7]
    assert "split" not in bunch.data
    assert rows_add_up(bunch)["patients", "of another split"] == 1
    with pytest.raises(ValueError, match="'tuning' are not there"):
        read_meds(folder, split=["train", "tuning"])


def test_static_columns_can_be_chosen(write):
    bunch = read_meds(write(), static=["gender", "RACE"])
    assert bunch.feature_names == ["race", "gender", "age", "visits"]
    assert rows_add_up(bunch)["data", "static column not asked for"] == 1


def test_static_columns_that_are_not_there_are_listed(write):
    with pytest.raises(ValueError, match=r"'insurance' are not there.*'race'"):
        read_meds(write(), static=["insurance"])


def test_filters(write):
    bunch = read_meds(write(), filters={"age": (18, None), "max_visits": 1})
    assert bunch.patient_ids.tolist() == [7]
    assert bunch.data["visits"].tolist() == [[["ADMISSION//ER", "DX//250"]]]
    counts = rows_add_up(bunch)
    assert counts["patients", "younger than 18 years"] == 1
    assert counts["data", "outside the shown visits"] == 4


def test_a_static_age_can_be_filtered(tmp_path):
    X = pd.DataFrame({"age": [10, 30], "visits": [[["a"]], [["b"]]]})
    bunch = read_meds(write_meds(tmp_path / "m", X), filters={"age": (18, None)})
    assert bunch.data["age"].tolist() == [30]


@pytest.mark.parametrize("name", ["age", "first_icu_stay", "admission_types"])
def test_filters_that_the_data_cannot_answer_are_refused(write, name):
    value = {"age": (1, 2), "first_icu_stay": True, "admission_types": ["ER"]}[name]
    folder = write([row for row in EVENTS if row[2] != "MEDS_BIRTH"])
    with pytest.raises(ValueError, match=f"cannot answer the filters '{name}'"):
        read_meds(folder, filters={name: value})


def test_events_that_say_nothing_are_counted(write):
    events = [
        *EVENTS,
        (3, "2100-05-01", None, 1.0),
        (3, "2100-05-01", "LAB//x", np.inf),
        (3, None, "HELLO", None),
    ]
    with pytest.warns(DataWarning, match="data: 1 unparseable number"):
        bunch = read_meds(write(events))
    counts = rows_add_up(bunch)
    assert counts["data", "no code"] == 1
    assert counts["data", "static event without a value"] == 1


def test_files_may_lack_values_and_have_other_types(write):
    folder = write([row[:3] for row in EVENTS])
    path = folder / "data" / "train" / "7.parquet"
    part = pd.read_parquet(path)
    part = part.astype({"code": "category", "time": "datetime64[ns]"})
    part.assign(extra=1).to_parquet(path)
    bunch = read_meds(folder)
    assert bunch.data["visits"][1][0] == ["ADMISSION//ER", "LAB//glucose"]
    assert bunch.lab_bins is None


def test_a_subject_may_be_anywhere_in_the_files(write, tmp_path):
    first = read_meds(write())
    (tmp_path / "meds").rename(tmp_path / "first")
    shuffled = pd.DataFrame(EVENTS).sample(frac=1, random_state=0)
    events = [(1, None, "x", None)]
    folder = write(events)
    (folder / "data" / "train" / "1.parquet").unlink()
    frame = shuffled.set_axis(COLUMNS, axis=1)
    frame["time"] = pd.to_datetime(frame["time"])
    for number, part in enumerate([frame[:6], frame[6:]]):
        part.to_parquet(folder / "data" / f"{number}.parquet")
    second = read_meds(folder)
    pd.testing.assert_frame_equal(first.data, second.data, check_like=True)


def test_missing_folders_and_files_say_what_is_there(write, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_meds(tmp_path / "nowhere")
    folder = write(labels__task=labels((7, "2100-01-01", True)))
    with pytest.raises(FileNotFoundError, match=r"There are the labels 'task.parquet'"):
        read_meds(folder, label="death")
    with pytest.raises(FileNotFoundError, match=r"subject_splits.parquet"):
        read_meds(folder, split="train")
    (folder / "data").rename(folder / "events")
    with pytest.raises(
        FileNotFoundError, match=r"data/\*\*/\*.parquet.*holds 'events', 'labels'"
    ):
        read_meds(folder)


def test_missing_columns_are_listed(write):
    folder = write()
    path = folder / "data" / "train" / "7.parquet"
    pd.read_parquet(path).rename(columns={"subject_id": "patient_id"}).to_parquet(path)
    with pytest.raises(
        ValueError, match=r"train/7.parquet lacks.*'subject_id'; it has"
    ):
        read_meds(folder)


def test_names_that_are_taken_are_refused(write):
    taken = [(3, None, "visits//many", None)]
    task = labels((7, "2100-02-01", True))
    folder = write(EVENTS + taken, labels__split=task)
    with pytest.raises(ValueError, match="'visits' have names that are taken"):
        read_meds(folder)
    with pytest.raises(ValueError, match="label is called 'split'"):
        read_meds(folder, label="split", static=["race"])


@pytest.mark.parametrize("code", ["MORTALITY//yes", "mortality//yes", "Mortality//no"])
@pytest.mark.parametrize("label", ["MORTALITY", "mortality"])
def test_a_static_event_of_the_name_of_the_label_is_no_feature(write, label, code):
    task = labels((7, "2100-02-01", True), (3, "2100-06-01", False))
    folder = write([*EVENTS, (7, None, code, None)], **{f"labels__{label}": task})
    bunch = read_meds(folder, label=label)
    assert "mortality" not in {name.lower() for name in bunch.data}
    assert bunch.target.tolist() == [0, 1]


def test_prediction_times_with_a_time_zone(write):
    task = labels((7, "2100-01-01 12:00", True))
    zoned = task["prediction_time"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    folder = write(labels__plain=task, labels__zoned=task.assign(prediction_time=zoned))
    plain, with_zone = (read_meds(folder, label=name) for name in ("plain", "zoned"))
    assert with_zone.data.equals(plain.data)
    assert len(plain.data["visits"][0]) == 1


@pytest.mark.parametrize("times", [[1.5], ["some day"]])
def test_prediction_times_that_are_none(write, times):
    task = pd.DataFrame({"subject_id": 7, "prediction_time": times})
    folder = write(labels__task=task.assign(boolean_value=True))
    with pytest.raises(ValueError, match="'prediction_time'"):
        read_meds(folder, label="task")


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0]])
def test_who_has_different_last_labels_is_left_out(write, order):
    rows = [(7, "2100-02-01", True), (7, "2100-02-01", False)]
    rows += [(3, "2100-06-01", False), (3, "2100-06-01", False)]
    task = labels(*[rows[i] for i in order])
    bunch = read_meds(write(labels__task=task), label="task")
    assert bunch.patient_ids.tolist() == [3]
    counts = rows_add_up(bunch)
    assert counts["patients", "with different last labels"] == 1
    assert counts["labels/task", "of a patient with different last labels"] == 2
    assert counts["labels/task", "read"] == 4


def test_static_events_that_others_replace_are_counted(write):
    more = [(7, None, "race//BLACK", None), (3, None, "race//ASIAN", None)]
    bunch = read_meds(write([*EVENTS, *more]))
    assert bunch.data["race"].tolist() == ["ASIAN", "BLACK"]
    counts = rows_add_up(bunch)
    assert counts["data", "replaced by a later static event"] == 1


@pytest.mark.parametrize("visit", [1e300, 1e-12, [1], [], [None]])
def test_visits_that_are_none(write, visit):
    with pytest.raises(ValueError, match="visit is"):
        read_meds(write(), visit=visit)


def test_numbers_as_labels_are_refused(write):
    folder = write(labels__task=labels((7, "2100-01-01", 0.5), column="float_value"))
    with pytest.raises(ValueError, match="Labels are classes"):
        read_meds(folder, label="task")


def test_what_was_written_comes_back(tmp_path):
    cohort = make_icu_cohort(120, random_state=0)
    splits = ["train", "held_out"] * 60
    folder = write_meds(
        tmp_path / "m", cohort.data, cohort.target, splits=splits, patients_per_file=50
    )
    bunch = read_meds(folder, label="outcome")
    expected = cohort.data.astype(
        dict.fromkeys(cohort.data.select_dtypes("category"), object)
    )
    assert bunch.feature_names == list(expected)
    for name in expected:
        if name != "visits":
            assert bunch.data[name].tolist() == expected[name].tolist()
    written = [[set(v) for v in p] for p in cohort.data["visits"]]
    assert [[set(v) for v in p] for p in bunch.data["visits"]] == written
    assert bunch.target.tolist() == cohort.target.tolist()
    assert bunch.split.tolist() == splits
    assert rows_add_up(bunch)["data", "read"] == bunch.reading.n_used("data")


def test_results_come_back_in_their_bins(tmp_path):
    rng = np.random.default_rng(0)
    labs = LabBins(n_bins=5).fit(
        ["glucose"] * 300 + ["sodium"] * 300,
        np.r_[rng.normal(7, 2, 300).round(2), rng.normal(140, 4, 300).round(1)],
    )
    codes = labs.edges_.index.to_numpy()
    X = pd.DataFrame(
        {"visits": [[[codes[i]], [], ["DX:1"]] for i in range(len(codes))] * 20}
    )
    folder = write_meds(tmp_path / "m", X, lab_bins=labs, random_state=0)
    bunch = read_meds(folder, labs=labs)
    assert bunch.lab_bins is labs
    assert bunch.data["visits"].tolist() == X["visits"].tolist()
