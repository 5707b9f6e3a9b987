"""The verdicts of a gate as table, Markdown, JSON and JUnit XML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from xml.etree import ElementTree

from rich.table import Table

from lyapscreen.report.formats.markdown import escaped
from lyapscreen.report.text.characters import json_text, symbols, text, visible
from lyapscreen.results.gate import outcome
from lyapscreen.results.naming import named
from lyapscreen.results.records import SCHEMA
from lyapscreen.results.verdict import Outcome, Verdict
from lyapscreen.spec import sweep
from lyapscreen.spec.candidates import Configuration

COLOURS = {Outcome.PASS: "green", Outcome.INCONCLUSIVE: "yellow", Outcome.FAIL: "bold red"}
MARKS = {Outcome.PASS: "✓", Outcome.INCONCLUSIVE: "?", Outcome.FAIL: "✗"}
PAST = {Outcome.PASS: "passed", Outcome.INCONCLUSIVE: "inconclusive", Outcome.FAIL: "failed"}

SHARES = frozenset({"within", "baseline"})
"""Conditions whose numbers are shares, shown in percent."""

AT_LEAST = frozenset({"headroom", "min-score"})
"""Conditions whose limit is the least allowed; every other's is the most."""


@dataclass(frozen=True)
class Judgement:
    """A choice and what the gate says of it: one argument for every format."""

    configuration: Configuration
    verdicts: tuple[Verdict, ...]
    about: str
    """What was judged, in one line: rivals, seeds, steps, file."""
    spec_hash: str

    @property
    def outcome(self) -> Outcome:
        """The worst of all verdicts."""
        return outcome(list(self.verdicts))

    @property
    def summary(self) -> str:
        """One sentence: what became of the gate and, where it did not pass, because of which conditions."""
        listed = {kind: ", ".join(v.condition for v in self.verdicts if v.outcome is kind) for kind in Outcome}
        text = f"Gate {PAST[self.outcome]} for {named(self.configuration)}: {listed[self.outcome]}"
        if self.outcome is Outcome.PASS:
            return f"{text}."
        if self.outcome is Outcome.FAIL:
            undecided = listed[Outcome.INCONCLUSIVE]
            return f"{text}; inconclusive: {undecided}." if undecided else f"{text}."
        return f"{text}. More seeds narrow the intervals."


def as_table(judgement: Judgement, *, unicode: bool) -> Table:
    """Return one row a condition, for a person; columns that no condition fills are left out."""
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    rows = [(verdict, cells(verdict)) for verdict in judgement.verdicts]
    heads = ("value", "95% interval", "limit")
    shown = [index for index in range(len(heads)) if any(row[index] for _, row in rows)]
    for head in ("condition", *(heads[index] for index in shown), ""):
        numeric = head in heads
        table.add_column(head, justify="right" if numeric else "left", no_wrap=head != "")
    for verdict, row in rows:
        mark = MARKS[verdict.outcome] if unicode else {"✓": "+", "?": "?", "✗": "x"}[MARKS[verdict.outcome]]
        name = text(f"{mark} {verdict.condition}", COLOURS[verdict.outcome], unicode=unicode)
        numbers = [text(row[index], unicode=unicode) for index in shown]
        # The one column that is wrapped: no line of it shall begin like a command to a runner of CI.
        sentence = f"{PAST[verdict.outcome]}: {symbols(verdict.text)}"
        table.add_row(name, *numbers, text(sentence.replace("::", ":\\x3a"), unicode=unicode))
    return table


def as_markdown(judgement: Judgement) -> str:
    """Return a heading and a table, for the summary of a job."""
    lines = [
        f"### {MARKS[judgement.outcome]} {escaped(judgement.summary)}",
        "",
        "| condition | verdict | value | 95 % interval | limit | |",
        "|---|---|---:|---:|---:|---|",
    ]
    for verdict in judgement.verdicts:
        value, interval, limit = (escaped(cell) for cell in cells(verdict))
        compared = escaped(symbols(verdict.text))
        verdict_cell = f"{MARKS[verdict.outcome]} {PAST[verdict.outcome]}"
        lines.append(f"| {verdict.condition} | {verdict_cell} | {value} | {interval} | {limit} | {compared} |")
    return "\n".join([*lines, "", f"<sub>{escaped(judgement.about)}</sub>", "", ""])


