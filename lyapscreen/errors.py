"""The error tree and the exit codes.

LyapscreenError
├── SettingError            2  a setting, its value, the rule it breaks and the fix
│   ├── DataError           2  the table named cannot be used
│   ├── ModelError          2  the model named cannot be probed
│   └── OutputError         2  a result could not be written where asked
├── EnvironmentFailure      5  the machine failed, not the user; finished work is kept
└── InternalError           4  our own mistake
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell; scripts rely on these numbers."""

    DONE = 0
    GATE_FAILED = 1
    BAD_USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 4
    ENVIRONMENT = 5
    INTERRUPTED = 130
    TERMINATED = 143


LONGEST_VALUE, LONGEST_RULE = 200, 500
"""Characters of a value, and of a rule that may repeat it, that a message shows."""


class OldSpelling(FutureWarning):
    """A setting is spelled as an earlier version had it: it works for one more release."""


class LyapscreenError(Exception):
    """Base of every error lyapscreen raises on purpose; its text says what is wrong and what to do.

    >>> import lyapscreen as ls
    >>> try:
    ...     ls.screen(lr="1e-4:1", optimizer="sdg")
    ... except ls.LyapscreenError as error:
    ...     print(str(error).partition(": ")[0], int(error.exit_code))
    optimizer sdg 2
    """

    exit_code = ExitCode.INTERNAL
    """What the command line ends with."""


class SettingError(LyapscreenError):
    """A setting the user gave breaks a rule.

    Args:
        setting: the setting's name as in the spec (`lr`); the command line shows it as `--lr`.
        value: what was received, as typed.
        rule: what has to hold, as a clause that follows the value.
        fix: one sentence that says what to write instead.
        where: the place in a file it was read from (`spec.yaml line 7, sweep.momentum`); empty for a flag.

    >>> import lyapscreen as ls
    >>> try:
    ...     ls.screen(lr="1e-4:1", steps="many")
    ... except ls.SettingError as error:
    ...     print(error.setting, error.value, error.rule)
    steps many it must be a whole number

    """

    exit_code = ExitCode.BAD_USAGE

    def __init__(self, setting: str, value: object, rule: str, fix: str, where: str = "") -> None:
        # All go to Exception so that the error survives the pickle out of a worker.
        super().__init__(setting, value, rule, fix, where)
        self.setting, self.value, self.rule, self.fix, self.where = setting, value, rule, fix, where

    def message(self, setting: str) -> str:
        """Return the message, one line, with the setting named as the user typed it or by its place in a file.

        `setting` ends in `=` where the value follows directly, as in `--sweep momentum=0,0.9`.
        """
        shown = self.value if isinstance(self.value, str) else repr(self.value)
        named = self.where or setting
        named += "" if named.endswith("=") else " "
        text = f"{named}{_cut(shown, LONGEST_VALUE) or repr(shown)}: {_cut(self.rule, LONGEST_RULE)}. {self.fix}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

    def __str__(self) -> str:
        """Return the message with the setting's name in the spec."""
        return self.message(self.setting)


class DataError(SettingError):
    """The data named cannot be read, or cannot be learnt from."""


class ModelError(SettingError):
    """The model named cannot be built, or cannot be probed."""


class OutputError(SettingError):
    """A result cannot be written where the user asked."""


class EnvironmentFailure(LyapscreenError):  # noqa: N818  EnvironmentError is a builtin
    """The machine failed (disk full, workers killed at start): nothing the user wrote is wrong."""

    exit_code = ExitCode.ENVIRONMENT


class InternalError(LyapscreenError):
    """A promise of our own does not hold; please report it."""


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}..."
