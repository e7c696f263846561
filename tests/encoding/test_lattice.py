import numpy as np
import pytest

from fairsample.encoding.lattice import Lattice


@pytest.mark.parametrize(
    ("levels", "step", "decimals"),
    [
        ([3, 7, 15], 4, 0),
        ([-(2**63), 2**63 - 1], 2**64 - 1, 0),
        ([5.0], 1, 0),
        ([1.5, 2.0, 3.0], 5, 1),
        ([0.1, 0.30000000000000004], 0, 0),
        ([0.1, 0.3], 2, 1),
        ([0.000001, 1.0], 999_999, 6),
        ([1e-7, 1.0], 0, 0),
        ([0.5, 1e17], 0, 0),
    ],
)
def test_resolution_found(levels, step, decimals):
    levels = np.array(levels)
    lattice = Lattice.from_levels(levels)
    assert (lattice.step, lattice.decimals) == (step, decimals)
    np.testing.assert_array_equal(lattice.values(lattice.points(levels)), levels)


@pytest.mark.parametrize(
    "dtype", ["i1", "u1", "i8", "u8", "f2", "f4", "f8", ">i4", ">f8"]
)
def test_levels_come_back_in_every_dtype(dtype):
    levels = np.array([0, 3, 9, 99], dtype=dtype)
    lattice = Lattice.from_levels(levels)
    values = lattice.values(lattice.points(levels))
    np.testing.assert_array_equal(values, levels)
    assert values.dtype == levels.dtype
    assert lattice == Lattice.from_json(lattice.to_json())


def test_decimals_of_single_precision_are_seen():
    levels = np.sort(np.round(np.random.RandomState(0).normal(size=500), 2))
    assert Lattice.from_levels(levels.astype(np.float32)).decimals == 2


def test_a_late_finer_value_is_seen():
    levels = np.append(np.arange(0, 20_000, 10), 20_001)
    assert Lattice.from_levels(levels).step == 1
    assert Lattice.from_levels(levels / 8).decimals == 3
