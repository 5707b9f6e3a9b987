"""Fixtures of the paper's example."""

import importlib
import sys
from types import SimpleNamespace

import pytest
import torch

from tests.helpers.project import EXAMPLES


@pytest.fixture(scope="module")
def paper():
    """The example's modules, imported from where they lie; one thread, as its scripts take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES / "paper_xor")
        names = ("xor", "output", "figure4", "figure5", "epochs")
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
        for name in names:
            del sys.modules[name]
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def figure5(paper):
    """All 10,000 starting points of seed 0: {(activation, dtype): summary}."""
    found = [
        pair for activation in ("linear", "sigmoid", "relu") for pair in paper.figure5.measure(activation, 10_000, 0)
    ]
    return {(summary.activation, summary.dtype): summary for summary, _ in found}
