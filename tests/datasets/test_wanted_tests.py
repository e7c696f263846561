"""Tests that are asked for, by name, by bins or not at all."""

import pytest

from fairsample.datasets.wanted_tests import WantedTests
from fairsample.encoding import LabBins

BINS = LabBins().fit(["sodium"], [140.0])


@pytest.mark.parametrize(
    ("labs", "glucose", "sodium"),
    [
        ("all", True, True),
        ("glucose", True, False),
        (["sodium", "glucose"], True, True),
        (BINS, False, True),
        (None, False, False),
        ((), False, False),
    ],
)
def test_what_is_wanted(labs, glucose, sodium):
    tests = WantedTests(labs)
    assert ("glucose" in tests, "sodium" in tests) == (glucose, sodium)
    assert tests.bins is (BINS if labs is BINS else "all")


@pytest.mark.parametrize("labs", ["all", None, (), BINS, "iron", ["iron"]])
def test_what_is_found_or_not_asked_for_by_name_is_no_fault(labs):
    WantedTests(labs).check_found(["iron"])


@pytest.mark.parametrize("found", [[], ["iron"]])
def test_names_that_are_not_there_are_refused(found):
    with pytest.raises(ValueError, match="tests 'Iron'"):
        WantedTests(["Iron"]).check_found(found)
