"""What an extra brings, as `pip install 'lyapscreen[report]'`, and the error where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from lyapscreen.errors import OutputError


def require(setting: str, value: str, *modules: str, extra: str = "report") -> None:
    """Refuse an output whose modules are not installed; nothing is imported, so that asking early is cheap.

    Raises:
        OutputError: naming those missing.

    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        rule = f"writing it needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise OutputError(setting, value, rule, f"Run pip install 'lyapscreen[{extra}]'")
