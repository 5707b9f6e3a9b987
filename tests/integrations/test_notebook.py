"""The notebook of the examples runs from top to bottom in a kernel of its own, and shows what it says."""

import json
import sys

import pytest

from tests.helpers.project import ROOT

NOTEBOOK = ROOT / "examples" / "notebook" / "screening.ipynb"

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The code cells after a run in this Python, whatever kernels are registered."""
    folder = tmp_path_factory.mktemp("kernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("IPYTHONDIR", str(folder))
        patch.setenv("JUPYTER_PATH", str(folder))
        kernel = folder / "kernels" / "python3"
        kernel.mkdir(parents=True)
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": start, "display_name": "here", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec))
        where = {"metadata": {"path": str(folder)}}
        client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where)
        client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def result(cell):
    (found,) = (output for output in cell.outputs if output.output_type == "execute_result")
    return found.data


def test_no_outputs_are_stored():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_screening_shows_itself_and_one_line_of_progress(cells):
    shown = result(cells[1])
    assert shown["text/html"].startswith('<div class="lyapscreen')
    assert "data:image/svg+xml;base64," in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert shown["text/plain"].startswith("<Screening of 14 configurations x 3 seeds")
    (progress,) = (output for output in cells[1].outputs if output.output_type == "display_data")
    assert progress.data["text/plain"].startswith("lyapscreen: 14 configurations x 3 seeds screened, ")


def test_rows_settings_and_the_plain_training_are_shown(cells):
    assert result(cells[2])["text/plain"].count("<Row ") == 3
    assert "held_out_score" in result(cells[3])["text/html"]
    best = result(cells[4])["text/plain"]
    assert "'optimizer': 'sgd'" in best
    assert "Expected(loss=" in best
    assert 0 < float(result(cells[5])["text/plain"]) < 0.5  # a constant guess has ln 3 = 1.1
