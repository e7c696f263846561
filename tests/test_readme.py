"""The README's example runs, and what it points to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_there_are_two_short_examples():
    examples = python_blocks(README)
    assert len(examples) == 2
    for example in examples:
        assert len([line for line in example.splitlines() if line]) <= 12


def test_the_example_of_fair_rows_runs(capsys):
    example, _ = python_blocks(README)
    exec(compile(example, "README.md", "exec"), {})
    assert 0 <= float(capsys.readouterr().out) <= 1


def test_the_example_of_causal_effects_runs(capsys):
    _, example = python_blocks(README)
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    told = capsys.readouterr().out
    assert "100 % of the direct effect is to be removed" in told
    assert abs(names["writer"].effects_synthetic_.direct.value) < 0.02
    assert names["writer"].effects_synthetic_.indirect.value < -0.1
    assert len(names["X_without"]) == len(names["y_without"]) == 2000


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_within_the_project_lead_somewhere(page):
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text())
    inside = [link for link in links if not link.startswith("http")]
    assert [link for link in inside if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_commands_are_targets_of_the_makefile(page):
    commands = re.findall(r"^make (\w+)|`make (\w+)", (ROOT / page).read_text(), re.M)
    named = {first or second for first, second in commands}
    assert named
    assert named <= set(TARGETS)
