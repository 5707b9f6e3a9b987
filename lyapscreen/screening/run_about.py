"""What is run in a run directory: `run.json`, written first, and compared with what is to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lyapscreen.errors import OutputError
from lyapscreen.results.records import SCHEMA
from lyapscreen.spec import documents

RUN = "run.json"

COMMAND = "command"
"""What the run is for: `name`, and the spec that was asked for where the probes are of another."""

OF_A_RANKING: Mapping[str, object] = {"name": "rank"}

PARTS = ("schema", COMMAND, "spec", "data", "code", "versions", "machine")
"""What has to be the same for a run to go on; earlier versions say neither the machine nor what it is for."""

HELD = {"spec": dict, "versions": dict, "spec_hash": str, "score_name": str}
"""What a run.json has to hold, and of what kind."""


def machine(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what the bytes of a run depend on besides the versions: the instruction set that torch computes with."""
    import torch

    return {} if spec.get("device") == "cuda" else {"cpu": str(torch.backends.cpu.get_cpu_capability())}


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
    except FileNotFoundError as error:
        rule = f"it is not a run directory: it has no {RUN}"
        raise OutputError("run", str(path), rule, "Name a directory that --run wrote") from error
    except RecursionError as error:
        raise OutputError("run", str(path), f"its {RUN} is nested too deeply", "Use another directory") from error
    except (OSError, ValueError) as error:
        rule = f"its {RUN} cannot be read ({getattr(error, 'strerror', None) or error})"
        raise OutputError("run", str(path), rule, "Use another directory") from error
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


def _differences(here: Any, wanted: Any) -> str:
    if not (isinstance(here, Mapping) and isinstance(wanted, Mapping)):
        return f"{here} there, {wanted} now"
    names = [name for name in {**here, **wanted} if here.get(name) != wanted.get(name)]
    return "; ".join(f"{name} {here.get(name)} there, {wanted.get(name)} now" for name in names)
