"""The answer of a ranking, one labelled fact after the other: what to use, for what, how sure, and why not another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lyapscreen.report.text import confirmed, expected, projected, sureness
from lyapscreen.report.text.naming import lr, name
from lyapscreen.report.text.numbers import compact, lr_names
from lyapscreen.report.text.verdicts import clause
from lyapscreen.results.naming import family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
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
    return ", ".join([row.activation, f"lr {lr(ranking, row)}", *swept])


def recommendation(ranking: Ranking) -> str:
    """Return the recommendation as a sentence."""
    row = ranking.recommended
    return "Nothing is recommended." if row is None else f"Recommended: {name(ranking, row)}."


def facts(ranking: Ranking, halfway: Ranking, spec: Spec, score_name: str, epochs: float | None = None) -> list[Fact]:
    """Return what to take from a ranking beside the recommendation; nothing where there is none.

    Args:
        ranking: of all configurations.
        halfway: the ranking of the same results at half the steps.
        spec: what was screened.
        score_name: what `held_out_score` is: accuracy, or R2.
        epochs: passes over the training rows that the full training is, where that is known.

    """
    row = ranking.recommended
    if row is None:
        return []
    return [Fact(label, text) for label, text in _labelled(ranking, row, halfway, spec, score_name, epochs) if text]


def _labelled(
    ranking: Ranking, row: Row, halfway: Ranking, spec: Spec, score_name: str, epochs: float | None
) -> Iterator[tuple[str, str]]:
    yield SETTINGS, settings(ranking, row, spec)
    yield (
        "for",
        projected.training(spec.at_point(row.configuration.settings), epochs)
        if (ranking.measure.reads_ahead or row.full_steps is not None)
        else f"learning in the {row.steps} steps of a probe; --rank-by projected is for a longer training",
    )
    yield "as good", sureness.as_good(ranking, row)
    yield "expect", expected.expected(row, score_name)
    yield "confirmed", confirmed.how(ranking)
    yield "how sure", sureness.how_sure(ranking, row, halfway, spec)
    yield "longer", projected.longer(ranking, row, spec)
    yield "safe", safe(ranking, row)
    yield "why not", expected.why_not(ranking, score_name)
    yield HALVING, sureness.halved(ranking)


def settings(ranking: Ranking, row: Row, spec: Spec) -> str:
    """Return what to type into a training script, resolved: `lr=0.1, activation=relu, optimizer=sgd, batch_size=64`.

    Settings that change nothing are left out: no decay, no clipping, a constant learning rate.
    """
    used = spec.at_point(row.configuration.settings)
    found: dict[str, object] = {"lr": lr(ranking, row), "activation": row.activation, "optimizer": used.optimizer}
    optional = {
        "momentum": used.momentum_factor, "weight_decay": used.decay, "clip_norm": used.clip_norm,
        "schedule": "" if used.schedule == "constant" else used.schedule, "warmup": used.warmup,
    }  # fmt: skip
    found |= {"batch_size": used.batch_size, **{name: value for name, value in optional.items() if value}}
    found |= {name: value for name, value in row.configuration.settings if name not in found}
    return ", ".join(f"{name}={value}" for name, value in found.items())


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


def sentences(
    ranking: Ranking, halfway: Ranking, spec: Spec, score_name: str = "accuracy", epochs: float | None = None
) -> list[str]:
    """Return the recommendation and its facts, a sentence each."""
    found = facts(ranking, halfway, spec, score_name, epochs)
    return [recommendation(ranking), *(fact.sentence for fact in found)]
