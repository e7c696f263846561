import itertools
from fractions import Fraction

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler

from fairsample.planning import asks_for_cells, rows_owed

MORTALITY = {
    "White": (3105, 359),
    "Black": (460, 27),
    "Hispanic": (175, 11),
    "Asian": (156, 9),
    "Others": (615, 83),
}


def plan(strategy, counts, **options):
    """Owed rows as an array, for groups "a", "b" ... and classes 0, 1 ..."""
    counts = np.asarray(counts)
    groups = [chr(ord("a") + g) for g in range(len(counts))]
    classes = list(range(counts.shape[1]))
    owed = rows_owed(strategy, counts, groups, classes, **options)
    assert list(owed) == list(itertools.product(groups, classes))
    return np.reshape(list(owed.values()), counts.shape)


def fill_row_by_row(counts, c, n_rows):
    """Give each row to the group where class c is least even; the definition."""
    largest = counts.max(axis=1)
    owed = np.zeros(len(counts), dtype=int)
    present = np.flatnonzero(counts[:, c])
    for _ in range(n_rows):
        evenness = [
            Fraction(int(counts[g, c] + owed[g]), int(largest[g])) for g in present
        ]
        owed[present[evenness.index(min(evenness))]] += 1
    return owed


def test_parity_on_the_mortality_cohort_adds_150_rows():
    groups = list(MORTALITY)
    owed = rows_owed("parity", list(MORTALITY.values()), groups, ["alive", "expired"])
    assert {cell: n for cell, n in owed.items() if n} == {
        ("Black", "expired"): 27,
        ("Hispanic", "expired"): 10,
        ("Asian", "expired"): 10,
        ("Others", "alive"): 103,
    }
    assert sum(owed.values()) == 150
    rate = Fraction(359, 3105 + 359)
    for group, (alive, expired) in MORTALITY.items():
        alive += owed[group, "alive"]
        expired += owed[group, "expired"]
        assert abs(expired - rate * (alive + expired)) <= 1


def test_parity_is_the_closed_form_for_two_classes():
    rng = np.random.default_rng(0)
    for _ in range(200):
        counts = rng.integers(1, 500, size=(4, 2))
        owed = plan("parity", counts)
        largest = counts.sum(axis=1).argmax()
        rate = Fraction(int(counts[largest, 1]), int(counts[largest].sum()))
        for (negative, positive), (more_negative, more_positive) in zip(
            counts.tolist(), owed.tolist(), strict=True
        ):
            n = negative + positive
            if Fraction(positive, n) < rate:
                assert more_negative == 0
                assert more_positive == -((rate * n - positive) // (rate - 1))
            else:
                assert more_positive == 0
                assert more_negative == -(-(positive / rate - n) // 1)


def test_parity_brings_every_class_share_within_a_row():
    rng = np.random.default_rng(1)
    for _ in range(100):
        counts = rng.integers(1, 300, size=(5, 4))
        owed = plan("parity", counts)
        target = counts[counts.sum(axis=1).argmax()]
        final = counts + owed
        assert (owed >= 0).all()
        assert (owed == 0).any(axis=1).all()
        for row in final:
            scale = min(
                Fraction(int(n), int(t)) for n, t in zip(row, target, strict=True)
            )
            assert all(
                0 <= n - scale * t < 1
                for n, t in zip(row.tolist(), target.tolist(), strict=True)
            )


def test_parity_leaves_classes_alone_that_cannot_be_matched():
    owed = plan("parity", [[60, 40, 0], [10, 0, 5], [0, 0, 9], [10, 2, 5]])
    assert owed.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 5, 0]]


def test_groups_and_cells():
    counts = [[80, 20], [3, 45], [10, 0]]
    assert plan("groups", counts).tolist() == [[0, 60], [42, 0], [0, 0]]
    assert plan("cells", counts).tolist() == [[0, 60], [77, 35], [70, 0]]


def test_proportional_doubles_the_data():
    counts = [[80, 20], [3, 0]]
    assert plan("proportional", counts).tolist() == counts


@pytest.mark.parametrize("seed", range(20))
def test_class_rows_are_shared_as_one_by_one(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 60, size=(rng.integers(2, 8), 3))
    counts[0] = 1
    for n_rows in (0, 1, 2, 7, 40, 400):
        owed = plan("auto", counts, class_rows={1: n_rows, 2: 3})
        assert owed[:, 1].tolist() == fill_row_by_row(counts, 1, n_rows).tolist()
        assert owed[:, 2].tolist() == fill_row_by_row(counts, 2, 3).tolist()
        assert (owed[:, 0] == 0).all()


def test_ties_go_to_the_first_group():
    counts = [[4, 2], [4, 2], [4, 2]]
    assert plan("auto", counts, class_rows={1: 4})[:, 1].tolist() == [2, 1, 1]


