"""The page of integrations: its commands and blocks run against the real libraries, and each block is short."""

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.needed import require
from tests.helpers.pages import blocks_of, commands_of

for library, least in (("mlflow-skinny", "3"), ("tensorboard", "2.16"), ("wandb", "0.19.10"), ("skorch", "1"),
                       ("optuna", "4"), ("matplotlib", "3.8"), ("lightning", "2.4"),
                       ("transformers", "4.46"), ("accelerate", "1.1")):  # fmt: skip
    require(library, least)

PAGE = "examples/integrations/README.md"

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs


@pytest.mark.parametrize("command", commands_of(PAGE), ids=" ".join)
def test_a_command_runs(command, directory):
    short = ["--steps", "4", "--seeds", "2", "--lr", "0.1", "--act", "relu", "--jobs", "1"]
    shortened = command[: command.index("--act")] + command[command.index("--act") + 4 :]
    done = CliRunner().invoke(app, [*shortened, *short])
    assert done.exit_code in (0, 3), done.stderr


@pytest.mark.parametrize("block", blocks_of(PAGE), ids=lambda block: block.splitlines()[0])
def test_a_block_runs_and_is_short(block, directory):
    assert len(block.splitlines()) <= 25
    exec(compile(block, PAGE, "exec"), {})
