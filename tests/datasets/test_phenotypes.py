"""The 25 phenotypes against the definition file, code by code."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairsample.datasets import phenotypes
from fairsample.datasets.phenotypes import _PREFIXES, PHENOTYPES


def definitions():
    """Read the CCS file: category -> (used in the benchmark, its codes)."""
    yaml = pytest.importorskip("yaml")
    folder = Path(os.environ["FAIRSAMPLE_DATA"]) / "ccs_phenotypes"
    content = gzip.decompress(
        (folder / "hcup_ccs_2015_definitions.yaml.gz").read_bytes()
    )
    return {
        name: (category["use_in_benchmark"], list(map(str, category["codes"])))
        for name, category in yaml.safe_load(content).items()
    }


def test_every_code_of_every_category_is_where_the_definitions_put_it(real_data):
    categories = definitions()
    in_benchmark = [name for name, (is_used, _) in categories.items() if is_used]
    assert list(PHENOTYPES) == in_benchmark
    codes = sorted({code for _, listed in categories.values() for code in listed})
    expected = pd.DataFrame(
        {name: np.isin(codes, categories[name][1]) for name in in_benchmark}
    )
    pd.testing.assert_frame_equal(phenotypes(codes, prefix=""), expected)
    assert len(codes) > 15_000


def test_no_prefix_stands_twice_or_under_another_one():
    listed = [prefix for text in _PREFIXES.values() for prefix in text.split()]
    assert len(listed) == len(set(listed))
    assert not [(a, b) for a in listed for b in listed if a != b and b.startswith(a)]


def test_visits_gather_the_diagnoses_of_all_visits():
    visits = pd.Series(
        [[["DX:4280", "DX:4281"], []], [["RX:428"], ["DX:5849", "DX:486"]], [[]]],
        index=["a", "b", "c"],
    )
    found = phenotypes(visits)
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.sum(axis=1).tolist() == [1, 2, 0]
    assert found.loc["b", "Acute and unspecified renal failure"]
    assert set(map(str, found.dtypes)) == {"bool"}


def test_nested_lists_are_visits_too():
    cells = [[["DX:4280"]], [["DX:4019"], ["DX:78552"]]]
    assert phenotypes(cells).equals(phenotypes(pd.Series(cells)))


def test_whole_codes_do_not_stand_for_what_begins_like_them():
    found = phenotypes(["DX:2766", "DX:27661", "DX:27669", "DX:276.6"])
    assert found["Fluid and electrolyte disorders"].tolist() == [1, 0, 1, 1]
    surgical = "Complications of surgical procedures or medical care"
    assert found[surgical].tolist() == [0, 1, 0, 0]


def test_dots_are_ignored_and_leading_zeros_count():
    sepsis = phenotypes(["DX:038.9", "DX:0389", "DX:38.9", "DX:389", None, "038.9"])
    assert sepsis["Septicemia (except in labor)"].tolist() == [1, 1, 0, 0, 0, 0]


def test_another_prefix_of_diagnoses():
    visits = pd.Series([[["DIAGNOSIS//ICD//9//4280", "DX:4019"]]])
    found = phenotypes(visits, prefix="DIAGNOSIS//ICD//9//")
    assert found.columns[found.loc[0]].tolist() == [
        "Congestive heart failure; nonhypertensive"
    ]


def test_bare_codes_without_saying_so_are_refused():
    with pytest.raises(ValueError, match=r"begins with 'DX:'.*prefix=''"):
        phenotypes(["4280", "4019"])


@pytest.mark.parametrize("codes", ["DX:4280", 428])
def test_one_code_alone_is_refused(codes):
    with pytest.raises(ValueError, match="no list of codes"):
        phenotypes(codes)


def test_no_patients_and_no_codes():
    assert phenotypes([]).shape == (0, 25)
    assert phenotypes(pd.Series([[[]]])).to_numpy().tolist() == [[False] * 25]
