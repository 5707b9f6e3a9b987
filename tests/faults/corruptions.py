"""Run directories and documents that are not as they were written."""

import json
import os
import shutil
import signal
from pathlib import Path

from tests.faults import child
from tests.faults.kills import CONFIRM, SPEC


def damage(rng, path):
    """Change a file in one of the ways in which files are damaged."""
    content = bytearray(path.read_bytes())
    how = rng.choice(("flip", "flip", "cut", "zeros", "insert", "empty", "gone", "junk"))
    if how == "gone":
        path.unlink()
        return how
    if how == "empty" or not content:
        content = bytearray()
    elif how == "flip":
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif how == "cut":
        del content[rng.randrange(len(content)) :]
    elif how == "zeros":
        begin = rng.randrange(len(content))
        content[begin : begin + 64] = bytes(len(content[begin : begin + 64]))
    elif how == "insert":
        begin = rng.randrange(len(content))
        content[begin:begin] = rng.randbytes(rng.randrange(1, 40))
    else:
        content = bytearray(rng.randbytes(rng.randrange(1, 400)))
    path.write_bytes(content)
    return how


def broken_off(folder):
    """Make a run directory as a killed run leaves it, with states and with weights."""
    run = Path(folder) / "half"

    def before():
        from lyapscreen.probe import probe

        as_ever, done = probe.probe, []

        def few(*arguments, **more):
            done.append(1)
            if len(done) > 14:
                os.kill(os.getpid(), signal.SIGKILL)
            return as_ever(*arguments, **more)

        probe.probe = few

    child.run(["rank", *SPEC, *CONFIRM, "--jobs", "1", "--run", str(run)], folder, before=before)
    assert list((run / "states").glob("*.npy")), "it has to have come to the second rung"
    return run


def corrupted(rng, folder, sources, whole):
    """Damage one to three files of a run directory and go on; yield what was wrong."""
    run = Path(folder) / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(rng.choice(sources), run)
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.name != "lock")
    chosen = rng.sample(files, rng.randrange(1, min(4, len(files) + 1)))
    how = [f"{path.relative_to(run)} {damage(rng, path)}" for path in chosen]
    for command in (["show", str(run)], ["rank", *SPEC, *CONFIRM, "--jobs", "1", "--run", str(run), "--resume"]):
        ended = child.run(command, folder)
        if ended.traceback or ended.hung or ended.code not in (0, 2, 3):
            yield f"{command[0]} after {'; '.join(how)}: exit code {ended.code}: {ended.err.strip()[-160:]}"
            return
    if ended.code == 0 and (run / "ranking.json").read_bytes() != whole:
        yield f"other bytes after {'; '.join(how)}"
        return
    yield None


WORDS = """data lr act seeds steps model batch_size optimizer momentum sweep held_out split task target full_steps
schedule weights run csv json address backend no_code memory dtype device loss init keep ranking confirm"""
SPEC_WORDS = WORDS.split()
VALUES = (
    "1", "-1", "0", "1e400", "nan", "inf", "1e-4:1", "1:0", "5e-324:1e308", "1_0", "１", "[1, 2]", "[]", "{}", "null",
    "true",
    "yes", "''", "relu", "all", "relu,relu", "mlp:", "mlp:0", "mlp:4", "digits", "/dev/zero", "../x", "net.py:make",
    "os:system", "a.csv", "tcp://127.0.0.1:9", "\x1b[31m", "\"\\u202e\"", "[/]", "!!python/object:os.system", "&a [*a]",
    "9" * 400, "x" * 3000, "random", "last", "group:", "seed=7", "0,0", "momentum=0,0.9", "{momentum: [0, 0.9]}", "sgd",
)  # fmt: skip


def fuzzed_spec(rng):
    """Return the text of a spec: mostly words in places where they have no business."""
    lines = [f"{rng.choice(SPEC_WORDS)}: {rng.choice(VALUES)}" for _ in range(rng.randrange(1, 6))]
    text = bytearray("\n".join(lines).encode("utf-8", "surrogateescape"))
    for _ in range(rng.choice((0, 0, 1, 3))):
        if text:
            text[rng.randrange(len(text))] = rng.randrange(256)
    return bytes(text)


def fuzzed_flags(rng):
    """Return flags with odd values."""
    names = [name for name in SPEC_WORDS if name not in ("no_code", "sweep", "ranking")]
    return [
        part
        for _ in range(rng.randrange(1, 4))
        for part in (f"--{rng.choice(names).replace('_', '-')}", rng.choice(VALUES))
    ]


def fuzzed_json(rng, text):
    """Return a ranking's JSON with values, keys or bytes that are others."""
    if rng.random() < 0.3:
        content = bytearray(text.encode())
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return bytes(content)
    plain = json.loads(text)
    for _ in range(rng.randrange(1, 4)):
        _change(rng, plain)
    return json.dumps(plain).encode("utf-8", "surrogatepass")


ODD = (None, True, -1, 0, 1e308, 10**30, "", "x", "\x1b]0;t\x07", "[/]", "\ud800", [], {}, [[]], "=1+1", "::error::")


def _change(rng, node):
    while isinstance(node, dict | list) and node:
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        if rng.random() < 0.3 or not isinstance(node[key], dict | list):
            if rng.random() < 0.2:
                del node[key]
            else:
                node[key] = rng.choice(ODD)
            return
        node = node[key]
