"""The flags that set a spec, declared once and given to every command that probes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lyapscreen.cli import messages
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.spec.yaml_reader import SpecFile

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
    many: bool = False
    """Whether it may be written several times."""
    off: str = ""
    """How a switch that is on by default is turned off."""


SETTINGS = (
    Flag("data", "NAME|PATH", "Data", "A named dataset (digits, breast-cancer, wine, diabetes, moons, friedman1, xor), "
         "a .csv, .tsv, .parquet or .npz file, or FILE.py:function. \\[default: digits]"),
    Flag("target", "COLUMN", "Data", "Column to predict, by name or index. \\[default: the last]"),
    Flag("header", "auto|yes|no", "Data", "Whether the first row names the columns. \\[default: auto]"),
    Flag("task", "TASK", "Data", "classification or regression. \\[default: auto, by the target's values]"),
    Flag("inputs", "KIND", "Data", "What a row is: numbers, images, tokens (whole numbers, for an embedding) or "
         "sequences. \\[default: images if X has three or four dimensions, else numbers]"),
    Flag("held_out", "FRACTION|FILE", "Data", "Fraction of the rows kept for measuring, or a file of such rows. "
         "\\[default: 0.25]"),
    Flag("split", "HOW", "Data", "Which rows are kept: random, last (in the order of the file, for data ordered in "
         "time), or group:COLUMN (rows of one group stay together). \\[default: random]"),
    Flag("model", "NAME|FILE.py:F", "Model", "mlp: and hidden widths, cnn, or your own: FILE.py:factory, "
         "package.module:factory. \\[default: mlp:64,64]"),
    Flag("loss", "NAME|FILE.py:F", "Model", "cross-entropy, mse, huber, bce, or a function of outputs and targets. "
         "\\[default: auto, by the task]"),
    Flag("init", "fresh|keep", "Model", "Draw a finished module's weights anew for each seed, or keep them. "
         "\\[default: fresh]"),
    Flag("weights", "FILE", "Model", "A state_dict every seed starts from (read with weights_only)."),
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
    Flag("sweep", "NAME=A,B", "Training", "A further axis, once for each: a setting of the optimizer, batch_size, or a "
         "keyword of your model's factory, such as momentum=0,0.9.", many=True),
    Flag("steps", "N", "Probe", "Optimizer steps per probe. \\[default: 100]"),
    Flag("halving", "", "Probe", "Let only the best go on after a quarter and after half of the steps (from 10 "
         "configurations and 40 steps on).", off="--no-halving"),
    Flag("estimator", "NAME", "Probe", "How the exponent is measured: tangent (exact), or two-trajectory as a "
         "cross-check for smooth activations. \\[default: tangent]"),
    Flag("rank_by", "WHAT", "Probe", "effective, end (for training that runs to --full-steps without early stopping), "
         "transverse, lyapunov, kantz-wolf (the paper's rule) or loss (held-out). \\[default: effective]"),
    Flag("full_steps", "N", "Probe", "Optimizer steps of full training: of --confirm and validate, and what --rank-by "
         "end reads ahead to. \\[default: 1500]"),
    Flag("kantz_wolf", "", "Probe", "Measure the paper's estimate too, at some 25 times the cost."),
    Flag("neighbours", "N", "Probe", "Trajectories of kantz-wolf, the reference among them. \\[default: 25]"),
    Flag("neighbour_std", "NUMBER", "Probe", "Their initial distance in each weight. \\[default: 1e-4]"),
    Flag("max_growth", "FACTOR", "Probe", "Growth of a perturbation over the probe that counts as chaotic. "
         "\\[default: 20]"),
    Flag("dtype", "DTYPE", "Probe", "float32 or float64. \\[default: float32]"),
    Flag("device", "DEVICE", RUNNING, "cpu, or cuda: a GPU, used by this process alone. \\[default: auto, a GPU where "
         "there is one and the work is long enough for it]"),
    Flag("memory", "SIZE", RUNNING, "Most that the working set of one batch may take, such as 256MiB; each worker has "
         "one batch at a time. \\[default: what is quick for the model]"),
    Flag("no_code", "", RUNNING, "Refuse a model, loss or data that names Python code."),
)  # fmt: skip

OWN: set[str] = set()
"""Names of the flags that are some command's own; filled as the commands are declared."""

RANKS_OWN = frozenset({
    "csv", "json", "parquet", "markdown", "html", "plot", "save", "run", "resume", "halving", "confirm",
})  # fmt: skip
"""Keys of a spec file that are meant for `rank`: where its results go, how far its probes do, and what follows them.

Other commands have these as flags alone: `gate` must not replace the ranking by its verdicts.
"""

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
"""How a spec file writes a flag that takes no value."""

