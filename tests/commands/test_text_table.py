import gzip

import pandas as pd
import pytest

from fairsample.commands.text_table import read_text_table


def read(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_text_table(path, **options)


def test_what_is_written_again_says_the_same(tmp_path):
    text = "zip,drug,id,dose,n\n00501,None,12345678901234567890,1.5,3\n10001,NA,1,,4\n"
    frame = read(tmp_path, text)
    assert frame.to_csv(index=False) == text
    assert frame["n"].dtype == "int64"
    assert frame["dose"].isna().tolist() == [False, True]


def test_signs_of_missing_numbers_do_not_make_text_of_numbers(tmp_path):
    frame = read(tmp_path, "dose\nNA\n2\nnan\n")
    assert frame["dose"].tolist()[1] == 2.0
    assert frame["dose"].isna().sum() == 2


def test_numbers_may_be_text_and_texts_missing(tmp_path):
    frame = read(tmp_path, "a,b\n1,?\n2,x\n", as_text=["a"], missing=["?"])
    assert frame["a"].tolist() == ["1", "2"]
    assert frame["b"].isna().tolist() == [True, False]


def test_truth_values(tmp_path):
    frame = read(tmp_path, "a,b\nTrue,True\nFalse,\n")
    assert frame["a"].tolist() == [True, False]
    assert frame["b"].isna().tolist() == [False, True]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert list(read(tmp_path, b"\xef\xbb\xbfa,b\r\n1,2\r\n")) == ["a", "b"]


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'died'"):
        read(tmp_path, "died,age,died\n1,2,1\n")


def test_a_column_without_values_is_missing(tmp_path):
    assert read(tmp_path, "a,b\n,1\n,2\n")["a"].isna().all()


@pytest.mark.parametrize("broken", [b"", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9]])
def test_broken_files_are_one_line(run, tmp_path, broken):
    path = tmp_path / ("a.csv.gz" if broken else "a.csv")
    path.write_bytes(broken)
    result = run("effects", path, "--target=a", "--sensitive=b")
    assert result.status == 1
    assert len(result.err) == 1
    assert "cannot be read" in result.err[0]


def test_large_tables_keep_their_types(tmp_path):
    frame = pd.DataFrame({"a": range(1000), "b": ["x"] * 1000})
    path = tmp_path / "large.csv"
    frame.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_text_table(path), frame)
