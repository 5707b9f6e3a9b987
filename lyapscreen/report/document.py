"""A finished screening put into words: one argument for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lyapscreen.report.text.answer import Fact, headline
from lyapscreen.report.text.naming import title
from lyapscreen.results.edge import Edges
from lyapscreen.results.ranking import Ranking
from lyapscreen.spec.spec import Spec


@dataclass(frozen=True)
class Document:
    """A finished screening, put into words."""

    ranking: Ranking
    spec: Spec
    spec_hash: str
    versions: Mapping[str, str]
    score_name: str
    """What `held_out_score` is: accuracy or R2."""
    sentences: tuple[str, ...]
    """What to take from it, the recommendation first (`answer.sentences`)."""
    warnings: tuple[str, ...] = ()
    """What to know before trusting it."""
    notices: tuple[str, ...] = ()
    """How data and model were taken."""
    edges: Edges | None = None
    """Where stability ends, if that was looked for."""
    train_rows: int | None = None
    """Rows that are trained on, where that is known."""
    task: str | None = None
    """What is learnt, where that is known."""
    baseline_score: float | None = None
    """`held_out_score` of the best constant guess, where that is known."""
    held_out_rows: int | None = None
    """Rows that are kept for measuring, where that is known."""
    classes: int | None = None
    """How many there are, of a classification."""
    facts: tuple[Fact, ...] = ()
    """The sentences behind the first, each with its label (`answer.facts`)."""

    @property
    def headline(self) -> str:
        """The recommendation as the first line of a terminal has it."""
        return headline(self.ranking)

    @property
    def title(self) -> str:
        """The recommendation in a few words."""
        return title(self.ranking)

    @property
    def provenance(self) -> str:
        """What the numbers depend on, in one line."""
        versions = ", ".join(f"{name} {version}" for name, version in sorted(self.versions.items()))
        return f"{versions}; spec {self.spec_hash}"
