"""A small ranking of many batches, as the command runs it."""

from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing

SMALL = ["--data", "wine", "--model", "mlp:8", "--lr", "1e-3:3:6", "--seeds", "2", "--steps", "40", "--memory", "100kB"]


def rank(*arguments, spec=SMALL):
    return CliRunner().invoke(app, replacing("rank", "--quiet", *spec, *arguments))


def outputs(folder, *arguments):
    """Return the bytes of a ranking's CSV and JSON."""
    done = rank(*arguments, "--csv", str(folder / "r.csv"), "--json", str(folder / "r.json"))
    assert done.exit_code == 0, done.stderr
    return (folder / "r.csv").read_bytes(), (folder / "r.json").read_bytes()
