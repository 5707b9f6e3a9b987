"""The answer of a ranking, one labelled fact after the other: what to use, for what, how sure, and why not another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyapscreen.report.text import confirmed, expected, projected, sureness
from lyapscreen.report.text.naming import lr, name
from lyapscreen.report.text.numbers import compact, lr_names
from lyapscreen.report.text.verdicts import clause
from lyapscreen.results.naming import family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.settings import Facts, settings_of
from lyapscreen.spec.activations import NONE
from lyapscreen.spec.epochs import epochs
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import label


@dataclass(frozen=True)
class Fact:
    """One thing to take from a ranking."""

    label: str
    """What it is about, in a word or two."""
    text: str
    """The rest of the sentence, without its full stop."""

    @property
    def sentence(self) -> str:
        """The fact where nothing stands beside it."""
        return f"{self.label[:1].upper()}{self.label[1:]}: {self.text}."


SETTINGS = "settings"
"""Label of the fact that is the settings to paste."""

HALVING = "halving"
"""Label of the fact that says who was stopped early."""


def headline(ranking: Ranking) -> str:
    """Return the recommendation in capital letters and few words."""
    row = ranking.recommended
    return "NOTHING IS RECOMMENDED" if row is None else f"USE {_short_name(ranking, row)}"


def _short_name(ranking: Ranking, row: Row) -> str:
    swept = (f"{name} {label(value)}" for name, value in row.configuration.settings)
    activation = [] if row.activation == NONE else [row.activation]
    return ", ".join([*activation, f"lr {lr(ranking, row)}", *swept])


def recommendation(ranking: Ranking) -> str:
    """Return the recommendation as a sentence."""
    row = ranking.recommended
    return "Nothing is recommended." if row is None else f"Recommended: {name(ranking, row)}."


def facts(
    ranking: Ranking, halfway: Ranking, spec: Spec, known: Facts, *, score_name: str, baseline: float | None = None
) -> list[Fact]:
    """Return what to take from a ranking beside the recommendation; nothing where there is none.

    Args:
        ranking: of all configurations.
        halfway: the ranking of the same results at half the steps.
        spec: what was screened.
        known: what is known of the data.
        score_name: what `held_out_score` is: accuracy, or R2.
        baseline: that of the best constant guess, where it is known.

    """
    row = ranking.recommended
    if row is None:
        return []
    found = {
        "settings": settings(ranking, row, spec, known),
        "for": _training(ranking, row, spec, known),
        "as good": sureness.as_good(ranking, row),
        "expect": expected.expected(row, score_name, baseline),
        "confirmed": confirmed.how(ranking),
        "how sure": sureness.how_sure(ranking, row, halfway, spec),
        "longer": projected.longer(ranking, row, spec),
        "safe": safe(ranking, row),
        "why not": expected.why_not(ranking, score_name),
        HALVING: sureness.halved(ranking),
    }
    return [Fact(label, text) for label, text in found.items() if text]


def sentences(ranking: Ranking, found: Sequence[Fact]) -> list[str]:
    """Return the recommendation and its facts, a sentence each."""
    return [recommendation(ranking), *(fact.sentence for fact in found)]


def settings(ranking: Ranking, row: Row, spec: Spec, known: Facts) -> str:
    """Return what to type into a training script, as it was used: `lr=0.1, activation=relu, optimizer=sgd`.

    What changes nothing is left out: no decay, a constant learning rate, the length and the loss of the training.
    """
    used = settings_of(spec, row.configuration, known)
    found = {"lr": lr(ranking, row), **{name: value for name, value in used.items() if name not in _SAID_ELSEWHERE}}
    idle = {"weight_decay": 0, "schedule": "constant", "warmup": 0}
    return ", ".join(f"{name}={value}" for name, value in found.items() if idle.get(name, "") != value)


_SAID_ELSEWHERE = frozenset({"lr", "full_steps", "loss"})


def _training(ranking: Ranking, row: Row, spec: Spec, known: Facts) -> str:
    """Say for which training the recommendation is."""
    if not ranking.measure.reads_ahead and row.full_steps is None:
        return f"learning in the {row.steps} steps of a probe; --rank-by projected is for a longer training"
    point = spec.at_point(row.configuration.settings)
    passes = None if known.train_rows is None else epochs(point, known.train_rows)
    return projected.training(point, passes)


def safe(ranking: Ranking, row: Row) -> str:
    """Say how far above the recommended learning rate the same activation and settings turn unstable."""
    family = named_family(family_of(row.configuration))
    room = ranking.headroom(row)
    names = lr_names(r.lr for r in ranking.rows)
    stable = f"lr {names[room.stable_to]} ({compact(room.times)} times as high)"
    if room.unstable is None:
        if room.times == 1:
            return f"no higher learning rate of {family} was screened; lyapscreen edge finds where it turns unstable"
        return f"stable up to {stable}, the highest known to be"
    times = f"{names[room.unstable.lr]} ({compact(room.unstable.lr / row.lr)} times"
    if room.times == 1:
        return f"the next learning rate screened, {times} as high), {clause(room.unstable)}"
    return f"stable up to {stable}; lr {times}) {clause(room.unstable)}"
