"""The frontier of gap against cost, ours beside Optuna's: python -m tests.benchmarks.ranking.frontier.

All of it takes hours on two cores and goes on where it was stopped; `--cached` shows what is finished. Ours alone anew,
once the ranking has changed: `--part ours --again ours`, and then `--cached`.
"""

import argparse
import json
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from rich.console import Console

from tests.benchmarks.ranking import pages
from tests.benchmarks.ranking.cache import fill, forget
from tests.benchmarks.ranking.frontier import page, picture, plan
from tests.benchmarks.ranking.frontier.lines import line
from tests.benchmarks.ranking.frontier.ours import RANKED
from tests.benchmarks.ranking.frontier.summary import summary
from tests.benchmarks.ranking.tasks import tasks
from tests.benchmarks.ranking.trainings import KEEPS


def main() -> None:
    """Do what is not yet in the cache, then say what all that is finished says."""
    given, out = _arguments(), Console(stderr=True)
    chosen = plan.cases([task for task in tasks() if not given.data or task.name in given.data.split(",")])
    parts = [part for part in plan.PARTS if part != "rivals" or find_spec("optuna")]
    if not given.cached:
        for work in plan.works(chosen, given.again):
            forget(work)
        for part in parts:  # one after the other: the rivals look the trainings up
            fill(plan.works(chosen, [part] if part in given.part else []), given.jobs)
    done = [case for case in chosen if case.is_done(parts)]
    out.print(f"{len(done)} of {len(chosen)} cases are finished", style="dim")
    if not done:
        return
    results = _results([line(case.task, case.training, keep, rivals="rivals" in parts)
                        for case in done for keep in KEEPS])  # fmt: skip
    if given.data or "rivals" not in parts:
        out.print("a part of the data or no Optuna: frontier.json and the page stay as they are", style="dim")
    else:
        page.RESULTS.write_text(page.dumped(results))
        pages.PAGE.write_text(page.replaced(pages.PAGE.read_text(), results))
        picture.draw(results)
    Console(soft_wrap=True).print(page.block(results), markup=False, highlight=False)


def _arguments() -> argparse.Namespace:
    def listed(text: str) -> list[str]:
        return [part for part in text.split(",") if part]

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ranking.frontier")
    parser.add_argument("--data", default="", help="names of tasks, separated by commas (default: all)")
    parser.add_argument("--part", type=listed, default=list(plan.PARTS), help=f"of {','.join(plan.PARTS)}")
    parser.add_argument("--again", type=listed, default=[], help="parts to do anew")
    parser.add_argument("--cached", action="store_true", help="do nothing that is not yet done")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    return parser.parse_args()


def _results(lines: list[dict[str, Any]]) -> dict[str, Any]:
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: version(name) for name in ("lyapscreen", "torch", "optuna") if find_spec(name)},
        "ranked by": {keep: ranked["rank_by"] for keep, ranked in RANKED.items()},
        "summary": summary(lines),
        "lines": lines,
    }
    # As they are read again, so that the page is of the file and of nothing else.
    return dict(json.loads(json.dumps(found)))


if __name__ == "__main__":
    main()