SpecPath = Annotated[
    str | None,
    typer.Argument(metavar="SPEC.yaml", help="A file of settings, each flag a key; flags win over it. - is stdin."),
]
PrintSpec = Annotated[
    bool,
    typer.Option("--print-spec", help="Print the settings as a spec file, defaults and all; do nothing else.",
                 rich_help_panel=RUNNING),
]  # fmt: skip
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
        "batches it is given at a time. \\[default: workers are started here]",
        metavar="ADDRESS",
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
    typer.Option("--resume", help="Go on with the run in --run DIR, whatever ended it.", rich_help_panel=RUNNING),
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
    typer.Option(help="Train the best K fully, and recommend who trains best.", metavar="K", rich_help_panel="Probe"),
]
Save = Annotated[
    str | None,
    typer.Option(
        help="With --confirm: write the winner's trained weights, a state_dict that loads with weights_only.",
        metavar="FILE.pt",
        rich_help_panel=OUTPUT,
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
Parquet = Annotated[
    str | None,
    typer.Option(
        help="Write the CSV's columns as Parquet (pip install 'lyapscreen\\[parquet]'); - is stdout.",
        metavar="PATH",
        rich_help_panel=OUTPUT,
    ),
]
Markdown = Annotated[
    str | None,
    typer.Option(help="Write the ranking as Markdown; - is stdout.", metavar="PATH", rich_help_panel=OUTPUT),
]
Html = Annotated[
    str | None,
    typer.Option(
        help="Write a report with figures, one page that needs nothing else; - is stdout.",
        metavar="PATH",
        rich_help_panel=OUTPUT,
    ),
]
Plot = Annotated[
    str | None,
    typer.Option(help="Write the figures alone, as FILE.png or FILE.svg.", metavar="PATH", rich_help_panel=OUTPUT),
]


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a spec file, every flag of the spec, and one way to tell errors.

    It receives as the dict `settings` what the file and the flags set, and its own flags as ever; a flag
    wins over the file. Typer reads a command's flags off its signature. Writing the shared ones into each
    command would be as many places to forget one, so the signature is put together here.
    """
    rest = [p.replace(kind=p.KEYWORD_ONLY) for p in inspect.signature(command, eval_str=True).parameters.values()]
    own = {p.name: p.default for p in rest if p.name != "settings"}
    signature = [_parameter("ctx", typer.Context), _parameter("spec_file", SpecPath, None)]
    signature += [_parameter(flag.name, _type(flag), None if flag.metavar else bool(flag.off)) for flag in SETTINGS]
    signature += [*(p for p in rest if p.name in own), _parameter("debug", Debug, False)]
    OWN.update(own, ["debug"])

    ranks = command.__name__ == "rank"

    @functools.wraps(command)
    def typed(ctx: typer.Context, spec_file: str | None, *, debug: bool, **values: Any) -> None:
        given = {name: value for name, value in values.items() if _is_given(ctx, name)}
        with messages.errors_reported(debug=debug):
            file = _read(spec_file).without(given)
            with file.blamed():
                debug = debug or bool(_own("debug", debug, file.settings))
        with messages.errors_reported(debug=debug), file.blamed():
            said = {key: value for key, value in file.settings.items() if ranks or key not in RANKS_OWN}
            known = {name: value for name, value in {**said, **given}.items() if value is not None}
            settings = {flag.name: known[flag.name] for flag in SETTINGS if flag.name in known}
            flags = {name: _own(name, default, known) for name, default in own.items()}
            command(settings=settings, **flags)

    typed.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    typed.__annotations__ = {p.name: p.annotation for p in signature}
    return typed


def keys() -> set[str]:
    """Return every key that a spec file may have: the settings, and the flags of the commands that take them."""
    return {flag.name for flag in SETTINGS} | OWN


def _read(path: str | None) -> SpecFile:
    from lyapscreen.spec import yaml_reader  # not before a command runs: `--help` does without YAML and pydantic

    return yaml_reader.SpecFile() if path is None else yaml_reader.read(path, keys())


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _own(name: str, default: object, known: Mapping[str, object]) -> object:
    """Return a flag's value, be it from the command line or, as text, from the file."""
    value = known.get(name)
    if value is None:
        return default
    if not isinstance(default, bool) or isinstance(value, bool):
        return value
    if str(value).lower() not in SWITCHES:
        raise SettingError(name, value, "it must be true or false", "Write true or false")
    return SWITCHES[str(value).lower()]


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _type(flag: Flag) -> Any:
    if not flag.metavar:
        switch = f"--{flag.name.replace('_', '-')}{'/' * bool(flag.off)}{flag.off}"
        return Annotated[bool, typer.Option(switch, help=flag.text, rich_help_panel=flag.panel)]
    kind = list[str] if flag.many else str
    return Annotated[kind | None, typer.Option(help=flag.text, metavar=flag.metavar, rich_help_panel=flag.panel)]
