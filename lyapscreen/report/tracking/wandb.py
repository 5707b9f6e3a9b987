"""Weights & Biases, offline: a run for each row and one for the ranking, in one group; `wandb sync` uploads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.report.tracking import SETTING, Target, Tracker, directories

if TYPE_CHECKING:
    from lyapscreen.report.tracking.entries import Logged


def write(target: Target, logged: Logged) -> None:
    """Write offline runs into `DIR/wandb`, whatever the environment says of the mode: nothing leaves the machine.

    The spec, the ranking and the figures are in the first run, whose name is the recommendation.

    Raises:
        EnvironmentFailure: the disk is full, or the directory may not be written.

    """
    import wandb
    from wandb.errors import Error

    files = None
    try:
        Path(target.place).mkdir(parents=True, exist_ok=True)
        with _run(target, logged, logged.title, "ranking", dict(logged.spec)) as run:
            table = wandb.Table(columns=list(logged.columns), data=[list(row) for row in logged.rows])
            files = Path(run.dir)
            for name, text in logged.files.items():
                (files / name).write_text(text, encoding="utf-8")
            (files / "figures.png").write_bytes(logged.figures)
            run.log({"ranking": table, "figures": wandb.Image(str(files / "figures.png"))})
            run.notes = logged.note
            if logged.recommended is not None:
                run.summary.update({**logged.recommended.settings, **logged.recommended.measures})
        for entry in logged.entries:
            with _run(target, logged, entry.name, "configuration", dict(entry.settings)) as run:
                run.summary.update({**entry.measures, **entry.labels})
    except (OSError, Error) as error:
        raise EnvironmentFailure(f"{SETTING} {target.text} could not be written: {error}.") from error


def _run(target: Target, logged: Logged, name: str, kind: str, config: dict[str, Any]) -> Any:
    """Open a run that sees nothing of the machine and of the working directory, and leaves `wandb.run` alone."""
    import wandb

    from lyapscreen.report.tracking.entries import PROJECT

    settings = wandb.Settings(
        silent=True, console="off", save_code=False, disable_git=True, x_disable_stats=True, x_disable_meta=True
    )
    return wandb.init(
        project=PROJECT, dir=target.place, mode="offline", group=logged.about["spec_hash"], job_type=kind, name=name,
        config={**config, **logged.about}, settings=settings, reinit="create_new",
    )  # fmt: skip


TRACKER = Tracker(
    name="wandb",
    place="DIR",
    needs=("wandb", "matplotlib"),
    check=directories.require,
    write=write,
    example="runs",
)
