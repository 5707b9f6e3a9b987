"""What is run in a run directory: `run.json`, written first, and compared with what is to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lyapscreen.errors import OutputError
from lyapscreen.results.records import SCHEMA
from lyapscreen.screening import durable
from lyapscreen.spec import documents

RUN = "run.json"

COMMAND = "command"
"""What the run is for: `name`, and the spec that was asked for where the probes are of another."""

OF_A_RANKING: Mapping[str, object] = {"name": "rank"}

PARTS = ("schema", COMMAND, "spec", "data", "code", "versions", "machine", "spec_hash")
"""What has to be the same for a run to go on; earlier versions say neither the machine nor what it is for."""

SUM = "sum"
"""Key of the checksum of all the rest; files of earlier versions have none."""

FACTS = ("score_name", "train_rows", "task", "baseline_score", "held_out_rows", "classes")
"""What is known of the data besides."""

KEYS = {*PARTS, *FACTS, SUM}

HELD = {"spec": dict, "versions": dict, "spec_hash": str, "score_name": str}
"""What a run.json has to hold, and of what kind."""


def machine(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what the bytes of a run depend on besides the versions: the instruction set that torch computes with."""
    import torch

    return {} if spec.get("device") == "cuda" else {"cpu": str(torch.backends.cpu.get_cpu_capability())}


def text_of(about: Mapping[str, Any]) -> str:
    """Return a run.json, with its checksum."""
    return json.dumps({**about, SUM: _checksum(about)}, indent=2) + "\n"


def read_about(path: Path) -> dict[str, Any]:
    """Return what is run in a run directory.

    Raises:
        OutputError: its run.json cannot be read, or is damaged.

    """
    try:
        about: dict[str, Any] = json.loads(documents.read(path / RUN))
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            raise ValueError("unknown schema")
        for name, kind in HELD.items():
            if not isinstance(about.get(name), kind):
                raise ValueError(f"it has no {name}")
        if not all(isinstance(version, str) for version in about["versions"].values()):
            raise ValueError("a version is no text")
        if strange := sorted(set(about) - KEYS):
            raise ValueError(f"it has a {strange[0]}")
        if about.pop(SUM, None) not in (None, _checksum(about)):
            raise ValueError("its checksum is another")
    except FileNotFoundError as error:
        rule = f"it is not a run directory: it has no {RUN}"
        raise OutputError("run", str(path), rule, "Name a directory that --run wrote") from error
    except (OSError, ValueError, RecursionError) as error:
        nested = "it is nested too deeply" if isinstance(error, RecursionError) else None
        why = nested or getattr(error, "strerror", None) or str(error)
        rule = f"its {RUN} cannot be read ({why}), and nothing else says what its results belong to"
        raise OutputError(
            "run", str(path), rule, f"Restore {RUN} from a copy, or run again in another directory"
        ) from error
    return about


def require_same(path: Path, here: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse to go on with another run than the one in the directory.

    Raises:
        OutputError: naming what differs.

    """
    for part in PARTS:
        if here.get(part) == wanted[part] or (part == "machine" and part not in here):
            continue
        if part == COMMAND and part not in here and wanted[part] == OF_A_RANKING:
            continue
        found = _differences(here.get(part), wanted[part])
        rule = f"it holds a different run, {part}: {found}"
        raise OutputError("run", str(path), rule, "Use another directory, or go back to what was run there")


def _checksum(about: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in about.items() if key != SUM}
    return durable.digest(json.dumps(rest, sort_keys=True).encode()).hex()


def _differences(here: Any, wanted: Any) -> str:
    if not (isinstance(here, Mapping) and isinstance(wanted, Mapping)):
        return f"{here} there, {wanted} now"
    names = [name for name in {**here, **wanted} if here.get(name) != wanted.get(name)]
    return "; ".join(f"{name} {here.get(name)} there, {wanted.get(name)} now" for name in names)
