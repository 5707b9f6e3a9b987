"""Verdicts as JUnit and Markdown."""

import re
from xml.etree import ElementTree

from lyapscreen.report.commands import gate
from lyapscreen.report.commands.gate import Judgement
from lyapscreen.results.verdict import Outcome, Verdict
from lyapscreen.spec.candidates import Configuration

JUDGEMENT = Judgement(
    Configuration("relu", 0.1, (("norm", "a|b<c>\x00"),)),
    (
        Verdict("converging", Outcome.PASS, "in all 5 seeds"),
        Verdict("within", Outcome.FAIL, "100 %, a: b\n<tag> & \x1b]", 0.2, 0.1, 0.3, 0.05),
        Verdict("top", Outcome.INCONCLUSIVE, "its rank | tied", 3, 1, 5, 4),
        Verdict("max-lyapunov", Outcome.INCONCLUSIVE, "lambda_1 per step is undefined", limit=0.1),
    ),
    "4 configurations",
    "0123abcd",
)


def test_junit_has_a_case_a_condition():
    root = ElementTree.fromstring(gate.as_junit(JUDGEMENT))
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "0", "skipped": "2",
    }  # fmt: skip
    kinds = [(case.get("name"), case[0].tag) for case in suite]
    assert kinds == [
        ("converging", "system-out"), ("within", "failure"), ("top", "skipped"), ("max-lyapunov", "skipped"),
    ]  # fmt: skip
    assert "100 %, a: b\\n<tag> & \\x1b]" in suite[1][0].get("message")
    assert "limit <= 5 %" in suite[1][0].get("message")


def test_markdown_stays_one_table_whatever_the_words():
    lines = gate.as_markdown(JUDGEMENT).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {7}
    assert "<tag>" not in "".join(lines)
