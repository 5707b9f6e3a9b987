"""What a gate judges: a ranking made now or read from a file, the choice in it, and its edge of stability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lyapscreen.cli import messages
from lyapscreen.errors import SettingError
from lyapscreen.report.commands.gate import Judgement
from lyapscreen.results.choice import Choice, find, with_lr
from lyapscreen.results.edge import FamilyEdge
from lyapscreen.results.gate import Limits, judge
from lyapscreen.results.json_reader import SavedRanking, differences
from lyapscreen.results.json_reader import read as read_ranking
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.candidates import Configuration, configurations
from lyapscreen.spec.spec import Spec

if TYPE_CHECKING:
    from lyapscreen.execution import Workers

ROOM = 2.0
"""The edge is searched for up to so many times as high as the headroom asks for, so that its interval has room."""

RIVALS_ONLY = frozenset({"act", "lr", "halving", "rank_by"})
"""Settings that decide with whom the choice is compared, and not what it does itself."""


@dataclass(frozen=True)
class GateSubject:
    """A ranking with the choice in it."""

    spec: Spec
    ranking: Ranking
    configuration: Configuration
    """The choice, as it stands in the ranking."""
    edge: FamilyEdge | None
    """Where its stability ends; None if that was not asked for."""
    about: Mapping[str, Any]
    """`spec_hash` and `versions` of the run."""
    path: str = ""
    """The file it was read from, if it was."""

    @property
    def row(self) -> Row:
        """The choice's row."""
        return _row(self.ranking, self.configuration)


@dataclass(frozen=True)
class Earlier:
    """The same choice in an earlier ranking."""

    saved: SavedRanking
    row: Row


def earlier(path: str, choice: Choice) -> Earlier:
    """Read a baseline and find the choice in it.

    Raises:
        SettingError: the file is no ranking, or lacks the choice.

    """
    saved = read_ranking(path, "baseline")
    every = [row.configuration for row in saved.ranking.rows]
    found = find(choice, every, saved.spec, where="the baseline", setting="baseline", value=path)
    return Earlier(saved, _row(saved.ranking, found))


def read(path: str, settings: Mapping[str, object], choice: Choice, limits: Limits) -> GateSubject:
    """Read the ranking to be judged and find the choice in it.

    Raises:
        SettingError: the file is no ranking, lacks the choice, or lacks the edge that `headroom` needs.

    """
    saved = read_ranking(path)
    found = find(choice, [row.configuration for row in saved.ranking.rows], saved.spec, where=path)
    edge = None if saved.edge is None else saved.edge.of(found)
    if limits.headroom is not None and edge is None:
        rule = f"{path} holds no edge of stability for {found.activation}"
        raise SettingError("headroom", f"{limits.headroom:g}", rule, "Write one that does with lyapscreen edge --json")
    asked, has = Spec.of(**settings).plain(), saved.spec.plain()
    other = [name for name in settings if asked.get(name) != has.get(name) and name not in RIVALS_ONLY]
    if other:
        messages.warnings([f"nothing is probed: {', '.join(other)} of the ranking are other than asked for here."])
    return GateSubject(saved.spec, saved.ranking, found, edge, saved.about, path)


def probed(
    settings: Mapping[str, object], choice: Choice, limits: Limits, jobs: Workers, *, quiet: bool
) -> GateSubject:
    """Probe the choice and its rivals, and search for the edge if the headroom is asked for.

    Raises:
        SettingError: the spec, the data or the model breaks a rule, or the spec lacks the choice.

    """
    spec = Spec.of(**{"halving": False, **settings})
    spec = spec.model_copy(update={"lr": with_lr(spec.lr, choice)})
    found = find(choice, configurations(spec), spec, where="the spec")

    from lyapscreen.analysis.edge import reaching, search
    from lyapscreen.screening.plan import prepare
    from lyapscreen.screening.run import carry_out

    plan = prepare(spec, jobs)
    if not quiet:
        halved = (
            [] if len(plan.rungs) == 1 else ["halving may stop the choice early: --no-halving compares at the end."]
        )
        messages.notices([*plan.notices, *halved])
    messages.warnings(plan.warnings)
    with messages.progress(quiet=quiet) as observer:
        screening = carry_out(plan, jobs=jobs, observer=observer)
    edge = None
    if limits.headroom is not None:
        lrs = reaching(spec.lr, ROOM * limits.headroom * found.lr)
        family = (found.activation, found.settings)
        with messages.watched("edge of stability", "probes of this round", quiet=quiet) as watch:
            edges = search(plan, screening.ranking, families=[family], lrs=lrs, jobs=jobs, observer=watch)
        edge = edges.of(found)
    about = {"spec_hash": screening.spec_hash, "versions": screening.versions}
    return GateSubject(spec, screening.ranking, found, edge, about)


def judgement(judged: GateSubject, limits: Limits, before: Earlier | None, *, quiet: bool) -> Judgement:
    """Judge, and say on stderr what a person should know of the comparison."""
    if before is not None:
        _compare(judged, before, quiet=quiet)
    row = judged.row
    if row.seeds == 1 and limits != Limits() and not quiet:
        messages.notices(["one seed gives no interval, so that no value can pass: --seeds 5."])
    verdicts = judge(judged.ranking, row, limits, edge=judged.edge, baseline=None if before is None else before.row)
    count = len(judged.ranking.rows)
    about = f"{count} configurations, {row.seeds} seeds, {row.steps} steps"
    about += f", read from {judged.path}" if judged.path else ""
    return Judgement(judged.configuration, tuple(verdicts), about, judged.about["spec_hash"])


def _compare(judged: GateSubject, before: Earlier, *, quiet: bool) -> None:
    """Say in what the baseline's run was another."""
    found = differences((judged.spec, judged.about), before.saved)
    mattering = [text for text in found if text.removeprefix("other values of ").partition(" ")[0] not in RIVALS_ONLY]
    if mattering:
        messages.warnings([f"the baseline is of another run: {'; '.join(mattering)}."])
    elif found and not quiet:
        messages.notices([f"the baseline has other rivals: {'; '.join(found)}."])


def _row(ranking: Ranking, configuration: Configuration) -> Row:
    return next(row for row in ranking.rows if row.configuration == configuration)
