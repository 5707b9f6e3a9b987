"""MLflow: a run for the screening, a nested one for each row, with spec, ranking and figures as artifacts."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.report.tracking import SETTING, Target, Tracker

if TYPE_CHECKING:
    from lyapscreen.report.tracking.entries import Entry, Logged

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
"""How often MLflow asks a server again: by itself some minutes long."""

LONGEST_PARAM, LONGEST_TAG = 6000, 8000
"""Characters that MLflow's own stores take; the whole spec is an artifact."""

MOST_PARAMS = 100
"""Parameters that one request to MLflow may hold."""


def check(target: Target) -> None:
    """Open the store: a database is made, a server asked.

    Raises:
        OutputError: MLflow takes no such place.
        EnvironmentFailure: the server does not answer.

    """
    from mlflow.exceptions import MlflowException

    remote = target.place.startswith(("http://", "https://"))
    try:
        with _few_retries(), _quiet():
            _client(target).search_experiments(max_results=1)
    except (MlflowException, OSError) as error:
        reason = _reason(error)
        if remote:
            raise EnvironmentFailure(f"{SETTING} {target.text} does not answer: {reason}.") from error
        rule = f"MLflow cannot open it ({reason})"
        raise OutputError(SETTING, target.text, rule, f"Write mlflow:{TRACKER.example}, or an http:// URI") from error


def write(target: Target, logged: Logged) -> None:
    """Log a screening under the experiment `lyapscreen`, which is made where there is none.

    Raises:
        EnvironmentFailure: the store fails; the run is then marked as failed.

    """
    from mlflow.exceptions import MlflowException

    try:
        with _quiet():
            _write(_client(target), logged)
    except (MlflowException, OSError) as error:
        raise EnvironmentFailure(f"{SETTING} {target.text} could not be written: {_reason(error)}.") from error


def _write(client: Any, logged: Logged) -> None:
    from mlflow.entities import Param

    from lyapscreen.report.tracking.entries import PROJECT

    found = client.get_experiment_by_name(PROJECT)
    experiment = client.create_experiment(PROJECT) if found is None else found.experiment_id
    tags = {**logged.about, "mlflow.note.content": _cut(logged.note, LONGEST_TAG)}
    parent = client.create_run(experiment, tags=tags, run_name=logged.title).info.run_id
    try:
        params = [Param(key, _cut(str(value), LONGEST_PARAM)) for key, value in logged.spec.items()]
        for first in range(0, len(params), MOST_PARAMS):
            client.log_batch(parent, params=params[first : first + MOST_PARAMS])
        with TemporaryDirectory() as folder:
            for name, text in logged.files.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            (Path(folder) / "figures.png").write_bytes(logged.figures)
            client.log_artifacts(parent, folder)
        if logged.recommended is not None:
            _log(client, parent, logged.recommended)
        for entry in logged.entries:
            tags = {**logged.about, **entry.labels, "mlflow.parentRunId": parent}
            child = client.create_run(experiment, tags=tags, run_name=entry.name).info.run_id
            _log(client, child, entry, settings=True)
            client.set_terminated(child)
    except BaseException:
        client.set_terminated(parent, "FAILED")
        raise
    client.set_terminated(parent)


def _log(client: Any, run: str, entry: Entry, *, settings: bool = False) -> None:
    from mlflow.entities import Metric, Param

    now = time.time_ns() // 1_000_000
    metrics = [Metric(name, value, now, 0) for name, value in entry.measures.items()]
    chosen = entry.settings if settings else {}
    params = [Param(name, _cut(str(value), LONGEST_PARAM)) for name, value in chosen.items()]
    client.log_batch(run, metrics=metrics, params=params)


def _client(target: Target) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=target.place)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _reason(error: Exception) -> str:
    """Return the first sentence of MLflow's own, for what follows is often a page."""
    return (
        str(error).strip().splitlines()[0].partition(". ")[0].rstrip(".") if str(error).strip() else "no reason given"
    )


@contextmanager
def _few_retries() -> Iterator[None]:
    """Let MLflow ask a server once more at most, unless the environment says how often."""
    if RETRIES in os.environ:
        yield
        return
    os.environ[RETRIES] = "1"
    try:
        yield
    finally:
        del os.environ[RETRIES]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what MLflow says of making a database off the screen."""
    names = ("mlflow", "alembic")
    before = [logging.getLogger(name).level for name in names]
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        for name, level in zip(names, before, strict=True):
            logging.getLogger(name).setLevel(level)


TRACKER = Tracker(
    name="mlflow",
    place="URI",
    needs=("mlflow", "matplotlib"),
    check=check,
    write=write,
    example="sqlite:///mlflow.db",
    is_directory=False,
)