def test_class_rows_even_the_classes_out_within_groups():
    counts = np.array([[900, 300], [100, 10], [50, 80]])
    owed = plan("auto", counts, class_rows={1: 1050 - 390})
    assert owed[:, 1].tolist() == [573, 87, 0]
    assert owed.sum() == 660


def test_many_rows_cost_no_loop_over_rows():
    counts = np.array([[900_000_000, 3], [70_000_000, 11], [5, 5]])
    n_rows = 10**9
    owed = plan("auto", counts, class_rows={1: n_rows})
    assert owed.sum() == n_rows
    evenness = (counts[:, 1] + owed[:, 1]) / counts.max(axis=1)
    assert np.ptp(evenness[:2]) < 1e-6


def test_dict_of_cells_gives_final_counts():
    owed = rows_owed(
        {("F", 1): 50, (np.str_("M"), np.int64(0)): 80.0},
        [[45, 5], [80, 20]],
        ["F", "M"],
        [0, 1],
    )
    assert {cell: n for cell, n in owed.items() if n} == {("F", 1): 45}


def test_dict_of_intersectional_cells():
    groups = [("A", "F"), ("A", "M")]
    owed = rows_owed({(("A", "F"), 1): 9}, [[8, 2], [5, 5]], groups, [0, 1])
    assert owed[("A", "F"), 1] == 7
    assert sum(owed.values()) == 7


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({("X", 1): 50}, r"group 'X'.*'F', 'M'"),
        ({("F", 2): 50}, r"class 2.*0, 1"),
        ({("F", 1): 4}, r"4 rows in cell \('F', 1\), which has 5"),
        ({("F", 1): 10.5}, r"10.5 rows in cell \('F', 1\)"),
        ({("F", 1): "many"}, r"'many' rows"),
        ({("A", "F", 1): 9}, r"\('A', 'F', 1\); \(group, class\) is expected"),
        ({("F", 1): 50, 1: 50}, "Use one kind"),
    ],
)
def test_dict_that_cannot_be_met(strategy, message):
    with pytest.raises(ValueError, match=message):
        rows_owed(strategy, [[45, 5], [80, 20]], ["F", "M"], [0, 1])


def test_fraction_of_a_row_in_a_class():
    with pytest.raises(ValueError, match="class 1"):
        plan("auto", [[8, 2], [5, 5]], class_rows={1: 2.5})


def test_empty_cell_is_owed_nothing_by_any_strategy():
    counts = [[50, 0], [40, 10]]
    for strategy in ("groups", "cells", "parity", "proportional", {("a", 1): 30}):
        assert plan(strategy, counts)[0, 1] == 0
    assert plan("auto", counts, class_rows={1: 30})[:, 1].tolist() == [0, 30]


@pytest.mark.parametrize("strategy", ["groups", "cells", "parity", "proportional"])
@pytest.mark.parametrize("n_synthetic", [0, 1, 17, 1000])
def test_scaled_plan_has_the_rows_asked_for_in_its_proportions(strategy, n_synthetic):
    counts = np.array([[80, 20, 3], [13, 45, 8]])
    full = plan(strategy, counts)
    scaled = plan(strategy, counts, n_synthetic=n_synthetic)
    assert scaled.sum() == n_synthetic
    assert (np.abs(scaled - full * n_synthetic / full.sum()) < 1).all()
    assert (scaled[full == 0] == 0).all()


def test_scaling_gives_the_largest_remainders_first():
    assert plan("proportional", [[5, 3], [1, 1]], n_synthetic=3).tolist() == [
        [2, 1],
        [0, 0],
    ]
    assert plan("proportional", [[1, 1], [1, 1]], n_synthetic=2).tolist() == [
        [1, 1],
        [0, 0],
    ]


def test_plan_that_owes_nothing_cannot_be_scaled():
    with pytest.raises(ValueError, match=r"n_synthetic=5.*'groups' owes no rows"):
        plan("groups", [[5, 5], [3, 3]], n_synthetic=5)
    assert plan("groups", [[5, 5], [3, 3]], n_synthetic=0).sum() == 0


def test_asks_for_cells():
    assert asks_for_cells({("a", 0): 1})
    assert not asks_for_cells({0: 1})
    assert not asks_for_cells({})
    assert not asks_for_cells(0.5)


def test_plan_of_imblearn_is_kept_class_by_class():
    y = np.repeat([0, 1, 2], [60, 30, 10])
    sampler = RandomOverSampler(random_state=0)
    sampler.fit_resample(np.zeros((100, 1)), y)
    counts = np.array([[40, 20, 5], [20, 10, 5]])
    owed = plan("auto", counts, class_rows=sampler.sampling_strategy_)
    assert (counts + owed).sum(axis=0).tolist() == [60, 60, 60]
