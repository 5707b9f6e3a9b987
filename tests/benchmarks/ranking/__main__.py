"""The ranking judged by full training, on every data set at hand; under an hour on two cores.

python -m tests.benchmarks.ranking [--data NAMES] [--no-optuna]

Results are kept in build/bench-cache as they come, so that a run that was stopped goes on; remove what has changed.
Over all tasks it renews results.json beside it and the block of the page that is made of it.
"""

import argparse
import json
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec

from rich.console import Console

from tests.benchmarks.ranking import pages, records
from tests.benchmarks.ranking.cache import fill, kept
from tests.benchmarks.ranking.rivals import Search
from tests.benchmarks.ranking.summary import against_optuna, of_seeds, summary
from tests.benchmarks.ranking.tasks import tasks
from tests.benchmarks.ranking.trainings import Training
from tests.benchmarks.ranking.work import works


def main() -> None:
    """Do what is not yet in the cache, then say what all of it says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ranking", description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="", help="names of data sets, comma-separated (default: all)")
    parser.add_argument("--no-optuna", action="store_true", help="leave Optuna out")
    parser.add_argument("--steps", type=int, default=1500, help="of full training (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    given = parser.parse_args()
    chosen = [task for task in tasks() if not given.data or task.name in given.data.split(",")]
    fill([work for task in chosen for work in works(task, Training(given.steps))], given.jobs)
    with_optuna = not given.no_optuna and find_spec("optuna") is not None
    searches = [Search(task, given.steps) for task in chosen if task.is_mlp] if with_optuna else []
    fill(searches, 1)  # one after the other: their seconds are compared
    read = [records.read(task, given.steps) for task in chosen]
    lines = [records.outcome(record) for record in read]
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: version(name) for name in ("lyapscreen", "torch", *(["optuna"] if searches else []))},
        "full_steps": given.steps,
        "summary": summary(lines),
        "seeds": of_seeds([(record.task.name, records.seeds(record)) for record in read]),
        **({"optuna": against_optuna({search.key: kept(search) for search in searches})} if searches else {}),
        "tasks": lines,
    }
    text = json.dumps(results, indent=1, allow_nan=False) + "\n"
    if given.data:
        Console(stderr=True).print("a part of the data: results.json and its page stay as they are", style="dim")
    else:
        pages.RESULTS.write_text(text)
        pages.PAGE.write_text(pages.replaced(pages.PAGE.read_text(), results))
    Console(soft_wrap=True).print(pages.block(results), markup=False, highlight=False)


main()
