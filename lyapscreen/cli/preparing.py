"""What the commands that probe do alike before they probe: workers and a plan, or, in a dry run, what both would be."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from lyapscreen.cli import messages

if TYPE_CHECKING:
    from lyapscreen.cli.progress import Display
    from lyapscreen.execution import Workers
    from lyapscreen.screening.plan import Plan
    from lyapscreen.spec.spec import Spec


def workers(cluster: AbstractContextManager[Workers], stack: ExitStack, *, dry_run: bool) -> Workers:
    """Return what to work on, entered for as long as the stack is open: whoever only asks connects to nobody."""
    from lyapscreen.execution import Cluster

    return cluster if dry_run and isinstance(cluster, Cluster) else stack.enter_context(cluster)


def plan(spec: Spec, workers: Workers, display: Display, *, quiet: bool, notices: tuple[str, ...] = ()) -> Plan:
    """Return the plan of a screening, and say how data and model were taken.

    Args:
        spec: of the screening.
        workers: what it runs on.
        display: told what happens.
        quiet: whether warnings alone are printed.
        notices: what to say before all else.

    """
    from lyapscreen.screening import lr_range
    from lyapscreen.screening.plan import prepare

    display.now("loading the data and looking at the model")
    found = lr_range.noted(prepare(spec, workers), notices)
    if not quiet:
        messages.notices(found.notices)
    messages.warnings(found.warnings)
    return found


def scouts(spec: Spec, workers: Workers, *, auto: bool) -> tuple[Plan | None, float]:
    """Return the plan of what looks for the range of learning rates first, if anything does, and its seconds."""
    from lyapscreen.screening import estimate, lr_range
    from lyapscreen.screening.plan import prepare

    if not auto:
        return None, 0.0
    found = prepare(lr_range.scouting(spec), workers)
    return found, estimate.seconds(found, workers)