def as_json(judgement: Judgement) -> str:
    """Return the verdicts as JSON, numbers at full precision and in the units of the limit; undefined is null."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "outcome": str(judgement.outcome),
        "choice": {
            "activation": judgement.configuration.activation,
            "lr": judgement.configuration.lr,
            "settings": dict(judgement.configuration.settings),
        },
        "conditions": [_plain(verdict) for verdict in judgement.verdicts],
        "about": judgement.about,
        "spec_hash": judgement.spec_hash,
    }
    return json_text(document)


def _plain(verdict: Verdict) -> dict[str, Any]:
    plain = asdict(verdict)
    return {"said" if key == "text" else key: value for key, value in plain.items()}  # programs read this key


def as_junit(judgement: Judgement) -> str:
    """Return JUnit XML, a test case a condition.

    A condition that failed is a failure. An inconclusive one is skipped: it has been neither met nor broken,
    and the exit code of the command says the rest.
    """
    counts = {kind: sum(verdict.outcome is kind for verdict in judgement.verdicts) for kind in Outcome}
    totals = {
        "name": "lyapscreen gate",
        "tests": str(len(judgement.verdicts)),
        "failures": str(counts[Outcome.FAIL]),
        "errors": "0",
        "skipped": str(counts[Outcome.INCONCLUSIVE]),
    }
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", totals)
    for verdict in judgement.verdicts:
        names = {"classname": f"lyapscreen.gate.{id_of(judgement.configuration)}", "name": verdict.condition}
        case = ElementTree.SubElement(suite, "testcase", {**names, "time": "0"})
        kind = {Outcome.FAIL: "failure", Outcome.INCONCLUSIVE: "skipped"}.get(verdict.outcome)
        if kind:
            ElementTree.SubElement(case, kind, {"message": visible(sentence(verdict))})
        else:
            ElementTree.SubElement(case, "system-out").text = visible(sentence(verdict))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def sentence(verdict: Verdict) -> str:
    """Say a verdict in one line, with its numbers."""
    value, interval, limit = cells(verdict)
    numbers = [value, interval and f"{'ranks' if verdict.condition == 'top' else '95% interval'} {interval}"]
    numbers += [limit and f"limit {limit}"]
    listed = ", ".join(number for number in numbers if number)
    return f"{verdict.condition} {PAST[verdict.outcome]}: {verdict.text}" + (f" ({listed})" if listed else "")


def cells(verdict: Verdict) -> tuple[str, str, str]:
    """Return value, interval and limit as a person reads them; what is undefined is empty, a dash for a value."""

    def show(number: float, digits: str = "z.1f") -> str:
        return f"{100 * number:{digits}} %" if verdict.condition in SHARES else f"{number:.3g}"

    value = "" if verdict.limit is None else "-" if verdict.value is None else show(verdict.value)
    interval = ""
    if verdict.low is not None and verdict.high is not None:
        interval = f"{show(verdict.low).removesuffix(' %')} to {show(verdict.high)}"
    sign = ">=" if verdict.condition in AT_LEAST else "<="
    return value, interval, "" if verdict.limit is None else f"{sign} {show(verdict.limit, '.3g')}"


def id_of(configuration: Configuration) -> str:
    """Return a name without dots, which readers of JUnit XML take for packages."""
    settings: Sequence[str] = [f"{name}={sweep.label(value)}" for name, value in configuration.settings]
    return visible(",".join([f"act={configuration.activation}", f"lr={configuration.lr:.9g}", *settings])).replace(
        ".", "_"
    )
