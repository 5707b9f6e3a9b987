"""Spec files for the tests: how they are written, read and given to the command."""

from pathlib import Path

from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.spec import yaml_reader
from lyapscreen.spec.spec import Spec
from tests.helpers.flags import replacing

SMALL = "data: wine\nmodel: mlp:4\nsteps: 10\nseeds: 2\nlr: [0.05, 0.2]\nact: [relu]\njobs: 1\n"


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, replacing(*arguments), input=stdin)


def write_spec(text, name="spec.yaml"):
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def spec_of(text):
    """Return the spec that a text alone stands for."""
    file = yaml_reader.parse(text if isinstance(text, bytes) else text.encode(), "spec.yaml")
    with file.blamed():
        return Spec.of(**{name: value for name, value in file.settings.items() if value is not None})


def printed_spec(*arguments):
    """Return the spec that `--print-spec` prints."""
    result = run("rank", *arguments, "--print-spec")
    assert result.exit_code == 0, result.output
    return spec_of(result.stdout)


READABLE = {
    "a range": ("lr: 1e-4:1", {"lr": "1e-4:1"}),
    "a range that YAML 1.1 takes for minutes": ("lr: 1:30", {"lr": "1:30"}),
    "a number that YAML 1.1 takes for text": ("lr: 1e-4", {"lr": "1e-4"}),
    "a list": ("lr: [0.1, 0.3]", {"lr": [0.1, 0.3]}),
    "a list of lines": ("lr:\n- 0.1\n- 3e-1\n", {"lr": [0.1, 0.3]}),
    "a list in text": ("lr: 0.1,0.3", {"lr": [0.1, 0.3]}),
    "a count": ("seeds: 5", {"seeds": 5}),
    "one seed": ("seeds: [5]", {"seeds": [5]}),
    "one seed by name": ("seeds: seed=5", {"seeds": [5]}),
    "yes is a word": ("header: yes", {"header": "yes"}),
    "no is a word": ("header: no", {"header": "no"}),
    "yes is true": ("kantz_wolf: yes", {"kantz_wolf": True}),
    "true is true": ("kantz_wolf: true", {"kantz_wolf": True}),
    "a hyphen": ("batch-size: full\nheld-out: 0.5", {"batch_size": "full", "held_out": 0.5}),
    "a column's index": ("target: 3", {"target": 3}),
    "a column's name": ("target: 007", {"target": "007"}),
    "a column called null": ("target: 'null'", {"target": "null"}),
    "a column called true": ("target: true", {"target": "true"}),
    "a date is a word": ("target: 2001-01-01", {"target": "2001-01-01"}),
    "null is the default": ("target: null\nmomentum: ~\nclip_norm:", {}),
    "all defaults": ("{}", {}),
    "no line end": ("steps: 20 # enough", {"steps": 20}),
    "Windows": ("\ufeffsteps: 20\r\nact: relu\r\n", {"steps": 20, "act": "relu"}),
    "an end mark": ("---\nsteps: 20\n...\n", {"steps": 20}),
    "quotes": ("\"lr\": '0.1'\nact: \"relu\"", {"lr": [0.1], "act": ["relu"]}),
    "no axis": ("sweep: {}", {}),
    "axes": ("optimizer: momentum\nsweep: {momentum: [0, 0.9], batch-size: [16, full]}",
             {"optimizer": "momentum", "sweep": {"momentum": [0, 0.9], "batch_size": [16, "full"]}}),
    "axes in lines": ("sweep:\n  clip_norm: [null, 1e-1]\n  weight_decay: 0,0.1\n  warmup: 3\n",
                      {"sweep": {"clip_norm": [None, 0.1], "weight_decay": [0, 0.1], "warmup": [3]}}),
    "axes as flags": ("sweep: ['clip_norm=none,1']", {"sweep": {"clip_norm": [None, 1]}}),
    "a keyword": ("model: net.py:f\nsweep: {norm: [none, 'none ', 1e-4, '1e-4', true]}",
                  {"model": "net.py:f", "sweep": {"norm": [None, "none ", 1e-4, "1e-4", True]}}),
}  # fmt: skip
"""Texts that are read, with the settings they stand for."""
