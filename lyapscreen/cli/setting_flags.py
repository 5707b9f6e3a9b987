"""The flags that set a spec: each setting once, with what it takes and what the help says of it."""

from __future__ import annotations

from dataclasses import dataclass

from lyapscreen.cli.flags import RUNNING
from lyapscreen.spec.activations import ACTIVATIONS
from lyapscreen.spec.measures import DEFAULT_RANK_BY, rank_by_help
from lyapscreen.spec.optimizers import OPTIMIZERS, listed


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
    common: bool = False
    """Whether the help shows it first."""
    aliases: tuple[str, ...] = ()
    """Other spellings, as other tools have them."""
    adds_up: bool = False
    """Whether it is a list, so that written several times its values add up."""


def _weight_decay_help() -> str:
    decoupled = listed((name for name, entry in OPTIMIZERS.items() if entry.decouples_decay), "and")
    defaults = "".join(
        f"; {name}: {value:g}" for name, entry in OPTIMIZERS.items() if (value := entry.flags.get("weight_decay", 0.0))
    )
    return f"L2 penalty; with {decoupled}, decay of the weights. \\[default: 0{defaults}]"


FULL, COMMON = "Full training", "Common"

SETTINGS = (
    Flag("data", "NAME|PATH", "Data", "A named dataset (digits, breast-cancer, wine, diabetes, moons, friedman1, xor), "
         "a table (.csv, .tsv, .txt, .parquet, .feather, .orc, .xlsx, .arff, .svmlight), arrays (.npz, .npy, .pt), or "
         "FILE.py:function. \\[default: digits]", common=True),
    Flag("target", "COLUMN", "Data", "Column to predict, by name or index; several (a,b) for a regression on all. "
         "\\[default: the last]", common=True),
    Flag("header", "auto|yes|no", "Data", "Whether the first row names the columns. \\[default: auto]"),
    Flag("skip_rows", "N", "Data", "Lines to pass over at the top of a table. \\[default: titles and comments]"),
    Flag("separator", "CHARACTER", "Data", "What separates cells: a character, comma, semicolon, tab, pipe or space. "
         "\\[default: found]"),
    Flag("decimal", "auto|.|,", "Data", "Decimal mark of the numbers. \\[default: found]"),
    Flag("encoding", "NAME", "Data", "Encoding of a text table. \\[default: UTF-8, or what its byte order mark says]"),
    Flag("missing", "MARK,MARK", "Data", "Cells that hold no value, beside empty ones; '' for none. \\[default: ?, and "
         "NA, None, nan and alike as in pandas, where they are no labels]", adds_up=True),
    Flag("drop", "COLUMN,COLUMN", "Data", "Columns to leave out, beside row numbers and constants; none uses "
         "these too.", adds_up=True),
    Flag("ignore_label", "LABEL", "Data", "A label that means not labelled, such as -1: its rows are left out."),
    Flag("task", "TASK", "Data", "classification or regression. \\[default: auto, by the target's values]"),
    Flag("inputs", "KIND", "Data", "What a row is: numbers, images, tokens (whole numbers, for an embedding) or "
         "sequences. \\[default: images if X has three or four dimensions, else numbers]"),
    Flag("held_out", "FRACTION|FILE", "Data", "Fraction of the rows kept for measuring, or a file of such rows. "
         "\\[default: 0.25]"),
    Flag("split", "HOW", "Data", "Which rows are kept: random, last (in the order of the file, for data ordered in "
         "time), or group:COLUMN (rows of one group stay together). \\[default: random]"),
    Flag("model", "NAME|FILE.py:F", "Model", "mlp: and hidden widths, cnn, or your own: FILE.py:factory, "
         "package.module:factory. \\[default: mlp:64,64]", common=True),
    Flag("loss", "NAME|FILE.py:F", "Model", "cross-entropy, mse, huber, bce, or a function of outputs and targets. "
         "\\[default: auto, by the task]"),
    Flag("init", "fresh|keep", "Model", "Draw a finished module's weights anew for each seed, or keep them. "
         "\\[default: fresh]"),
    Flag("weights", "FILE", "Model", "A state_dict every seed starts from (read with weights_only)."),
    Flag("act", "A,B|all", "Model", f"Activations: {', '.join(ACTIVATIONS)}. \\[default: relu,sigmoid]",
         common=True, aliases=("--activation",), adds_up=True),
    Flag("seeds", "N|A,B|seed=N", "Model", "How many seeds, or which: 0,1,7 or seed=7. \\[default: 5]", common=True),
    Flag("lr", "LO:HI[:N]|A,B|auto", "Training", "Learning rates: a logarithmic range, values, or auto, which "
         "widens the default until the best lies inside. \\[default: 1e-4:1]",
         common=True, aliases=("--learning-rate",), adds_up=True),
    Flag("optimizer", "NAME", "Training", f"{listed(OPTIMIZERS, 'or')}. \\[default: sgd]", common=True),
    Flag("momentum", "FACTOR", "Training", "Momentum factor. \\[default: 0.9 where the optimizer has one]"),
    Flag("weight_decay", "NUMBER", "Training", _weight_decay_help()),
    Flag("clip_norm", "NORM", "Training", "Largest gradient norm let through. \\[default: no clipping]"),
    Flag("batch_size", "N|full", "Training", "Rows per optimizer step. \\[default: 64]"),
    Flag("sweep", "NAME=A,B", "Training", "A further axis, once for each: a setting of the optimizer, batch_size, or a "
         "keyword of your model's factory, such as momentum=0,0.9.", many=True),
    Flag("full_steps", "N", FULL, "Optimizer steps of the training that is to be run. \\[default: 1500]", common=True),
    Flag("full_epochs", "E", FULL, "The same in epochs, in place of --full-steps."),
    Flag("schedule", "NAME", FULL, "Of the learning rate over the full training, whose beginning a probe runs: "
         "constant, linear or cosine (both to 0), or wsd (constant, then to 0 over the last fifth; wsd:0.1 over the "
         "last tenth); linear:from-zero where warm-up begins at 0. \\[default: constant]"),
    Flag("warmup", "N", FULL, "Steps of linear warm-up before it. \\[default: 0]"),
    Flag("keep", "best|last", FULL, "The checkpoint that is kept: the best (early stopping) or the last. "
         "\\[default: best]"),
    Flag("steps", "N", "Probe", "Optimizer steps per probe. \\[default: 100; for a full training of over 10,000 steps "
         "a hundredth of it, at most 400]"),
    Flag("halving", "", "Probe", "Let only the best go on after a quarter and after half of the steps (from 10 "
         "configurations and 40 steps on).", off="--no-halving"),
    Flag("estimator", "NAME", "Probe", "How the exponent is measured: tangent (exact), or two-trajectory as a "
         "cross-check for smooth activations. \\[default: tangent]"),
    Flag("rank_by", "WHAT", "Probe", f"{rank_by_help()}. \\[default: {DEFAULT_RANK_BY}]"),
    Flag("kantz_wolf", "", "Probe", "Measure the paper's estimate too, at some 25 times the cost."),
    Flag("neighbours", "N", "Probe", "Trajectories of kantz-wolf, the reference among them. \\[default: 25]"),
    Flag("neighbour_std", "NUMBER", "Probe", "Their initial distance in each weight. \\[default: 1e-4]"),
    Flag("max_growth", "FACTOR", "Probe", "Growth of a perturbation over the probe that counts as chaotic. "
         "\\[default: 20]"),
    Flag("evaluation_rows", "N", "Probe", "Most rows that each loss is measured on, or all. \\[default: 2048 of the "
         "training part, 4096 held out]"),
    Flag("dtype", "DTYPE", "Probe", "float32 or float64. \\[default: float32]"),
    Flag("device", "DEVICE", RUNNING, "cpu, or cuda: a GPU, used by this process alone. \\[default: auto, a GPU where "
         "there is one and the work is long enough for it]"),
    Flag("memory", "SIZE", RUNNING, "Most that the working set of one batch may take, such as 256MiB; each worker has "
         "one batch at a time. \\[default: what is quick for the model]"),
    Flag("no_code", "", RUNNING, "Refuse a model, loss or data that names Python code."),
)  # fmt: skip
