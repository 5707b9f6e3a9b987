"""A finished screening, and every form it is given out in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.probe import tokens
from lyapscreen.report.document import Document
from lyapscreen.report.text import advice, answer
from lyapscreen.report.text.characters import short
from lyapscreen.results.candidate_choice import candidate_of
from lyapscreen.results.edge import Edges
from lyapscreen.results.json_reader import require_named
from lyapscreen.results.ranking import Ranking, Row, ranked
from lyapscreen.results.records import Result
from lyapscreen.results.settings import Facts, settings_of
from lyapscreen.screening.confirmation import Weights
from lyapscreen.screening.replay import Replay, of_spec
from lyapscreen.screening.row_access import RowAccess
from lyapscreen.screening.saved_weights import state_dict
from lyapscreen.screening.written import write
from lyapscreen.spec import epochs
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec


@dataclass(frozen=True, repr=False)
class Screening(RowAccess):
    """A finished screening: what `screen` returns.

    Every form of it comes as a value (`csv()`), and most as a file that is replaced whole (`to_csv(path)`, with
    "-" for stdout): an `OutputError` says that the path cannot be written or what has to be installed for it, an
    `EnvironmentFailure` that the disk is full. Exponents are per optimizer step, in natural logarithms.

    >>> import lyapscreen as ls
    >>> ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)
    <Screening of 2 configurations x 2 seeds: wine, mlp:64,64, sgd, for 1,500 steps of training
      recommended: relu at lr 0.2, converging, held-out loss 0.176, score 1, 2 seeds, 20 steps>
    """

    halfway: Ranking
    """The ranking as it stood at half the steps."""
    score_name: str
    """What `held_out_score` is: accuracy or R2."""
    notices: tuple[str, ...]
    """How data and model were taken, where a person should know."""
    versions: Mapping[str, str]
    """Of lyapscreen and torch: the numbers depend on them."""
    spec_hash: str
    """Stable hash of spec, versions and data; what the code of functions named there does is not part of it."""
    train_rows: int | None = None
    """Rows that are trained on; None where a file of before does not say."""
    edge: Edges | None = None
    """Where stability ends, if that was searched for (`edge.search`)."""
    task: str | None = None
    """What is learnt; None where a file of before does not say."""
    baseline_score: float | None = None
    """Accuracy or R2 of the best constant guess, which any model has to beat; None where a file does not say."""
    held_out_rows: int | None = None
    """Rows that are kept for measuring; None where a file of before does not say."""
    classes: int | None = None
    """How many there are, of a classification; else None, and where a file of before does not say."""
    cautions: tuple[str, ...] = ()
    """What to look at in data, model and settings before trusting the numbers; part of `warnings`."""
    seconds: float | None = field(default=None, compare=False)
    """What the probes took here; None of one read from a file, for a file holds the same bytes in every run."""
    weights: Mapping[str, tuple[Weights, ...]] = field(default_factory=dict)
    """Trained weights of the configurations that were confirmed, by configuration and seed (`confirm`)."""

    def __repr__(self) -> str:
        """Say what was screened and what is recommended; every row of it would fill pages."""
        count, seeds = len(self), len(self.spec.seeds)
        shown = self.spec.plain()
        what = ", ".join(short(str(shown[name])) for name in ("data", "model", "optimizer") if name in shown)
        sizes = f"{count} configuration{'s' * (count != 1)} x {seeds} seed{'s' * (seeds != 1)}"
        pick = "nothing is recommended" if self.recommended is None else f"recommended: {self.recommended.summary}"
        return f"<Screening of {sizes}: {what}, for {self.spec.full_steps:,} steps of training\n  {pick}>"

    @classmethod
    def of(
        cls,
        results: Collection[Result],
        spec: Spec,
        about: Mapping[str, Any],
        notices: tuple[str, ...] = (),
        cautions: tuple[str, ...] = (),
    ) -> Screening:
        """Return the screening of some results, projected where that is asked for; `about` is the run's `identity`."""
        facts = Facts(about.get("task"), about.get("train_rows"))
        return cls(
            spec=spec,
            ranking=ranked(results, spec, facts=facts),
            halfway=ranked(results, spec, at=spec.steps // 2),
            score_name=about["score_name"],
            notices=notices,
            versions=about["versions"],
            spec_hash=about["spec_hash"],
            train_rows=about.get("train_rows"),
            task=about.get("task"),
            baseline_score=about.get("baseline_score"),
            held_out_rows=about.get("held_out_rows"),
            classes=about.get("classes"),
            cautions=cautions,
        )

    @property
    def recommended(self) -> Row | None:
        """The row recommended, or None when no configuration converges.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).recommended.lr
        0.2
        >>> ls.screen(data="wine", lr=1e-6, act="relu", seeds=2, steps=20).recommended is None
        True
        """
        return self.ranking.recommended

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the ranking: of data and model, then of the recommendation.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).warnings[0][:63]
        'The recommended learning rate 0.2 is the highest one screened: '
        """
        return (*self.cautions, *advice.warnings(self.ranking, self.spec))

    @property
    def facts(self) -> Facts:
        """What is known of the data."""
        return Facts(self.task, self.train_rows)

    def settings_of(self, configuration: Configuration) -> dict[str, Any]:
        """Return what to type into a training script for a configuration, every value as it was used.

        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, optimizer="momentum")
        >>> list(found.settings_of(found.recommended.configuration).items())[:4]
        [('activation', 'relu'), ('lr', 0.2), ('optimizer', 'momentum'), ('momentum', 0.9)]

        """
        return settings_of(self.spec, configuration, self.facts)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recommended configuration's trained weights; an existing file is replaced whole.

        Raises:
            SettingError: there are none: nothing was confirmed.

        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, confirm=1, full_steps=40)
        >>> found.save("/dev/null")

        """
        write(self.spec, "save", path, self.state_dict())

    def state_dict(self) -> bytes:
        """Return the recommended configuration's trained weights as `torch.save` writes a state_dict.

        They are those of the seed that trained best, at the checkpoint that is kept (`keep`).

        Raises:
            SettingError: there are none: nothing was confirmed.

        >>> import io, torch
        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, confirm=1, full_steps=40)
        >>> weights = torch.load(io.BytesIO(found.state_dict()), weights_only=True)
        >>> weights["0.weight"].shape  # of an MLP 64,64: wine has 13 inputs
        torch.Size([64, 13])

        """
        return state_dict(self.recommended, self.weights, self.spec.keep)

    @property
    def epochs(self) -> float | None:
        """Passes over the training rows that the full training is; None where that is not one number, or not known."""
        one = len(self.spec.values("batch_size")) == 1
        return epochs.epochs(self.spec, self.train_rows) if self.train_rows is not None and one else None

    @property
    def document(self) -> Document:
        """The screening put into words: what every format is made of."""
        found = answer.facts(
            self.ranking, self.halfway, self.spec, self.facts, score_name=self.score_name, baseline=self.baseline_score
        )
        return Document(
            ranking=self.ranking,
            spec=self.spec,
            spec_hash=self.spec_hash,
            versions=self.versions,
            score_name=self.score_name,
            sentences=tuple(answer.sentences(self.ranking, found)),
            warnings=self.warnings,
            notices=self.notices,
            edges=self.edge,
            train_rows=self.train_rows,
            task=self.task,
            baseline_score=self.baseline_score,
            held_out_rows=self.held_out_rows,
            classes=self.classes,
            facts=tuple(found),
        )

    def replay(self, configuration: Configuration | Row | str | None = None, seed: int | None = None) -> Replay:
        """Return one candidate's training for a plain loop in PyTorch: same weights, same minibatches.

        Args:
            configuration: as `act=relu,lr=0.1`; by default the one recommended.
            seed: one of those screened; by default the first.

        Raises:
            SettingError: it was not screened, data or model stand in a file by name alone, or the data have changed.

        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)
        >>> found.replay(seed=1).configuration.id, found.replay("lr=0.05").optimizer.param_groups[0]["lr"]
        ('relu/lr=0.2', 0.05)

        """
        chosen = candidate_of(self.ranking, self.spec, configuration, seed)
        require_named(self.spec)
        dataset = tokens.load(self.spec)
        if self.spec.hash(self.versions, dataset.digest()) != self.spec_hash:
            rule = "these are not the data that were screened"
            raise SettingError("data", self.spec.plain()["data"], rule, "Screen them, then replay")
        return of_spec(self.spec, dataset, chosen)
