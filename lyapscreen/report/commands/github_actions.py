"""Workflow commands of GitHub Actions: what becomes an annotation on the run and on a pull request.

Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit, command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator

from lyapscreen.report.commands.gate import Judgement, sentence
from lyapscreen.report.text.characters import visible
from lyapscreen.results.verdict import Outcome

COMMANDS = {Outcome.FAIL: "error", Outcome.INCONCLUSIVE: "warning"}


def commands(judgement: Judgement) -> Iterator[str]:
    """Return a line for every condition that did not pass."""
    for verdict in judgement.verdicts:
        if verdict.outcome in COMMANDS:
            yield command(COMMANDS[verdict.outcome], f"lyapscreen gate: {verdict.condition}", sentence(verdict))


def command(kind: str, title: str, message: str) -> str:
    r"""Return one workflow command; no text can end it, or begin another.

    >>> command("error", "a, b: c", "100 %\n::error::")
    '::error title=a%2C b%3A c::100 %25%0A::error::'
    """
    return f"::{kind} title={_property(title)}::{_message(message)}"


def _message(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
