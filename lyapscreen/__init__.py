"""Screen hyper-parameters by Lyapunov exponents before full training is paid for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lyapscreen.errors import LyapscreenError as LyapscreenError
    from lyapscreen.exponents.largest import Exponent as Exponent
    from lyapscreen.exponents.largest import largest_exponent as largest_exponent
    from lyapscreen.exponents.largest import largest_exponents as largest_exponents
    from lyapscreen.exponents.largest import spectrum as spectrum
    from lyapscreen.screening import Screening as Screening
    from lyapscreen.screening import screen as screen

_HOMES = {
    "Exponent": "lyapscreen.exponents.largest",
    "LyapscreenError": "lyapscreen.errors",
    "Screening": "lyapscreen.screening",
    "largest_exponent": "lyapscreen.exponents.largest",
    "largest_exponents": "lyapscreen.exponents.largest",
    "screen": "lyapscreen.screening",
    "spectrum": "lyapscreen.exponents.largest",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: `lyapscreen --help` must not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lyapscreen' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
