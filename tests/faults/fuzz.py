"""Fuzzed documents, many in one child: each ends with a message and a code of its own, or works."""

import contextlib
import io
import os
import random
from pathlib import Path

from tests.faults import child, corruptions

KINDS = ("specs", "flags", "rankings", "tables", "archives")


def chunk(kind, seed, count, folder, ranking):
    """Try so many inputs of a kind in a child; return what was wrong, a line each."""
    report = Path(folder) / f"{kind}.report"
    report.write_text("")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            rng = random.Random(f"{kind} {seed}")
            with report.open("w") as out:
                for number in range(count):
                    out.write(f"? {number}\n")  # overwritten by nothing: what is last was being tried
                    out.flush()
                    for wrong in TRIES[kind](rng, ranking):
                        out.write(f"! {kind} {seed}/{number}: {wrong}\n")
            code = 0
        finally:
            os._exit(code)
    ended = child.wait(pid, Path(folder) / "none")
    lines = report.read_text().splitlines()
    wrong = [line[2:] for line in lines if line.startswith("! ")]
    tried = sum(line.startswith("? ") for line in lines)
    if ended.code != 0 or ended.hung:
        last = next((line for line in reversed(lines) if line.startswith("? ")), "")
        wrong.append(f"{kind} {seed}/{last[2:]}: {'it hangs' if ended.hung else f'it ended with {ended.code}'}")
    return tried, wrong


def command(arguments):
    """Run a command in this process; yield what was wrong with how it ended."""
    from lyapscreen.cli import app

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(arguments, standalone_mode=True)
            code = 0
        except SystemExit as end:
            code = end.code
        except BaseException as error:
            yield f"{error!r:.160} of {arguments!r:.200}"
            return
    told = err.getvalue()
    if code not in (0, 1, 2, 3) or "Traceback" in told or "internal error" in told:
        yield f"exit code {code} of {arguments!r:.200}: {told.strip()[-200:]!r}"
    elif code in (2,) and not told.strip():
        yield f"no message of {arguments!r:.200}"
    elif arguments[0] != "rank" and not all(line.isprintable() for line in told.split("\n")):
        yield f"unprintable: {told[:200]!r}"


def specs(rng, _):
    Path("f.yaml").write_bytes(corruptions.fuzzed_spec(rng))
    yield from command(["rank", "f.yaml", "--print-spec", *(["--no-code"] if rng.random() < 0.5 else [])])


def flags(rng, _):
    yield from command(["rank", "--print-spec", *corruptions.fuzzed_flags(rng)])


def rankings(rng, ranking):
    Path("f.json").write_bytes(corruptions.fuzzed_json(rng, ranking))
    which = rng.choice(("show", "show", "gate", "baseline"))
    if which == "show":
        yield from command(["show", "f.json", "--csv", "f.csv", "--markdown", "f.md", "--json", "g.json"])
    else:
        judged = ["--ranking", "f.json"] if which == "gate" else ["--ranking", "good.json", "--baseline", "f.json"]
        yield from command(["gate", *judged, "--choice", "act=relu,lr=0.1", "--junit", "f.xml"])


def tables(rng, _):
    rows = [",".join(rng.choice(("1", "2.5", "a", "", "nan", "1e400", "None", '"x"', "\t", "é", "-")) for _ in range(3))
            for _ in range(rng.randrange(0, 30))]  # fmt: skip
    content = bytearray("\n".join(["a,b,c", *rows]).encode())
    for _ in range(rng.choice((0, 0, 2))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    Path("f.csv").write_bytes(content)
    yield from loaded("f.csv")


def archives(rng, _):
    import numpy as np

    whole = io.BytesIO()
    np.savez(whole, X=np.ones((12, 3)) * np.arange(12)[:, None], y=np.arange(12) % 2)
    content = bytearray(whole.getvalue())
    for _ in range(rng.randrange(1, 5)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    Path("f.npz").write_bytes(content)
    yield from loaded("f.npz")


def loaded(path):
    from lyapscreen import data
    from lyapscreen.errors import LyapscreenError
    from lyapscreen.spec.spec import Spec

    try:
        data.load(Spec.of(data=path))
    except LyapscreenError:
        pass
    except Exception as error:
        yield f"{error!r:.200}"


TRIES = {"specs": specs, "flags": flags, "rankings": rankings, "tables": tables, "archives": archives}
