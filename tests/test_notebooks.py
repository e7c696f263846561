"""The notebooks run from start to end, on few patients and for few epochs."""

import os
import tempfile
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the notebooks extra")
nbclient = pytest.importorskip("nbclient", reason="needs the notebooks extra")

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

SMALL = {
    "n_patients": 700,
    "seeds": [0],
    "training": {"max_epochs": 1, "fairness_epochs": 1},
    "max_downstream_fits": 9,
    "n_rows": 1500,
    "weights": [0.5],
    "learner": "linear",
    "max_epochs": 1,
}


@pytest.fixture
def kernel_environment(monkeypatch, tmp_path):
    """Let the kernel find the package and nothing of the user's."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("MPLBACKEND", "agg")


def parameters_cell(notebook):
    (cell,) = [
        cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])
    ]
    return cell


def names_assigned(source):
    variables = {}
    exec(source, variables)
    return set(variables) - {"__builtins__"}


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_small(path):
    assert path.stat().st_size < 200_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_hold_no_errors_and_no_warnings(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert [o for o in outputs if o.output_type == "error"] == []
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_do_not_tell_where_they_were_made(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = str([output for cell in cells for output in cell.get("outputs", [])])
    for folder in (ROOT, Path.home(), tempfile.gettempdir()):
        assert f"{folder}/" not in outputs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, kernel_environment):
    notebook = nbformat.read(path, as_version=4)
    cell = parameters_cell(notebook)
    names = names_assigned(cell.source)
    assert names <= set(SMALL)
    cell.source = "\n".join(f"{name} = {SMALL[name]!r}" for name in sorted(names))
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    assert all(c.execution_count for c in notebook.cells if c.cell_type == "code")
