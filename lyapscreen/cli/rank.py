"""`lyapscreen rank`: the main job."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from lyapscreen.cli import flags, messages, permissions, planned, preparing, progress, resumed
from lyapscreen.cli import shown as shown_flags
from lyapscreen.cli.outputs import given_out, opened, require_alone, tracked
from lyapscreen.cli.signature import takes_outputs, takes_settings, takes_shown
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.spec.spec import Spec


@takes_settings
@takes_outputs()
@takes_shown
def rank(
    settings: dict[str, object],
    jobs: flags.Jobs = None,
    backend: flags.Backend = None,
    address: flags.Address = None,
    dry_run: flags.DryRun = False,
    print_spec: flags.PrintSpec = False,
    quiet: flags.Quiet = False,
    run: flags.Run = None,
    resume: flags.Resume = False,
    fail_fast: flags.FailFast = False,
    confirm: flags.Confirm = None,
    save: flags.Save = None,
    log_to: flags.LogTo = None,
    format: flags.Pick = None,  # noqa: A002  as the flag is called
    *,
    outputs: dict[str, str | None],
    shown: dict[str, object],
) -> None:
    """Rank learning rates and activations by how fast and how stably they learn.

    Example: lyapscreen rank --lr 1e-4:1 --act relu,sigmoid
    """
    started = time.monotonic()
    with ExitStack() as open_files:
        # The cheap checks come first: a mistyped flag is reported before torch is waited for.
        from lyapscreen.execution import engine
        from lyapscreen.screening.run_directory import RunDirectory
        from lyapscreen.spec import automatic
        from lyapscreen.spec.confirm import how_many
        from lyapscreen.spec.spec import Spec

        fixed, auto = automatic.divided(settings)
        if resume and run is not None and set(settings) <= {"no_code"}:
            spec = resumed.spec(run, settings)
            permissions.require_no_input({**outputs, "save": save}, spec.plain(), run)
        else:
            spec = Spec.of(**fixed)
        count = how_many(confirm)
        screen = shown_flags.read(shown, can_probe=True, quiet=quiet)
        require_alone(format, outputs)
        cluster = engine(jobs, backend, address)
        if print_spec:
            _print_spec(spec, auto=auto)
            return
        resumed.require_run(run, resume=resume)
        if save is not None and confirm is None:
            raise SettingError("save", save, "without full training there are no weights to save", "Add --confirm 3")
        if outputs["code"] is not None:
            _require_torch_optimizers(spec, outputs["code"])
        files = open_files.enter_context(opened({**outputs, "save": save}))
        trackers = tracked(log_to or (), run, dry_run=dry_run)
        workers = preparing.workers(cluster, open_files, dry_run=dry_run)
        store = None
        if run is not None and not dry_run:
            further = {
                **outputs,
                "save": save,
                "log_to": log_to,
                "confirm": confirm,
                "jobs": jobs,
                "backend": backend,
                "address": address,
            }
            store = open_files.enter_context(
                RunDirectory(run, resume=resume, command=resumed.command("rank", run, further))
            )

        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
            from lyapscreen.screening import estimate, lr_range
            from lyapscreen.screening.run import carry_out, confirmed

            spec, notices = lr_range.resolved(
                spec, auto=auto and not dry_run, jobs=workers, observer=display.now, fail_fast=fail_fast
            )
            plan = preparing.plan(spec, workers, display, quiet=quiet, notices=notices)
            if dry_run:
                display.now("timing a few steps")
                # What importing and planning have taken so far, the real run takes too.
                seconds = estimate.seconds(plan, workers, time.process_time())
                scouts, more = preparing.scouts(spec, workers, auto=auto)
                seconds += more
            else:
                display.begin(plan, workers, (count or 0) * len(spec.seeds) * plan.spec.full_steps)
                screening = carry_out(plan, jobs=workers, observer=display.probes, store=store, fail_fast=fail_fast)
                if count is not None:
                    watch = display.counted("full training of the best", "candidates", plan.spec.full_steps)
                    screening = confirmed(plan, screening, count, jobs=workers, observer=watch, store=store)
        if dry_run:
            planned.show(plan, workers, seconds, scouts)
            if count is not None:
                runs = f"{count * len(spec.seeds)} candidates, {plan.spec.full_steps} steps each"
                planned.say(f"then full training of {count} of the best: {runs}")
            return
        if store is not None:
            messages.notices(store.notices)
        given_out(screening, files, replace(screen, seconds=time.monotonic() - started), trackers, format)


def _print_spec(spec: Spec, *, auto: bool) -> None:
    """Print the settings as they are used.

    No code of the user's is run for it, and data need not be there yet: task and loss then stay as they were given.
    """
    from lyapscreen.report import console
    from lyapscreen.results.settings import Facts, as_given
    from lyapscreen.spec import epochs, user_code
    from lyapscreen.spec.parsing import AUTO
    from lyapscreen.spec.yaml_writer import as_used

    facts = Facts()
    if not user_code.names_code(str(spec.data)):
        from lyapscreen import data

        try:
            found = data.load(spec)
        except SettingError as error:
            messages.notices([f"task and loss are not known: {error}"])
        else:
            facts = Facts(found.task, found.train_rows)
            spec = epochs.in_steps(spec, found.train_rows)
    looked_for = {"lr": AUTO} if auto else {}
    console.write(as_used({**as_given(spec, facts), **looked_for}))


def _require_torch_optimizers(spec: Spec, path: str) -> None:
    """Refuse a script where what may win has no optimizer in torch, before the work.

    Raises:
        SettingError: naming the optimizer.

    """
    from lyapscreen.spec.optimizers import OPTIMIZERS

    for name in spec.values("optimizer"):
        if not OPTIMIZERS[name].torch:
            raise SettingError("code", path, f"torch.optim has no {name}, so that no script can train with it",
                               "Leave out --code, or choose another optimizer")  # fmt: skip
