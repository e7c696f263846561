"""Codes come back from the file as they were, and the file leaves nothing behind."""

import numpy as np
import pytest

from fairsample.training.code_file import CodeFile


@pytest.mark.parametrize(
    ("largest", "dtype"),
    [(2, "uint8"), (256, "uint8"), (257, "uint16"), (65_537, "uint32")],
)
def test_rows_come_back_in_the_fewest_bytes(tmp_path, largest, dtype):
    rng = np.random.RandomState(0)
    codes = rng.randint(0, largest, size=(3000, 3))
    codes[7] = largest - 1
    file = CodeFile([largest, 2, 2], tmp_path)
    for piece in np.array_split(codes, 4):
        file.append(np.asfortranarray(piece))
    assert len(file) == 3000
    assert file.read(0, 1).dtype == dtype
    np.testing.assert_array_equal(file.read(0, 3000), codes)
    np.testing.assert_array_equal(file.read(1234, 2345), codes[1234:2345])
    assert file.read(5, 5).shape == (0, 3)
    file.append(codes[:2])
    np.testing.assert_array_equal(file.read(3000, 3002), codes[:2])
    assert not list(tmp_path.iterdir())
    file.close()


def test_what_was_read_does_not_change_with_the_file():
    file = CodeFile([9])
    file.append(np.array([[1], [2]]))
    rows = file.read(0, 2)
    rows[0] = 7
    assert file.read(0, 1).tolist() == [[1]]
    file.close()
    assert rows.tolist() == [[7], [2]]
