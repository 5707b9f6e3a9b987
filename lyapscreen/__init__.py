"""Screen hyper-parameters by Lyapunov exponents before full training is paid for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lyapscreen.errors import LyapscreenError as LyapscreenError
    from lyapscreen.screening import Screening as Screening
    from lyapscreen.screening import screen as screen

_HOMES = {
    "LyapscreenError": "lyapscreen.errors",
    "Screening": "lyapscreen.screening",
    "screen": "lyapscreen.screening",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: `lyapscreen --help` must not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lyapscreen' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
