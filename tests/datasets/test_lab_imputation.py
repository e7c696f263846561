import numpy as np

from fairsample.datasets.lab_imputation import impute


def imputed(visit, test, values, patient, *, median):
    parts = impute(
        np.array(visit),
        np.array(test),
        np.array(values),
        np.array(patient),
        median=median,
    )
    return {(v, t): x for v, t, x in zip(*map(list, parts), strict=True)}


def test_forward_stays_within_the_patient_and_never_looks_ahead():
    given = ([1, 4], [0, 0], [7.0, 3.0], [0, 0, 0, 1, 1, 1])
    found = imputed(*given, median=False)
    assert found == {(1, 0): 7.0, (2, 0): 7.0, (4, 0): 3.0, (5, 0): 3.0}
    found = imputed(*given, median=True)
    assert found == {**found, (0, 0): 5.0, (3, 0): 5.0}
    assert len(found) == 6


def test_tests_of_fewer_than_half_of_the_patients_stay_as_they_are():
    patient = [0, 0, 1, 1, 2, 2]
    found = imputed([0], [0], [7.0], patient, median=True)
    assert found == {(0, 0): 7.0}
    found = imputed([0, 2], [0, 0], [7.0, 9.0], patient, median=False)
    assert found == {(0, 0): 7.0, (1, 0): 7.0, (2, 0): 9.0, (3, 0): 9.0}


def test_visits_that_are_left_out_get_nothing_and_give_nothing():
    found = imputed([1], [0], [7.0], [-1, 0, -1, 0], median=True)
    assert found == {(1, 0): 7.0, (3, 0): 7.0}


def test_tests_are_imputed_one_by_one():
    found = imputed([0, 0, 1], [0, 1, 1], [1.0, 2.0, 5.0], [0, 0], median=False)
    assert found == {(0, 0): 1.0, (1, 0): 1.0, (0, 1): 2.0, (1, 1): 5.0}
