"""The whole run: plan, rungs, run directory, full training and the finished screening."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Screening", "screen"]

if TYPE_CHECKING:
    from lyapscreen.screening.run import screen as screen
    from lyapscreen.screening.screening import Screening as Screening
else:

    def __getattr__(name):
        """Import what is public when it is first asked for: importing one file of this folder loads no other."""
        from importlib import import_module

        homes = {"Screening": "lyapscreen.screening.screening", "screen": "lyapscreen.screening.run"}
        if name not in homes:
            raise AttributeError(f"module 'lyapscreen.screening' has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)
