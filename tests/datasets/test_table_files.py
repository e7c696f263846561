import pytest

from fairsample.datasets.table_files import find_tables


def test_find_tables_of_either_case(tmp_path):
    (tmp_path / "labs.CSV.gz").write_text("")
    (tmp_path / "Patients.csv").write_text("")
    (tmp_path / "deep").mkdir()
    found = find_tables(tmp_path, ["LABS"], optional=["PATIENTS", "NOTES"])
    assert {name: path.name for name, path in found.items()} == {
        "LABS": "labs.CSV.gz",
        "PATIENTS": "Patients.csv",
    }
    with pytest.raises(FileNotFoundError, match=r"NOTES.csv\[.gz\], DRUGS") as error:
        find_tables(tmp_path, ["NOTES", "LABS", "DRUGS"])
    assert "'deep/', 'labs.CSV.gz'" in str(error.value)


@pytest.mark.parametrize(
    "names",
    [("LABS.csv", "labs.csv"), ("LABS.csv", "LABS.csv.gz"), ("a.CSV", "A.csv.GZ")],
)
def test_a_table_that_is_there_twice_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("")
    if len(list(tmp_path.iterdir())) < len(names):
        pytest.skip("file names of either case are one file here")
    table = names[0].partition(".")[0]
    for asked in ({"names": [table]}, {"names": [], "optional": [table.lower()]}):
        with pytest.raises(ValueError, match="more than once") as error:
            find_tables(tmp_path, **asked)
        assert all(repr(name) in str(error.value) for name in names)
    assert find_tables(tmp_path, []) == {}
