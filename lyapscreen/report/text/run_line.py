"""What was run, in one line: data, model, optimizer, how much of what was probed for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lyapscreen.spec.plain import plain_value

if TYPE_CHECKING:
    from lyapscreen.report.document import Document


def run_line(document: Document, seconds: float | None = None) -> str:
    """Return the line above everything else.

    Args:
        document: a finished screening.
        seconds: what it took, where that is known.

    """
    return ", ".join(_parts(document, seconds))


def _parts(document: Document, seconds: float | None) -> Iterator[str]:
    spec, ranking = document.spec, document.ranking
    yield f"{_named(spec.data)}{_data(document)}"
    yield _named(spec.model)
    yield "/".join(map(str, spec.values("optimizer")))
    batches = "/".join(map(str, spec.values("batch_size")))
    yield "full batch" if batches == "full" else f"batch {batches}"
    count = len(ranking.rows)
    seeds = len(spec.seeds)
    many = f"{count} configuration{'s' * (count != 1)} x {seeds} seed{'s' * (seeds != 1)}"
    yield f"{many}, probed {'up to ' if ranking.halved else ''}{spec.steps} steps"
    if seconds is not None:
        yield f"{seconds:.3g} s"


def _data(document: Document) -> str:
    """Return what is known of the data, in parentheses."""
    held_out = "" if document.held_out_rows is None else f"+{document.held_out_rows:,}"
    rows = [] if document.train_rows is None else [f"{document.train_rows:,}{held_out} rows"]
    classes = [] if document.classes is None else [f"{document.classes} classes"]
    return f" ({', '.join([*rows, *classes])})" if rows or classes else ""


def _named(value: object) -> str:
    found = plain_value(value)
    return found if isinstance(found, str) else type(value).__name__
