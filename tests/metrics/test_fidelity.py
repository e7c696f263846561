import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import r2_score

from fairsample.metrics import code_prevalence, record_fidelity


def _random_visits(seed, n_patients=30, alphabet="abcdefgh"):
    rng = np.random.default_rng(seed)
    return [
        [
            rng.choice(list(alphabet), size=rng.integers(0, 6)).tolist()
            for _ in range(rng.integers(1, 5))
        ]
        for _ in range(n_patients)
    ]


def _reference_probabilities(visits):
    """The definitions, spelled out with loops and sets."""
    flat = [set(visit) for patient in visits for visit in patient]
    steps = [
        (set(a), set(b)) for patient in visits for a, b in itertools.pairwise(patient)
    ]
    codes = [code for visit in flat for code in visit]
    pairs = [
        pair for visit in flat for pair in itertools.combinations(sorted(visit), 2)
    ]
    ordered = [pair for a, b in steps for pair in itertools.product(a, b)]
    return [
        pd.Series(items, dtype=object).value_counts() / denominator
        for items, denominator in [
            (codes, len(flat)),
            (pairs, len(flat)),
            (ordered, len(steps)),
        ]
    ]


def _reference_r2(real, synthetic):
    union = sorted(set(real.index) | set(synthetic.index))
    return r2_score(
        [real.get(key, 0.0) for key in union],
        [synthetic.get(key, 0.0) for key in union],
    )


@pytest.mark.parametrize("seed", range(3))
def test_r2_equals_the_definition(seed):
    real = _random_visits(seed)
    synthetic = _random_visits(seed + 100, n_patients=20, alphabet="bcdefghij")
    fidelity = record_fidelity(real, synthetic)
    expected = [
        _reference_r2(r, s)
        for r, s in zip(
            _reference_probabilities(real),
            _reference_probabilities(synthetic),
            strict=True,
        )
    ]
    assert [
        fidelity.r2_codes,
        fidelity.r2_visit_pairs,
        fidelity.r2_consecutive_pairs,
    ] == pytest.approx(expected)


def test_copy_is_perfect_whatever_the_order_of_patients_and_codes():
    real = _random_visits(0)
    shuffled = [[visit[::-1] for visit in patient] for patient in real[::-1]]
    fidelity = record_fidelity(real, shuffled)
    assert fidelity.r2_codes == pytest.approx(1.0)
    assert fidelity.r2_visit_pairs == pytest.approx(1.0)
    assert fidelity.r2_consecutive_pairs == pytest.approx(1.0)
    assert fidelity.real_codes_per_visit == fidelity.synthetic_codes_per_visit


def test_each_r2_sees_what_the_simpler_one_cannot():
    rng = np.random.default_rng(0)
    courses = [[["a", "b", "e"], ["c"]], [["c"], ["d", "e"]], [["b", "e"], ["d"]]]
    real = [courses[i] for i in rng.choice(3, p=[0.6, 0.1, 0.3], size=60)]

    reversed_in_time = record_fidelity(real, [patient[::-1] for patient in real])
    assert reversed_in_time.r2_codes == pytest.approx(1.0)
    assert reversed_in_time.r2_visit_pairs == pytest.approx(1.0)
    assert reversed_in_time.r2_consecutive_pairs < 0.1

    columns = [list(codes) for codes in zip(*_dense(real), strict=True)]
    for codes in columns:
        rng.shuffle(codes)
    independent = record_fidelity(real, _nested(zip(*columns, strict=True)))
    assert independent.r2_codes == pytest.approx(1.0)
    assert independent.r2_visit_pairs < 0.9


def _dense(visits, alphabet="abcde"):
    return [
        [code in visit for code in alphabet] for patient in visits for visit in patient
    ]


def _nested(rows, alphabet="abcde"):
    return [
        [[code for code, held in zip(alphabet, row, strict=True) if held]]
        for row in rows
    ]


def test_lengths():
    real = [[["a", "b", "b"], []], [["c"], ["a"], ["a"], ["c", "d", "e"]]]
    fidelity = record_fidelity(real, [[["a", "b"]], [["a", "c"], ["d"]]])
    assert fidelity.real_visits_per_record == (3.0, 1.0)
    assert fidelity.synthetic_visits_per_record == (1.5, 0.5)
    distinct = [2, 0, 1, 1, 1, 3]
    assert fidelity.real_codes_per_visit == pytest.approx(
        (np.mean(distinct), np.std(distinct))
    )


def test_prevalence_counts_visits_not_repeats():
    prevalence = code_prevalence(pd.Series([[["b", "b"], ["a"]], [["b"], []]]))
    assert prevalence.to_dict() == {"b": 0.5, "a": 0.25}
    assert prevalence.index.tolist() == ["b", "a"]


def test_no_code_at_all():
    assert code_prevalence([[[]], [[], []]]).empty
    with pytest.warns(UndefinedMetricWarning) as caught:
        fidelity = record_fidelity([[[]]], [[[]]])
    assert np.isnan(fidelity.r2_codes)
    assert len(caught) == 3


def test_single_visits_have_no_consecutive_pairs():
    real = [[["a", "b", "c"]], [["a", "b"]]]
    with pytest.warns(UndefinedMetricWarning, match="over consecutive visits"):
        fidelity = record_fidelity(real, real)
    assert np.isnan(fidelity.r2_consecutive_pairs)
    assert fidelity.r2_visit_pairs == 1.0


def test_equal_real_probabilities_explain_nothing():
    with pytest.warns(UndefinedMetricWarning) as caught:
        fidelity = record_fidelity([[["a", "b", "c"]]], [[["a", "b"]]])
    assert np.isnan(fidelity.r2_codes)
    assert any("single codes" in str(warning.message) for warning in caught)


def test_bad_cell_is_refused():
    with pytest.raises(ValueError, match=r"row 1: .*history is empty"):
        record_fidelity([[["a"]], []], [[["a"]]])
    with pytest.raises(ValueError, match="no list of visits"):
        code_prevalence(["a"])
