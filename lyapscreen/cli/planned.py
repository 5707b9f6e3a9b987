"""What `--dry-run` prints: what would be done, in what time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lyapscreen.execution import Workers
    from lyapscreen.screening.plan import Plan

MIB_HERE, MIB_OF_WORKER = 480, 300
"""Resident size of this process once all is imported, and of a worker (measured, torch 2.13 on a CPU)."""


def show(plan: Plan, workers: Workers, seconds: float, scouts: Plan | None = None) -> None:
    """Print how many candidates are probed, in what time and memory.

    Args:
        plan: what would be done.
        workers: by whom.
        seconds: how long it would take.
        scouts: what looks for the range of learning rates before, if anything does.

    """
    from lyapscreen.execution import Cluster
    from lyapscreen.report import console
    from lyapscreen.report.text.numbers import compact
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
    if scouts is not None:
        low, high = compact(spec.lr[0]), compact(spec.lr[-1])
        console.print_folded(
            out,
            f"first {scouts.candidates} candidates look for the range of learning rates: {low} to {high} with "
            f"{len(scouts.spec.seeds)} of the seeds, and once more with each decade that it grows by; what follows is "
            f"for {low} to {high}, and more if the range grows",
        )
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


def say(sentence: str) -> None:
    """Print what follows the probes."""
    from lyapscreen.report import console

    console.print_folded(console.stdout(), sentence)
