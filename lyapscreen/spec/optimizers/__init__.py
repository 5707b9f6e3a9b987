"""Every optimizer, one file a family: a file put into this folder is all that another one needs.

The spec, the flags, the help, the schema and the tests read `OPTIMIZERS`. A family's file names its optimizers in
`ENTRIES`; files without (what an optimizer is, and shared arithmetic) are no families.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from lyapscreen.spec.optimizers.arithmetic import clipped
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Settings, Step, Weights

__all__ = ["OPTIMIZERS", "Memory", "Optimizer", "Parts", "Settings", "Step", "Weights", "clipped", "having", "listed"]


def _entries() -> Iterator[Optimizer]:
    # The families import from `rule` and `arithmetic` and never from here, so that nothing goes in a circle.
    for module in iter_modules(__path__):
        yield from getattr(import_module(f"{__name__}.{module.name}"), "ENTRIES", ())


OPTIMIZERS: Mapping[str, Optimizer] = {
    entry.name: entry for entry in sorted(_entries(), key=lambda entry: (entry.since, entry.name))
}
"""By the name that `--optimizer` takes, in the order of publication."""


def having(flag: str) -> tuple[str, ...]:
    """Return the optimizers that have a setting.

    >>> having("momentum")
    ('momentum', 'nesterov')
    """
    return tuple(name for name, entry in OPTIMIZERS.items() if flag in entry.flags)


def listed(names: Iterable[str], word: str) -> str:
    """Join names for a sentence.

    >>> listed(["sgd", "momentum", "adam"], "or"), listed(["adamw"], "and")
    ('sgd, momentum or adam', 'adamw')
    """
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
