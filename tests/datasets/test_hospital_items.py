import pytest

from fairsample.datasets.csv_table import CsvTable
from fairsample.datasets.hospital_items import ItemNames
from fairsample.encoding import LabBins

LINES = (
    "1,Lactate,Blood\n2,Glucose,Blood\n3,Glucose,Urine\n4,pH,Blood\n5,pH,Blood\n6,,\n"
)


@pytest.fixture
def items(tmp_path):
    def read(lines=LINES, **options):
        path = tmp_path / "D_LABITEMS.csv"
        path.write_text(f"itemid,label,fluid\n{lines}")
        kinds = dict.fromkeys(["itemid", "label", "fluid"], "text")
        return ItemNames(CsvTable(path, kinds), **options)

    return read


def test_names_are_as_short_as_they_can_be_and_differ(items):
    assert items().names == {
        "1": "Lactate",
        "2": "Glucose/Blood",
        "3": "Glucose/Urine",
        "4": "pH/Blood/4",
        "5": "pH/Blood/5",
        "6": "6",
    }
    assert items(taken=["Lactate"]).names["1"] == "Lactate/Blood"
    assert items("").names == {}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("all", None),
        (["Glucose"], {"Glucose/Blood", "Glucose/Urine"}),
        ([4, "2.0"], {"pH/Blood/4", "Glucose/Blood"}),
        (["pH/Blood/5"], {"pH/Blood/5"}),
        ("Lactate", {"Lactate"}),
        (LabBins().fit({"K": [1.0]}), {"K"}),
    ],
)
def test_wanted_items(items, asked, names):
    assert items().wanted(asked) == names


def test_unknown_items_and_similar_ones(items):
    with pytest.raises(
        ValueError, match="no 'Lactat', 7. Similar: 'Lactate'|no 'Lactat', '7'"
    ):
        items().wanted(["Lactat", 7])
