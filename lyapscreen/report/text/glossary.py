"""What words, symbols and columns mean: what `lyapscreen explain` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lyapscreen.report.text.columns import COLUMNS
from lyapscreen.spec.measures import MEASURES, Measure

WORDS, OUTCOMES, COLUMN = "words of the screen", "how a probe ends", "columns of CSV and JSON"
"""Kinds of terms."""


@dataclass(frozen=True)
class Term:
    """A word with its meaning."""

    name: str
    meaning: str
    kind: str = WORDS
    also: tuple[str, ...] = ()
    """Other names: the symbol, the column, the flag's value."""


_FIXED = (
    Term("configuration", "What is chosen: an activation, a learning rate, and any other setting that is swept."),
    Term("probe", "A short training of a configuration (--steps), along which learning and instability are measured."),
    Term("full training", "The training that the ranking is for: --full-steps or --full-epochs, --schedule, --keep. "
         "It is run with --confirm alone; else it is projected from the probes.", also=("training",)),
    Term("seed", "A random start: initial weights and order of the minibatches (--seeds).", also=("seeds",)),
    Term("as good", "Marked =: the seeds cannot tell it from the best. Seed by seed, the 95% interval of the "
         "difference (Student's t, Holm-corrected) holds 0. In files, group 1.", also=("tie", "ties", "group", "=")),
    Term("95%", "The 95% interval of a mean over the seeds (Student's t): low and high in files, ± half of it on the "
         "screen. Two means may differ though their intervals overlap: seeds are compared pair by pair.",
         also=("interval", "±", "+-", "_low", "_high")),
    Term("safe", "How far above the recommended learning rate nothing was unstable, as far as it was screened. "
         "`lyapscreen edge` finds the limit itself.", also=("headroom", "stable")),
    Term("looks better", "Marked !: its score after the probe is the best, yet it is not recommended, for the reason "
         "given under `why not`.", also=("!", "why not")),
    Term("halving", "Successive halving: after a quarter and after half of the steps only the best go on. The column "
         "`steps` says how far each went; --no-halving takes all to the end.", also=("stopped early", "rung")),
    Term("accuracy", "The share of held-out rows that are classified right, at the end of the probe. For regression "
         "it is R2, the share of the variance that is explained.", also=("r2", "score", "held-out score")),
    Term("constant guess", "The best prediction that ignores the input: the most frequent class, or the mean.",
         also=("baseline",)),
    Term("trained loss", "With --confirm: the held-out loss of the full training, at the checkpoint that --keep "
         "names.", also=("confirmed",)),
    Term("learns", "The error shrinks by at least five percent (T λ_perp <= -0.05), and nothing is unstable.",
         OUTCOMES, ("converging",)),
    Term("hardly learns", "Not five percent better than a constant guess at the end of the probe. Where the last "
         "checkpoint is kept (--keep last) it may still win, and is called slow at first.",
         OUTCOMES, ("stalled", "slow at first")),
    Term("chaotic", "In some seed a tiny change of the weights grows --max-growth times (20) over the probe: luck "
         "decides where such a training ends.", OUTCOMES),
    Term("dead", "The output no longer depends on the input.", OUTCOMES),
    Term("diverged", "The loss is no longer finite, or 1000 times what it was.", OUTCOMES, ("diverges",)),
    Term("failed", "The worker process was killed twice; the reason is in the JSON.", OUTCOMES),
)  # fmt: skip

_MORE = {
    "projected": "What the configuration will have learnt by the end of the full training, N steps, read off its "
    "activation's probes at higher learning rates: the rate that wins a hundred steps is too high for thousands. "
    "-1.74 means that the error falls to e^-1.74 = 18% of its start, less what instability costs. The lowest is best. "
    "Symbol: N λ_proj.",
    "effective": "The learning speed plus a tenth of the instability where that is positive: λ_eff = λ_perp + 0.1 "
    "max(λ_1, 0), per step of the probe. The lowest is best.",
    "transverse": "How the logarithm of the held-out error changes in a step of the probe: -0.02 over 100 steps means "
    "that it fell to e^-2 = 14%. Symbol: λ_perp.",
    "lyapunov": "The logarithm of how much a tiny change of the weights grows over the probe: 3 is e^3 = 20 times; "
    "below 0 trainings merge. Symbol: T λ_1, where λ_1 is the largest Lyapunov exponent, per step, and T the steps. On "
    "the screen it is that of the worst seed, in files λ_1 is the mean over seeds.",
    "kantz_wolf": "The estimate of the paper that this work began with (Kantz and Wolf); it is not per step. Symbol: "
    "λ_KW.",
    "train_loss": "The mean loss over rows that are trained on, at the end of the probe.",
    "held_out_loss": "The mean loss over rows that are never trained on, at the end of the probe.",
}


def terms() -> tuple[Term, ...]:
    """Return every term, in the order in which people meet them."""
    return (*_of_measures(), *_FIXED, *(Term(name, meaning, COLUMN) for name, meaning in COLUMNS.items()))


def found(word: str) -> list[Term]:
    """Return the terms that a word stands for; `λ_1`, `lambda_1` and `instability` are one.

    >>> [term.name for term in found("lambda_1")], [term.name for term in found("Stalled")]
    (['instability'], ['hardly learns'])
    """
    wanted = _key(word)
    return [term for term in terms() if wanted in {_key(name) for name in (term.name, *term.also)}]


def names() -> list[str]:
    """Return every name that is explained."""
    return [name for term in terms() for name in (term.name, *term.also)]


def _of_measures() -> Iterator[Term]:
    for measure in MEASURES:
        if measure.name in _MORE:
            yield Term(measure.words, _MORE[measure.name], also=_aliases(measure))


def _aliases(measure: Measure) -> tuple[str, ...]:
    symbols = {measure.symbol, measure.head, measure.rule, measure.rank_by} - {"", measure.words}
    return tuple(sorted(symbols))


def _key(word: str) -> str:
    return " ".join(word.casefold().replace("λ", "lambda").replace("-", " ").replace("_", " ").split())
