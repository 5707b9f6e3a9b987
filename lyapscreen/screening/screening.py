"""A finished screening, and every form it is given out in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from lyapscreen.report.document import Document
from lyapscreen.report.figures import families, figures
from lyapscreen.report.formats import csv, frame, html, json, markdown, parquet
from lyapscreen.report.text import advice
from lyapscreen.report.text.naming import title
from lyapscreen.results.edge import Edges
from lyapscreen.results.ranking import Ranking, Row, ranked
from lyapscreen.results.records import Result
from lyapscreen.screening.confirmation import Weights
from lyapscreen.screening.saved_weights import state_dict
from lyapscreen.screening.written import write
from lyapscreen.spec import epochs
from lyapscreen.spec.spec import Spec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Screening:
    """A finished screening: what `screen` returns.

    Every form of it comes as a value (`csv()`), and most as a file that is replaced whole (`to_csv(path)`, with
    "-" for stdout): an `OutputError` says that the path cannot be written or what has to be installed for it, an
    `EnvironmentFailure` that the disk is full. Exponents are per optimizer step, in natural logarithms.

    >>> import lyapscreen as ls
    >>> ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)
    <Screening of 2 configurations: relu at lr 0.2>
    """

    spec: Spec
    """All that was asked for, defaults too."""
    ranking: Ranking
    """All configurations, best first."""
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
    weights: Mapping[str, tuple[Weights, ...]] = field(default_factory=dict)
    """Trained weights of the configurations that were confirmed, by configuration and seed (`confirm`)."""

    def __repr__(self) -> str:
        """Say what is recommended among how many; every row of it would fill pages."""
        count = len(self.ranking.rows)
        return f"<Screening of {count} configuration{'s' * (count != 1)}: {title(self.ranking)}>"

    @classmethod
    def of(
        cls, results: Collection[Result], spec: Spec, about: Mapping[str, Any], notices: tuple[str, ...] = ()
    ) -> Screening:
        """Return the screening of some results, projected where that is asked for; `about` is the run's `identity`."""
        return cls(
            spec=spec,
            ranking=ranked(results, spec),
            halfway=ranked(results, spec, at=spec.steps // 2),
            score_name=about["score_name"],
            notices=notices,
            versions=about["versions"],
            spec_hash=about["spec_hash"],
            train_rows=about.get("train_rows"),
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

    def to_frame(self) -> pd.DataFrame:
        """Return the ranking as a pandas table, one row a configuration in rank order, columns as in the CSV.

        Exponents, losses and scores are float64, NaN where undefined; rank, seeds and steps int64; group, best_seed
        and full_steps Int64, NA where undefined; recommended is bool. A setting swept besides has the kind of its
        values, words where they are mixed.

        >>> import lyapscreen as ls
        >>> table = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).to_frame()
        >>> table.loc[table["recommended"], ["activation", "lr", "regime"]].to_dict("records")
        [{'activation': 'relu', 'lr': 0.2, 'regime': 'converging'}]
        """
        return frame.render(self.ranking)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the ranking as CSV; an existing file is replaced whole.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).to_csv("/dev/null")
        """
        write(self.spec, "csv", path, self.csv())

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write spec, versions and ranking with per-seed values as JSON; an existing file is replaced whole.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).to_json("/dev/null")
        """
        write(self.spec, "json", path, self.json())

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the table of `to_frame` as Parquet; an existing file is replaced whole.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).to_parquet("/dev/null")
        """
        write(self.spec, "parquet", path, self.parquet())

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

    def csv(self) -> str:
        """Return the ranking as CSV text; what is undefined is an empty cell.

        >>> import lyapscreen as ls
        >>> text = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).csv()
        >>> [line.split(",")[2:5] for line in text.splitlines()]
        [['activation', 'lr', 'regime'], ['relu', '0.2', 'converging']]
        """
        return csv.render(self.ranking)

    def json(self) -> str:
        """Return spec, versions, ranking and, where it was searched for, the edge of stability as JSON text.

        What is undefined is null.

        >>> import json, lyapscreen as ls
        >>> found = json.loads(ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).json())
        >>> found["recommended"]["lr"], len(found["recommended"]["per_seed"]), found["spec"]["model"]
        (0.2, 2, 'mlp:64,64')
        """
        return json.of_document(self.document)

    def parquet(self) -> bytes:
        """Return the table of `to_frame` as the bytes of a Parquet file; what is undefined is null.

        >>> import io, pandas
        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20)
        >>> pandas.read_parquet(io.BytesIO(found.parquet())).equals(found.to_frame())
        True
        """
        return parquet.render(self.ranking)

    def markdown(self) -> str:
        """Return the recommendation and the ranking as Markdown, for a pull request.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).markdown()[:32]
        '**Recommended: relu at lr 0.2, w'
        """
        return markdown.render(self.document)

    def html(self) -> str:
        """Return the report as one page that needs nothing else.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).html()[:15]
        '<!DOCTYPE html>'
        """
        return html.render(self.document)

    def plot(self, kind: str) -> bytes:
        """Return the report's figures as one picture, `png` or `svg`.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).plot("png")[1:4]
        b'PNG'
        """
        return figures.plot(self.ranking, self.spec, kind, families.edges(self.edge))

    @property
    def epochs(self) -> float | None:
        """Passes over the training rows that the full training is; None where that is not one number, or not known."""
        one = len(self.spec.values("batch_size")) == 1
        return epochs.epochs(self.spec, self.train_rows) if self.train_rows is not None and one else None

    @property
    def document(self) -> Document:
        """The screening put into words: what every format is made of."""
        return Document(
            ranking=self.ranking,
            spec=self.spec,
            spec_hash=self.spec_hash,
            versions=self.versions,
            score_name=self.score_name,
            sentences=tuple(advice.sentences(self.ranking, self.halfway, self.spec, self.epochs)),
            warnings=tuple(advice.warnings(self.ranking, self.spec)),
            notices=self.notices,
            edges=self.edge,
            train_rows=self.train_rows,
        )
