"""The programs of the gallery tell what they show, and the documentation runs them."""

import ast
import re
from pathlib import Path

import pytest

import fairsample.plots

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted((ROOT / "docs" / "gallery").glob("*.py"))


def names_imported(program):
    tree = ast.parse(program.read_text())
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "fairsample.plots"
        for alias in node.names
    }


def test_every_display_is_in_the_gallery():
    shown = set().union(*map(names_imported, PROGRAMS))
    assert shown == set(fairsample.plots.__all__)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_program_is_run_and_titled(program):
    assert re.fullmatch(r"plot_\d_\w+\.py", program.name)  # others would not be run
    title, line, blank = ast.get_docstring(ast.parse(program.read_text())).split("\n")[
        :3
    ]
    assert title
    assert line == "=" * len(title)
    assert blank == ""
