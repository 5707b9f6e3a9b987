"""A ranking in every form it is given out in: as a value, and as a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from lyapscreen.report.document import Document
from lyapscreen.report.figures import families, figures
from lyapscreen.report.formats import code, csv, frame, html, json, markdown, parquet
from lyapscreen.report.pages import notebook
from lyapscreen.report.tracking import targets
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.screening.written import write
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Rendered(ABC):
    """What a `Screening` is given out from, and the methods that do it."""

    spec: Spec
    """All that was asked for, defaults too."""
    ranking: Ranking
    """All configurations, best first."""

    @property
    @abstractmethod
    def document(self) -> Document:
        """The screening put into words: what every format is made of."""

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

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write the report of `html` as one page; an existing file is replaced whole.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).to_html("/dev/null")
        """
        write(self.spec, "html", path, self.html())

    def to_markdown(self, path: str | PathLike[str]) -> None:
        """Write the recommendation and the ranking as Markdown; an existing file is replaced whole.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).to_markdown("/dev/null")
        """
        write(self.spec, "markdown", path, self.markdown())

    def log_to(self, place: str) -> None:
        """Log ranking, figures and spec to an experiment tracker: `mlflow:URI`, `tensorboard:DIR` or `wandb:DIR`.

        Raises:
            OutputError: it names none of these, cannot be written to, or the tool is not installed.
            EnvironmentFailure: a server does not answer, or the disk is full.

        >>> import lyapscreen as ls
        >>> try:
        ...     ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).log_to("mlfow:runs")
        ... except ls.SettingError as error:
        ...     print(error.rule, "|", error.fix.partition("? ")[0])
        it names no experiment tracker | Did you mean mlflow

        """
        for target in targets([place]):
            target.write(self.document)

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
        return json.render(self.document)

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
        '**Recommended: relu at lr 0.2.**'
        """
        return markdown.render(self.document)

    def html(self) -> str:
        """Return the report as one page that needs nothing else.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).html()[:15]
        '<!DOCTYPE html>'
        """
        return html.render(self.document)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the recommendation, the best rows and the figures.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20)._repr_html_()[:4]
        '<div'
        """
        return notebook.render(self.document)

    def code(self, configuration: Configuration | Row | str | None = None, seed: int | None = None) -> str:
        """Return a script that trains a configuration in plain PyTorch, by default the one recommended.

        >>> import lyapscreen as ls
        >>> script = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).code(seed=1)
        >>> [line.strip() for line in script.splitlines() if "=" in line][1:4]
        ["act='relu',", 'lr=0.2,', 'seed=1,']
        """
        return code.render(self.ranking, self.spec, configuration, seed)

    def plot(self, kind: str) -> bytes:
        """Return the report's figures as one picture, `png` or `svg`.

        >>> import lyapscreen as ls
        >>> ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).plot("png")[1:4]
        b'PNG'
        """
        return figures.plot(self.ranking, self.spec, kind, families.edges(self.document.edges))
