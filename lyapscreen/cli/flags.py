"""The flags that several commands have and that are no part of the spec."""

from __future__ import annotations

from typing import Annotated

import typer

RUNNING, OUTPUT = "Running", "Output"
"""Panels of these flags."""

SpecPath = Annotated[
    str | None,
    typer.Argument(
        metavar="SPEC.yaml",
        help="A file of settings, each flag a key; - is stdin. A flag wins over a variable (LYAPSCREEN_LR=0.1 says the "
        "same as --lr 0.1, and so on), a variable over this file.",
    ),
]
PrintSpec = Annotated[
    bool,
    typer.Option("--print-spec", help="Print the settings as a spec file, defaults and all; do nothing else.",
                 rich_help_panel=RUNNING),
]  # fmt: skip
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.", rich_help_panel=RUNNING)]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Show all notes, and the traceback of an error.", rich_help_panel=RUNNING),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be done, in what time and memory; do nothing.", rich_help_panel=RUNNING
    ),
]
Jobs = Annotated[
    str | None,
    typer.Option(
        help="Worker processes; the numbers do not depend on it. \\[default: one a core, where it pays]",
        metavar="N",
        rich_help_panel=RUNNING,
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(
        help="What runs the workers: loky, dask (pip install 'lyapscreen\\[dask]') or ray (lyapscreen\\[ray]); the "
        "numbers do not depend on it. \\[default: loky]",
        metavar="NAME",
        rich_help_panel=RUNNING,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Where a Dask scheduler or Ray cluster runs already, such as tcp://HOST:8786; --jobs is then the most "
        "batches it is given at a time; never taken from a spec file. \\[default: workers are started here]",
        metavar="ADDRESS",
        envvar="LYAPSCREEN_ADDRESS",
        rich_help_panel=RUNNING,
    ),
]
AllowSpecAddress = Annotated[
    bool,
    typer.Option(
        "--allow-spec-address",
        help="Let the spec file say where to connect to: whoever runs that cluster can run code here.",
        rich_help_panel=RUNNING,
    ),
]
Run = Annotated[
    str | None,
    typer.Option(
        help="Keep what is finished in this directory, and the ranking at the end.",
        metavar="DIR",
        rich_help_panel=RUNNING,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with the run in --run DIR, whatever ended it; without settings, with those that lie there.",
        rich_help_panel=RUNNING,
    ),
]
FailFast = Annotated[
    bool,
    typer.Option(
        "--fail-fast",
        help="Stop when a worker is killed twice over a batch, instead of recording its candidates as failed.",
        rich_help_panel=RUNNING,
    ),
]
Confirm = Annotated[
    str | None,
    typer.Option(
        help="Train K of the best fully, spread over learning rates, and recommend who trains best.",
        metavar="K",
        rich_help_panel="Full training",
    ),
]
Save = Annotated[
    str | None,
    typer.Option(
        help="With --confirm: write the winner's trained weights, a state_dict that loads with weights_only.",
        metavar="FILE.pt",
        rich_help_panel=OUTPUT,
    ),
]
LogTo = Annotated[
    list[str] | None,
    typer.Option(
        help="Log ranking, figures and spec to an experiment tracker: mlflow:URI, tensorboard:DIR, or wandb:DIR, which "
        "stays offline (pip install 'lyapscreen\\[mlflow]' and so on); may be repeated; never taken from a spec file.",
        metavar="TOOL:PLACE",
        rich_help_panel=OUTPUT,
    ),
]
Pick = Annotated[
    str | None,
    typer.Option(
        "--format",
        "--print",
        help="Print the recommended settings alone: json, yaml, shell (lr=0.1 activation=relu), hydra (overrides, one "
        "a line) or python (a dict).",
        metavar="FORM",
        rich_help_panel=OUTPUT,
    ),
]
