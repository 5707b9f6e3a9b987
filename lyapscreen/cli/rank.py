"""`lyapscreen rank`: the main job."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from lyapscreen.cli import flags, messages, permissions, progress, resumed
from lyapscreen.cli import shown as shown_flags
from lyapscreen.cli.outputs import given_out, opened, tracked
from lyapscreen.cli.signature import takes_outputs, takes_settings, takes_shown
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.execution import Workers
    from lyapscreen.screening.plan import Plan
    from lyapscreen.spec.spec import Spec

MIB_HERE, MIB_OF_WORKER = 480, 300
"""Resident size of this process once all is imported, and of a worker (measured, torch 2.13 on a CPU)."""


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
        from lyapscreen.execution import Cluster, engine
        from lyapscreen.screening.run_directory import RunDirectory
        from lyapscreen.spec.confirm import how_many
        from lyapscreen.spec.spec import Spec

        if resume and run is not None and set(settings) <= {"no_code"}:
            spec = resumed.spec(run, settings)
            permissions.require_no_input({**outputs, "save": save}, spec.plain(), run)
        else:
            spec = Spec.of(**settings)
        count = how_many(confirm)
        screen = shown_flags.read(shown, can_probe=True, quiet=quiet)
        cluster = engine(jobs, backend, address)
        if print_spec:
            _print_spec(spec)
            return
        if resume and run is None:
            raise SettingError("resume", "", "there is no run to resume", "Name its directory with --run")
        if save is not None and confirm is None:
            raise SettingError("save", save, "without full training there are no weights to save", "Add --confirm 3")
        if outputs["code"] is not None:
            _require_torch_optimizers(spec, outputs["code"])
        files = open_files.enter_context(opened({**outputs, "save": save}))
        trackers = tracked(log_to or (), run)
        # Whoever only asks what would be done connects to nobody.
        workers = cluster if dry_run and isinstance(cluster, Cluster) else open_files.enter_context(cluster)
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
            store = open_files.enter_context(RunDirectory(run, resume=resume, command=resumed.command(run, further)))

        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
            from lyapscreen.screening import estimate
            from lyapscreen.screening.plan import prepare
            from lyapscreen.screening.run import carry_out, confirmed

            display.now("loading the data and looking at the model")
            plan = prepare(spec, workers)
            if not quiet:
                messages.notices(plan.notices)
            messages.warnings(plan.warnings)
            if dry_run:
                display.now("timing a few steps")
                # What importing and planning have taken so far, the real run takes too.
                seconds = estimate.seconds(plan, workers, time.process_time())
            else:
                display.begin(plan, workers, (count or 0) * len(spec.seeds) * plan.spec.full_steps)
                screening = carry_out(plan, jobs=workers, observer=display.probes, store=store, fail_fast=fail_fast)
                if count is not None:
                    watch = display.counted("full training of the best", "candidates", plan.spec.full_steps)
                    screening = confirmed(plan, screening, count, jobs=workers, observer=watch, store=store)
        if dry_run:
            _print_plan(plan, workers, count, seconds)
            return
        if store is not None:
            messages.notices(store.notices)
        given_out(screening, files, replace(screen, seconds=time.monotonic() - started), trackers)


def _print_spec(spec: Spec) -> None:
    """Print the settings as they are used.

    No code of the user's is run for it, and data need not be there yet: task and loss then stay as they were given.
    """
    from lyapscreen.report import console
    from lyapscreen.results.settings import Facts, as_given
    from lyapscreen.spec import epochs, user_code
    from lyapscreen.spec.yaml_writer import as_used

    facts = Facts()
    if not user_code.names_code(str(spec.data)):
        from lyapscreen.probe import tokens

        try:
            data = tokens.load(spec)
        except SettingError as error:
            messages.notices([f"task and loss are not known: {error}"])
        else:
            facts = Facts(data.task, data.train_rows)
            spec = epochs.in_steps(spec, data.train_rows)
    console.write(as_used(as_given(spec, facts)))


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


def _print_plan(plan: Plan, workers: Workers, confirm: int | None, seconds: float) -> None:
    from lyapscreen.execution import Cluster
    from lyapscreen.report import console
    from lyapscreen.spec.candidates import configurations

    spec = plan.spec
    used = plan.processes(workers)
    largest = max(len(batch.candidates) for batch in plan.batches) * plan.bytes_per_candidate / 2**20
    mib = MIB_HERE + used * largest + (used * MIB_OF_WORKER if used > 1 else 0)
    processes = f"{used} processes" if used > 1 else "this process"
    memory = f"{mib:.0f} MiB of memory in all"
    if isinstance(workers, Cluster):
        asked = (
            "" if workers.address is None or workers.jobs is not None else "the cluster is not asked how many it has; "
        )
        processes = f"{used} worker{'s' * (used != 1)} ({asked}timed on this machine)"
        memory = f"{MIB_OF_WORKER + largest:.0f} MiB of memory each"
    beyond = plan.candidates - len(configurations(spec)) * len(spec.seeds)
    ahead = f", and {beyond} above the range to read ahead" if beyond else ""
    if spec.device == "cuda":
        processes, memory = "this process on the GPU", f"{largest:.0f} MiB of the GPU's memory"
    out = console.stdout()
    console.print_folded(
        out,
        f"{plan.candidates - beyond} candidates: {len(spec.act)} activations x {len(spec.lr)} learning rates "
        f"x {len(spec.seeds)} seeds{''.join(f' x {len(values)} {name}' for name, values in spec.sweep)}, "
        f"{spec.steps} steps each{ahead}, in {len(plan.batches)} batches",
    )
    console.print_folded(
        out,
        f"about {seconds:.0f} s in all, start-up included, in {processes}, {memory}",
    )
    if confirm is not None:
        count = confirm * len(spec.seeds)
        words = f"then full training of {confirm} of the best: {count} candidates, {spec.full_steps} steps each"
        console.print_folded(out, words)
