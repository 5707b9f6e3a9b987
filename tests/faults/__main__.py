"""`python -m tests.faults`: about ten minutes of faults, and a table of what was tried, survived and wrong.

--seed N        other faults; 0 unless given
--short         a part of each kind, under a minute: what CI runs
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from itertools import count, islice
from pathlib import Path

from tests.faults import child, corruptions, fuzz, kills

FULL = {"kills": 200, "kills of workers": 12, "limits": 20, "corruptions": 110, **dict.fromkeys(fuzz.KINDS, 0)}
FULL |= {"specs": 3500, "flags": 3000, "rankings": 2000, "tables": 1000, "archives": 1000}
SHORT = {"kills": 4, "kills of workers": 0, "limits": 2, "corruptions": 4}
SHORT |= {"specs": 150, "flags": 150, "rankings": 60, "tables": 20, "archives": 20}
CHUNK = 250
"""Inputs that one child tries."""


def main():
    """Try everything, print the table, and end with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    child.load()
    wanted = SHORT if asked.short else FULL
    begin = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="lyapscreen-faults-"))
    try:
        tried, wrong = attempted(asked.seed, wanted, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'fault':<18}{'tried':>8}{'survived':>10}{'wrong':>7}")
    for kind in wanted:
        bad = len(wrong.get(kind, ()))
        print(f"{kind:<18}{tried[kind]:>8}{tried[kind] - bad:>10}{bad:>7}")
    print(f"seed {asked.seed}, {time.monotonic() - begin:.0f} s")
    for lines in wrong.values():
        for line in lines[:20]:
            print(line.encode("unicode_escape").decode())
    sys.exit(any(wrong.values()))


def attempted(seed, wanted, folder):
    """Return how often each kind was tried, and what was wrong."""
    tried, wrong = Counter(), {}

    def take(kind, found):
        """Count up to as many tries of a kind as are wanted."""
        for one in islice(found, wanted[kind]):
            tried[kind] += 1
            if one is not None:
                wrong.setdefault(kind, []).append(one)

    def said(what):
        so_far = f"{sum(tried.values())} tried, {sum(map(len, wrong.values()))} wrong"
        print(f"{so_far}; now {what}", file=sys.stderr, flush=True)

    whole, seconds = kills.reference(folder)
    ranking = (folder / "whole" / "ranking.json").read_text()
    (folder / "good.json").write_text(ranking)
    rng = random.Random(seed)
    for kind, jobs, longest in (("kills", 1, 1.2 * seconds), ("kills of workers", 2, 12.0)):
        said(kind)
        take(kind, (one for _ in count() for one in kills.killed(rng, folder, longest, jobs=jobs, whole=whole)))
    said("limits")
    take("limits", (one for _ in count() for one in kills.limited(rng, folder, whole)))
    said("corruptions")
    sources = [corruptions.broken_off(folder), folder / "whole"]
    take("corruptions", (one for _ in count() for one in corruptions.corrupted(rng, folder, sources, whole)))
    for kind in fuzz.KINDS:
        said(kind)
        for number in range(-(-wanted[kind] // CHUNK)):
            many = min(CHUNK, wanted[kind] - number * CHUNK)
            done, bad = fuzz.chunk(kind, f"{seed}.{number}", many, folder, ranking)
            tried[kind] += done
            if bad:
                wrong.setdefault(kind, []).extend(bad)
    return tried, wrong


if __name__ == "__main__":
    main()
