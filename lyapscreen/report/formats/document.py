"""What a written report says of a screening: one argument for every format that is a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lyapscreen.report.figures.families import Edge, Family
from lyapscreen.report.text.numbers import lr_names
from lyapscreen.results.ranking import Ranking
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import label


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
    """What to take from it, the recommendation first (`advice.sentences`)."""
    warnings: tuple[str, ...] = ()
    """What to know before trusting it."""
    notices: tuple[str, ...] = ()
    """How data and model were taken."""
    edge: Mapping[Family, Edge] = field(default_factory=dict)
    """Where stability ends, by activation and the settings swept besides, as far as that was looked for."""

    @property
    def title(self) -> str:
        """The recommendation in a few words."""
        row = self.ranking.recommended
        if row is None:
            return "nothing is recommended"
        lr = lr_names(other.lr for other in self.ranking.rows)[row.lr]
        settings = ", ".join(f"{name} {label(value)}" for name, value in row.configuration.settings)
        return f"{row.activation} at lr {lr}" + (f" ({settings})" if settings else "")

    @property
    def provenance(self) -> str:
        """What the numbers depend on, in one line."""
        versions = ", ".join(f"{name} {version}" for name, version in sorted(self.versions.items()))
        return f"{versions}; spec {self.spec_hash}"
