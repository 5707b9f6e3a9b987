"""The flags that set a spec, declared once and given to every command that probes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

RUNNING, OUTPUT = "Running", "Output"
"""Panels of the flags that are no part of the spec."""


@dataclass(frozen=True)
class Flag:
    """One setting of the spec on the command line; its value reaches the spec as it was typed."""

    name: str
    metavar: str
    """Empty for a switch, which takes no value."""
    panel: str
    text: str


SETTINGS = (
    Flag("data", "NAME|PATH", "Data", "A named dataset (digits, breast-cancer, wine, diabetes, moons, friedman1, xor), "
         "or a .csv or .tsv file. \\[default: digits]"),
    Flag("target", "COLUMN", "Data", "Column to predict, by name or index. \\[default: the last]"),
    Flag("header", "auto|yes|no", "Data", "Whether the first row names the columns. \\[default: auto]"),
    Flag("task", "TASK", "Data", "classification or regression. \\[default: auto, by the target's values]"),
    Flag("held_out", "FRACTION", "Data", "Fraction of the rows kept for measuring. \\[default: 0.25]"),
    Flag("model", "mlp:W,W", "Model", "Fully connected network of these hidden widths. \\[default: mlp:64,64]"),
    Flag("act", "A,B|all", "Model", "Activations: linear, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, "
         "sigmoid, tanh. \\[default: relu,sigmoid]"),
    Flag("seeds", "N|A,B|seed=N", "Model", "How many seeds, or which: 0,1,7 or seed=7. \\[default: 5]"),
    Flag("lr", "LO:HI[:N]|A,B", "Training", "Learning rates: a logarithmic range, or values. \\[default: 1e-4:1]"),
    Flag("optimizer", "NAME", "Training", "sgd, momentum, nesterov, adam, adamw or rmsprop. \\[default: sgd]"),
    Flag("momentum", "FACTOR", "Training", "Momentum factor. \\[default: 0.9 where the optimizer has one]"),
    Flag("weight_decay", "NUMBER", "Training", "L2 penalty; with adamw, decay. \\[default: 0; adamw: 0.01]"),
    Flag("clip_norm", "NORM", "Training", "Largest gradient norm let through. \\[default: no clipping]"),
    Flag("batch_size", "N|full", "Training", "Rows per optimizer step. \\[default: 64]"),
    Flag("schedule", "NAME[:N]", "Training", "constant, cosine over the probe's steps, or cosine:N over N steps. "
         "\\[default: constant]"),
    Flag("warmup", "N", "Training", "Steps of linear warm-up. \\[default: 0]"),
    Flag("steps", "N", "Probe", "Optimizer steps per probe. \\[default: 100]"),
    Flag("estimator", "NAME", "Probe", "How the exponent is measured: tangent (exact), or two-trajectory as a "
         "cross-check for smooth activations. \\[default: tangent]"),
    Flag("rank_by", "WHAT", "Probe", "effective, transverse, lyapunov, kantz-wolf (the paper's rule) or "
         "loss (held-out). \\[default: effective]"),
    Flag("kantz_wolf", "", "Probe", "Measure the paper's estimate too, at some 25 times the cost."),
    Flag("neighbours", "N", "Probe", "Trajectories of kantz-wolf, the reference among them. \\[default: 25]"),
    Flag("neighbour_std", "NUMBER", "Probe", "Their initial distance in each weight. \\[default: 1e-4]"),
    Flag("max_growth", "FACTOR", "Probe", "Growth of a perturbation over the probe that counts as chaotic. "
         "\\[default: 20]"),
    Flag("dtype", "DTYPE", "Probe", "float32 or float64. \\[default: float32]"),
)  # fmt: skip

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.", rich_help_panel=RUNNING)]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=RUNNING)]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be done, in what time and memory; do nothing.", rich_help_panel=RUNNING
    ),
]
Jobs = Annotated[
    str | None,
    typer.Option(
        help="Worker processes; the numbers do not depend on it. \\[default: one a core]",
        metavar="N",
        rich_help_panel=RUNNING,
    ),
]
Csv = Annotated[
    str | None,
    typer.Option(
        help="Write the ranking as CSV; - is stdout, and then nothing else goes there.",
        metavar="PATH",
        rich_help_panel=OUTPUT,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        help="Write spec, versions, ranking and values per seed as JSON; - is stdout.",
        metavar="PATH",
        rich_help_panel=OUTPUT,
    ),
]


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every flag of the spec; it receives those the user typed as the dict `settings`.

    Typer reads a command's flags off its signature. Writing the eighteen shared ones into each
    command would be eighteen places to forget one, so the signature is put together here.
    """
    own = inspect.signature(command, eval_str=True)
    flags = [
        inspect.Parameter(
            flag.name, inspect.Parameter.KEYWORD_ONLY, default=None if flag.metavar else False, annotation=_type(flag)
        )
        for flag in SETTINGS
    ]  # fmt: skip
    rest = [p.replace(kind=p.KEYWORD_ONLY) for p in own.parameters.values() if p.name != "settings"]

    @functools.wraps(command)
    def typed(**values: Any) -> None:
        settings = {flag.name: values.pop(flag.name) for flag in SETTINGS}
        command(settings={name: value for name, value in settings.items() if value not in (None, False)}, **values)

    typed.__signature__ = inspect.Signature([*flags, *rest])  # type: ignore[attr-defined]
    typed.__annotations__ = {p.name: p.annotation for p in (*flags, *rest)}
    return typed


def _type(flag: Flag) -> Any:
    if not flag.metavar:
        switch = f"--{flag.name.replace('_', '-')}"
        return Annotated[bool, typer.Option(switch, help=flag.text, rich_help_panel=flag.panel)]
    return Annotated[str | None, typer.Option(help=flag.text, metavar=flag.metavar, rich_help_panel=flag.panel)]
