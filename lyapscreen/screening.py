"""The pipeline on one screen, and the Python API.

spec -> candidates -> batches -> probes -> results -> ranking
                        ^__ next rung: survivors with their states __|
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lyapscreen import execute
from lyapscreen.candidates import Batch, Candidate, batches
from lyapscreen.climbing import Climb, Observer, temporary_directory
from lyapscreen.confirming import Confirmation, Weights, best_weights
from lyapscreen.confirming import confirm as confirm_best
from lyapscreen.errors import SettingError
from lyapscreen.full_training import Observer as TrainingObserver
from lyapscreen.halving import room, survivors
from lyapscreen.horizon import read_ahead
from lyapscreen.planning import Plan, identity, prepare
from lyapscreen.ranking import Ranking, Row, rank
from lyapscreen.report import advice, csv, families, figures, frame, html, json, markdown, parquet
from lyapscreen.report.document import Document
from lyapscreen.report.output import Destination
from lyapscreen.results import Result
from lyapscreen.spec import Spec
from lyapscreen.stability import Edges
from lyapscreen.states import States
from lyapscreen.store import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Screening:
    """A finished screening."""

    spec: Spec
    ranking: Ranking
    halfway: Ranking
    """The ranking as it stood at half the steps."""
    score_name: str
    """What `held_out_score` is: accuracy or R2."""
    notices: tuple[str, ...]
    versions: Mapping[str, str]
    spec_hash: str
    """Stable hash of spec, versions and data; what the code of functions named there does is not part of it."""
    edge: Edges | None = None
    """Where stability ends, if that was searched for (`edge.search`)."""
    weights: Mapping[str, tuple[Weights, ...]] = field(default_factory=dict, repr=False)
    """Trained weights of the configurations that were confirmed, by configuration and seed (`confirm`)."""

    @classmethod
    def of(
        cls, results: Collection[Result], spec: Spec, about: Mapping[str, Any], notices: tuple[str, ...] = ()
    ) -> Screening:
        """Return the screening of some results; `about` is the run's `identity`."""
        if spec.rank_by == "end":
            results = read_ahead(results, spec.full_steps)
        return cls(
            spec=spec,
            ranking=rank(results, spec.rank_by),
            halfway=rank(results, spec.rank_by, at=spec.steps // 2),
            score_name=about["score_name"],
            notices=notices,
            versions=about["versions"],
            spec_hash=about["spec_hash"],
        )

    @property
    def recommended(self) -> Row | None:
        """The row recommended, or None when no configuration converges."""
        return self.ranking.recommended

    def to_frame(self) -> pd.DataFrame:
        """Return the ranking as a table, columns as in the CSV."""
        return frame.render(self.ranking)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the ranking as CSV; an existing file is replaced whole."""
        _write("csv", path, self.csv())

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write spec, versions and ranking with per-seed values as JSON; an existing file is replaced whole."""
        _write("json", path, self.json())

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the table of `to_frame` as Parquet; an existing file is replaced whole.

        Raises:
            OutputError: pyarrow is not installed.

        """
        _write("parquet", path, self.parquet())

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recommended configuration's trained weights; an existing file is replaced whole.

        Raises:
            SettingError: there are none: nothing was confirmed.

        """
        with Destination("save", fspath(path)) as destination:
            destination.write(self.state_dict())

    def state_dict(self) -> bytes:
        """Return the recommended configuration's trained weights as `torch.save` writes a state_dict.

        They are those of the seed that trained best, where its held-out loss was lowest.

        Raises:
            SettingError: there are none: nothing was confirmed.

        """
        import torch

        row = self.recommended
        found = None if row is None else best_weights(row, self.weights)
        if found is None:
            rule = "there are no trained weights of a recommended configuration"
            raise SettingError("save", "", rule, "Confirm the best with --confirm 3")
        whole = BytesIO()
        torch.save({name: torch.from_numpy(array) for name, array in found.items()}, whole)
        return whole.getvalue()

    def csv(self) -> str:
        """Return the ranking as CSV text."""
        return csv.render(self.ranking)

    def parquet(self) -> bytes:
        """Return the table of `to_frame` as the bytes of a Parquet file.

        Raises:
            OutputError: pyarrow is not installed.

        """
        return parquet.render(self.ranking)

    def markdown(self) -> str:
        """Return the recommendation and the ranking as Markdown, for a pull request."""
        return markdown.render(self._document)

    def html(self) -> str:
        """Return the report as one page that needs nothing else.

        Raises:
            OutputError: jinja2 or matplotlib is not installed.

        """
        return html.render(self._document)

    def plot(self, kind: str) -> bytes:
        """Return the report's figures as one picture, `png` or `svg`.

        Raises:
            OutputError: matplotlib is not installed.

        """
        return figures.plot(self.ranking, self.spec, kind, self._document.edge)

    @property
    def _document(self) -> Document:
        return Document(
            ranking=self.ranking,
            spec=self.spec,
            spec_hash=self.spec_hash,
            versions=self.versions,
            score_name=self.score_name,
            sentences=tuple(advice.sentences(self.ranking, self.halfway, self.spec)),
            warnings=tuple(advice.warnings(self.ranking, self.spec)),
            notices=self.notices,
            edge={} if self.edge is None else families.edges(self.edge),
        )

    def json(self) -> str:
        """Return spec, versions, ranking and, where it was searched for, the edge of stability as JSON text."""
        return json.render(
            self.ranking, spec=self.spec, spec_hash=self.spec_hash, versions=self.versions,
            score_name=self.score_name, edge=self.edge,
        )  # fmt: skip


def screen(
    *,
    jobs: int | None = None,
    backend: str | None = None,
    address: str | None = None,
    observer: Observer | None = None,
    run: str | PathLike[str] | None = None,
    resume: bool = False,
    confirm: int | None = None,
    **settings: object,
) -> Screening:
    """Probe every configuration of the settings and rank them.

    Args:
        jobs: worker processes; None is one a core, or none at all for work that is done before they have
            started. The numbers do not depend on it.
        backend: what runs them: loky (processes here, the default), dask or ray. A script that starts workers here
            has to keep what it does under `if __name__ == "__main__":`, for each of them imports it.
        address: of a cluster that runs already; None starts workers here.
        observer: called with a `Progress` at the start and after every batch.
        run: directory to keep what is finished in; None keeps nothing.
        resume: whether to go on with the run that is there.
        confirm: how many of the best to train fully, for `full_steps` each; the winner is recommended.
        settings: the fields of `Spec`, the same words as the flags of `lyapscreen rank`.

    Raises:
        SettingError: a setting, the data or the model breaks a rule.
        EnvironmentFailure: the cluster does not answer, or went away; what is finished is kept in `run`.

    """
    spec = Spec.of(**settings)
    asked = Confirmation.of(spec, confirm)
    with ExitStack() as around:
        workers = around.enter_context(execute.engine(jobs, backend, address))
        store = None if run is None else around.enter_context(RunDirectory(fspath(run), resume=resume))
        plan = prepare(spec)
        screening = carry_out(plan, jobs=workers, observer=observer, store=store)
        return screening if asked is None else confirmed(plan, screening, asked, jobs=workers, store=store)


def carry_out(
    plan: Plan,
    *,
    jobs: execute.Workers = None,
    observer: Observer | None = None,
    store: RunDirectory | None = None,
    fail_fast: bool = False,
) -> Screening:
    """Probe a plan's batches in parallel, rung by rung, and rank what they found.

    Args:
        plan: what to do.
        jobs: worker processes, or a cluster; None chooses.
        observer: called with a `Progress` at the start of every rung and after every batch.
        store: a run directory, entered: what is finished there is not done again, all that finishes is kept.
        fail_fast: stop when a worker is killed twice over a batch, instead of recording its candidates as failed.

    Raises:
        OutputError: the run directory holds another run.
        EnvironmentFailure: the disk is full, the cluster went away, or a worker was killed and `fail_fast` is set.

    """
    spec = plan.spec
    found: dict[Candidate, Result] = {}
    planned: Sequence[Batch] = plan.batches
    with ExitStack() as around:
        if store is None:
            states = States(Path(around.enter_context(temporary_directory())))
        else:
            store.begin(identity(plan))
            states = States(store.states, durable=True)
        climb = Climb(plan, states, store, plan.workers(jobs), observer or (lambda _: None), fail_fast)
        for place in range(len(plan.rungs)):
            for results in climb.rung(place, planned):
                found |= {r.candidate: found[r.candidate].then(r) if place else r for r in results}
            if place + 1 == len(plan.rungs):
                break
            going = [candidate for batch in planned for candidate in batch.candidates]
            so_far = rank((found[c] for c in going), spec.rank_by)
            best = survivors(so_far, plan.rungs, place + 1, room(found.values(), spec.steps))
            planned = batches(spec, best, plan.bytes_per_candidate, plan.budget)
            states.drop_all_but([candidate for batch in planned for candidate in batch.candidates])
    screening = Screening.of(found.values(), spec, identity(plan), plan.notices)
    if store is not None:
        store.finish(csv=screening.csv(), json=screening.json())
    return screening


def confirmed(
    plan: Plan,
    screening: Screening,
    asked: Confirmation,
    *,
    jobs: execute.Workers = None,
    observer: TrainingObserver | None = None,
    store: RunDirectory | None = None,
) -> Screening:
    """Train the best of a screening fully, and rank again: who trains best is recommended.

    Args:
        plan: the screening's.
        screening: a finished one.
        asked: how many, and for how long.
        jobs: worker processes, or a cluster; None chooses.
        observer: told how many candidates are trained.
        store: a run directory, entered, whose ranking is replaced.

    Raises:
        EnvironmentFailure: a worker was killed twice, or the disk is full.

    """
    found = confirm_best(plan, screening.ranking, asked, jobs=jobs, observer=observer)
    after = replace(screening, ranking=rank(found.results, plan.spec.rank_by), weights=found.weights)
    if store is not None:
        store.finish(csv=after.csv(), json=after.json())
    return after


def _write(setting: str, path: str | PathLike[str], content: str | bytes) -> None:
    with Destination(setting, fspath(path)) as destination:
        destination.write(content)
