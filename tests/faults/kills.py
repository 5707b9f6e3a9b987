"""Runs killed at any moment: what goes on has the same bytes, nobody is left, every end has its code."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path

from tests.faults import child

WORDS = "--data wine --model mlp:4 --lr 1e-2:3:6 --seeds 2 --steps 40 --memory 60kB --quiet"
SPEC = WORDS.split()
CONFIRM = ["--confirm", "2", "--full-steps", "60"]

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
CODES = {signal.SIGTERM: {143}, signal.SIGINT: {130}}

TRIES = 12
"""Most kills of one run before it is let go on to its end."""


def killed(rng, folder, seconds, *, jobs, whole):
    """Kill one run again and again, each time going on; yield what was wrong with it, None for each kill survived."""
    run = Path(folder) / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = ["rank", *SPEC, *CONFIRM, "--jobs", str(jobs), "--run", str(run)]
    for _ in range(TRIES):
        number = rng.choice(SIGNALS)
        target = rng.choice(("main", "all")) if jobs > 1 else "main"
        delay = rng.uniform(0, seconds)
        pids = []

        def act(pid, number=number, target=target, delay=delay, pids=pids):
            pids.append(pid)
            killer = threading.Timer(delay, kill, (pid, number, target))
            killer.daemon = True
            killer.start()
            pids.append(killer)

        ended = child.run([*command, "--resume"] if (run / "run.json").exists() else command, folder, act=act)
        pids[1].cancel()
        alone = child.left(pids[0])
        finished = ended.code == 0
        allowed = {0, -number, *CODES.get(number, ())}
        wrong = None
        if ended.hung:
            wrong = "it hangs"
        elif alone:
            wrong = f"processes are left after {number.name}"
        elif ended.traceback:
            wrong = f"{number.name}: {ended.err.strip().splitlines()[-1][:160]}"
        elif ended.code not in allowed:
            wrong = f"{number.name} to {target}: exit code {ended.code}: {ended.err.strip()[-160:]}"
        yield wrong
        if finished:
            break
    else:
        ended = child.run([*command, "--resume"], folder)
    if ended.code != 0:
        yield f"going on: exit code {ended.code}: {ended.err.strip()[-160:]}"
    elif (run / "ranking.json").read_bytes() != whole:
        yield "other bytes than of a run that was let alone"
    elif list(run.rglob("*.part")) + list(run.rglob("*.tmp")):
        yield "temporary files are left"


def kill(pid, number, target):
    try:
        if target == "all":
            for one in child.members(pid):
                os.kill(one, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def reference(folder):
    """Return the bytes of a run that is let alone, and how long it takes."""
    run = Path(folder) / "whole"
    begin = time.monotonic()
    ended = child.run(["rank", *SPEC, *CONFIRM, "--jobs", "1", "--run", str(run)], folder)
    assert ended.code == 0, ended.err
    return (run / "ranking.json").read_bytes(), time.monotonic() - begin


def limited(rng, folder, whole):
    """Run with few files, little memory, or a small largest file; yield what was wrong."""
    import resource

    which, limit = rng.choice(
        [(resource.RLIMIT_NOFILE, n) for n in (4, 6, 8, 12, 16)]
        + [(resource.RLIMIT_FSIZE, n) for n in (100, 3000, 8000, 20000)]
        + [(resource.RLIMIT_AS, n * 2**20) for n in (1, 400, 900)]
    )
    run = Path(folder) / "run"
    shutil.rmtree(run, ignore_errors=True)

    def before():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(which, (limit, limit))

    ended = child.run(["rank", *SPEC, *CONFIRM, "--jobs", "1", "--run", str(run)], folder, before=before)
    if ended.code not in (0, 2, 5) or ended.traceback or ended.hung:
        yield f"limit {which} of {limit}: exit code {ended.code}: {ended.err.strip()[-160:]}"
        return
    ended = child.run(["rank", *SPEC, *CONFIRM, "--jobs", "1", "--run", str(run), "--resume"], folder)
    same = ended.code == 0 and (run / "ranking.json").read_bytes() == whole
    yield None if same else f"going on after limit {which} of {limit}: exit code {ended.code}: {ended.err[-160:]}"
