"""What is asked for: flags, YAML and keywords into one frozen, validated spec, and the candidates it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Spec"]

if TYPE_CHECKING:
    from lyapscreen.spec.spec import Spec as Spec
else:

    def __getattr__(name):
        """Import `Spec` when it is first asked for: `lyapscreen --help` does without pydantic."""
        if name not in __all__:
            raise AttributeError(f"module 'lyapscreen.spec' has no attribute {name!r}")
        from lyapscreen.spec.spec import Spec

        return Spec
