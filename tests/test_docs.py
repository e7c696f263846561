"""The documentation says what is there, and its examples run."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import fairsample

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "fairsample"

ROOMS = [room.name for room in pkgutil.iter_modules([str(PACKAGE)])]
WITHOUT_PUBLIC_NAMES = {
    "autoregressive",  # the inside of the generators
    "commands",  # called from a shell
    "on_disk",  # public by way of datasets
    "shards",  # the inside of sample_to_parquet
    "training",
}
PAGES_OF_PAPERS = {"causal": "causal", "flip": "flip"}  # of rooms; else FairSynth's
PUBLIC_ROOMS = [
    f"fairsample.{room.name}"
    for room in pkgutil.iter_modules([str(PACKAGE)])
    if room.ispkg and room.name not in WITHOUT_PUBLIC_NAMES
]


def names_on_the_api_page():
    """Every name in an autosummary of the API page, as (module, name)."""
    module, listing, found = None, False, []
    for line in (DOCS / "api" / "index.rst").read_text().splitlines():
        if match := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = match[1]
        if re.match(r"\S", line):
            listing = line.startswith(".. autosummary::")
        elif listing and (match := re.match(r"   (\w+)$", line)):
            found.append((module, match[1]))
    return found


def departures(page):
    """The section of a page that lists where the code departs from papers."""
    text = (DOCS / f"{page}.rst").read_text()
    (title,) = re.findall(r"^Departures from the papers?\n-+\n", text, re.MULTILINE)
    return re.split(r"\n[^\n]+\n-{3,}\n", text.split(title)[1])[0]


def public_objects():
    """Every public class and function of the rooms, each once, by name."""
    objects = {}
    for room in PUBLIC_ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            objects.setdefault(name, getattr(module, name))
    return objects


PUBLIC = public_objects()
ON_THE_PAGE = names_on_the_api_page()


def test_the_api_page_is_read():
    assert ("fairsample", "FairSynthResampler") in ON_THE_PAGE
    assert len(ON_THE_PAGE) == len(set(ON_THE_PAGE)) > 20


@pytest.mark.parametrize("module, name", ON_THE_PAGE)
def test_what_the_api_page_names_exists(module, name):
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_names_are_on_the_api_page(name):
    assert name in {name for _, name in ON_THE_PAGE}


@pytest.mark.parametrize("module, name", ON_THE_PAGE)
def test_documented_names_have_an_example(module, name):
    documented = getattr(importlib.import_module(module), name)
    lines = doctest.DocTestFinder(recurse=False).find(documented)[0].examples
    assert "Examples\n" in documented.__doc__
    assert lines


def test_top_level_names_are_on_the_api_page():
    names = {name for module, name in ON_THE_PAGE if module == "fairsample"}
    assert names == set(fairsample.__all__) - {"__version__"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_in_the_architecture(room):
    page = (DOCS / "architecture.rst").read_text()
    assert f"``{room}.py``" in page or f"``{room}/``" in page


def test_the_architecture_names_no_room_that_is_gone():
    page = (DOCS / "architecture.rst").read_text()
    rooms = page[page.index("The rooms\n") : page.index("``tests/`` mirrors")]
    named = re.findall(r"``(\w+)(?:\.py|/)``", rooms)
    assert sorted(named) == sorted(ROOMS)


@pytest.mark.parametrize(
    "path",
    [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if "NOTE[DIFF]" in path.read_text()
    ],
)
def test_departures_from_the_papers_are_documented(path):
    page = PAGES_OF_PAPERS.get(path.split("/")[0], "fairsynth")
    assert f"``{path}``" in departures(page)


@pytest.mark.parametrize("page", ["causal", "fairsynth", "flip"])
def test_files_that_depart_from_the_papers_exist(page):
    named = re.findall(r"``(\w+/\w+\.py)``", departures(page))
    assert named
    assert [path for path in named if not (PACKAGE / path).exists()] == []


@pytest.mark.parametrize(
    "page",
    [
        "adding_a_backend",
        "adding_a_resampler",
        "adding_an_objective",
        "augmentation_report",
        "causal",
        "causal_effects",
        "cluster",
        "contract",
        "evaluation",
        "fairness_weight_grid",
        "flip",
        "hospital_exports",
        "language_model_server",
        "large_tables",
        "pipeline",
        "pitfalls",
        "privacy_for_signatories",
        "quickstart",
        "records_with_visits",
    ],
)
def test_examples_of_the_pages_run(page):
    failed, tried = doctest.testfile(
        str(DOCS / f"{page}.rst"),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert tried > 5
    assert failed == 0


def test_commands_of_the_benchmark_page_exist():
    page = (DOCS / "benchmarks.rst").read_text()
    scripts = set(re.findall(r"python (tests/benchmarks/\w+\.py)", page))
    with_main = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests" / "benchmarks").glob("*.py")
        if "__main__" in path.read_text()
    }
    assert scripts == with_main
