"""What a gate judges: a ranking made now or read from a file, the choice in it, and its edge of stability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lyapscreen.cli import messages, progress
from lyapscreen.errors import SettingError
from lyapscreen.report.commands.gate import Judgement
from lyapscreen.results.choice import Choice, find, with_lr
from lyapscreen.results.edge import FamilyEdge
from lyapscreen.results.gate import Limits, judge
from lyapscreen.results.json_reader import SavedRanking, differences
from lyapscreen.results.json_reader import read as read_ranking
from lyapscreen.results.naming import family_of
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec import automatic
from lyapscreen.spec.activations import NONE
from lyapscreen.spec.candidates import Configuration, configurations
from lyapscreen.spec.spec import Spec

if TYPE_CHECKING:
    from lyapscreen.execution import Workers
    from lyapscreen.screening.plan import Plan

ROOM = 2.0
"""The edge is searched for up to so many times as high as the headroom asks for, so that its interval has room."""

RIVALS_ONLY = frozenset({"act", "lr", "halving", "rank_by"})
"""Settings that decide with whom the choice is compared, and not what it does itself."""


@dataclass(frozen=True)
class GateSubject:
    """A ranking with the choice in it."""

    screened: SavedRanking
    """The ranking to judge by, read from a file or made now."""
    configuration: Configuration
    """The choice, as it stands in the ranking."""
    edge: FamilyEdge | None = None
    """Where its stability ends; None if that was not asked for."""

    @property
    def row(self) -> Row:
        """The choice's row."""
        return next(row for row in self.screened.ranking.rows if row.configuration == self.configuration)


def earlier(path: str, choice: Choice) -> GateSubject:
    """Read a baseline and find the choice in it.

    Raises:
        SettingError: the file is no ranking, or lacks the choice.

    """
    saved = read_ranking(path, "baseline")
    every = [row.configuration for row in saved.ranking.rows]
    return GateSubject(saved, find(choice, every, saved.spec, where="the baseline", setting="baseline", value=path))


def read(path: str, settings: Mapping[str, object], choice: Choice, limits: Limits) -> GateSubject:
    """Read the ranking to be judged and find the choice in it.

    Raises:
        SettingError: the file is no ranking, lacks the choice, or lacks the edge that `headroom` needs.

    """
    saved = read_ranking(path)
    found = find(choice, [row.configuration for row in saved.ranking.rows], saved.spec, where=path)
    edge = None if saved.edge is None else saved.edge.of(found)
    if limits.headroom is not None and edge is None:
        rule = f"{path} has no edge of stability for {found.activation}"
        raise SettingError(
            "headroom", f"{limits.headroom:g}", rule, "Make one that has it: lyapscreen edge --json FILE"
        )
    fixed, _ = automatic.divided(settings)  # which rates the choice was compared with does not matter here
    asked, has = Spec.of(**fixed).plain(), saved.spec.plain()
    other = [name for name in fixed if asked.get(name) != has.get(name) and name not in RIVALS_ONLY]
    if other:
        names = ", ".join(other)
        messages.warnings([f"nothing is probed: the ranking has other values of {names} than asked for here."])
    return GateSubject(saved, found, edge)


def probed(
    settings: Mapping[str, object], choice: Choice, limits: Limits, jobs: Workers, *, quiet: bool
) -> GateSubject:
    """Probe the choice and its rivals, and search for the edge if the headroom is asked for.

    Raises:
        SettingError: the spec, the data or the model breaks a rule, or the spec lacks the choice.

    """
    fixed, auto = automatic.divided(settings)
    spec = Spec.of(**{"halving": False, **fixed})
    _find(choice, spec)  # a choice that there is not is refused before the work

    with progress.shown(quiet=quiet) as display:
        display.now("loading torch")
        from lyapscreen.screening import lr_range
        from lyapscreen.screening.plan import prepare
        from lyapscreen.screening.run import carry_out

        spec, notices = lr_range.resolved(spec, auto=auto, jobs=jobs, observer=display.now)
        spec, found = _find(choice, spec)
        display.now("loading the data and looking at the model")
        plan = lr_range.noted(prepare(spec, jobs), notices)
        if not quiet:
            messages.notices(plan.notices)
            if len(plan.rungs) > 1:
                messages.notices(["halving may stop the choice early; --no-halving compares all at the end."])
        messages.warnings(plan.warnings)
        if plan.spec.act == (NONE,):
            found = replace(found, activation=NONE)  # the model takes none, whichever the choice names
        display.begin(plan, jobs)
        screening = carry_out(plan, jobs=jobs, observer=display.probes)
        edge = None
        if limits.headroom is not None:
            watch = display.counted("edge of stability", "probes of this round", plan.spec.steps)
            edge = _edge(plan, screening.ranking, found, limits.headroom, jobs=jobs, observer=watch)
    about = {"spec_hash": screening.spec_hash, "versions": screening.versions, "score_name": screening.score_name}
    results = tuple(result for row in screening.ranking.rows for result in row.results)
    return GateSubject(SavedRanking("", plan.spec, about, results, None), found, edge)


def judgement(judged: GateSubject, limits: Limits, before: GateSubject | None, *, quiet: bool) -> Judgement:
    """Judge, and report on stderr what a person should know of the comparison."""
    if before is not None:
        _compare(judged, before, quiet=quiet)
    screened, row = judged.screened, judged.row
    if row.seeds == 1 and limits != Limits() and not quiet:
        messages.notices(["one seed gives no interval, so no value can pass. Try --seeds 5."])
    baseline = None if before is None else before.row
    verdicts = judge(
        screened.ranking, row, limits,
        edge=judged.edge, baseline=baseline, score_name=screened.about.get("score_name", "score"),
    )  # fmt: skip
    about = f"{len(screened.ranking.rows)} configurations, {row.seeds} seeds, {row.steps} steps"
    about += f", read from {screened.path}" if screened.path else ""
    return Judgement(judged.configuration, tuple(verdicts), about, screened.about["spec_hash"])


def _find(choice: Choice, spec: Spec) -> tuple[Spec, Configuration]:
    """Return the spec with the choice's learning rate, and the choice as it stands among its configurations."""
    spec = spec.model_copy(update={"lr": with_lr(spec.lr, choice)})
    return spec, find(choice, configurations(spec), spec, where="the spec")


def _edge(
    plan: Plan,
    ranking: Ranking,
    choice: Configuration,
    headroom: float,
    *,
    jobs: Workers,
    observer: progress.Counter,
) -> FamilyEdge | None:
    """Search for the edge of the choice's family, as far up as the headroom needs."""
    from lyapscreen.analysis.edge import reaching, search

    lrs = reaching(plan.spec.lr, ROOM * headroom * choice.lr)
    found = search(plan, ranking, families=[family_of(choice)], lrs=lrs, jobs=jobs, observer=observer)
    return found.of(choice)


def _compare(judged: GateSubject, before: GateSubject, *, quiet: bool) -> None:
    """Report how the run that made the baseline differs from this one."""
    found = differences((judged.screened.spec, judged.screened.about), before.screened)
    mattering = [text for text in found if text.removeprefix("other values of ").partition(" ")[0] not in RIVALS_ONLY]
    if mattering:
        messages.warnings([f"the baseline comes from a different run: {'; '.join(mattering)}."])
    elif found and not quiet:
        messages.notices([f"the baseline has other rivals: {'; '.join(found)}."])
