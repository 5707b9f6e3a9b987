"""The frontier's tables as the page of the benchmark shows them: text made of the JSON alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.ranking.blocks import Block
from tests.benchmarks.ranking.frontier.lines import COMPARED
from tests.benchmarks.ranking.frontier.rivals import MOST
from tests.benchmarks.ranking.frontier.summary import at, cost_of_mean, left_out

RESULTS = Path(__file__).parents[1] / "frontier.json"
BLOCK = Block("<!-- the frontier is written from here -->", "<!-- the frontier ends here -->")

RIVALS = {
    "random": "random search",
    "asha": "ASHA",
    "hyperband": "Hyperband",
    "tpe": "TPE + Hyperband",
}
SHOWN = (1, 2, 5, 10, 20, 50)
"""Costs in full trainings."""

RULES = {
    "projected": "λ_proj",
    "effective": "λ_eff",
    "end": "λ_end",
    "transverse": "λ_perp",
    "lyapunov": "λ_1",
    "train_loss": "training loss",
    "held_out_loss": "held-out loss",
}
OURS = (("25", "rank"), ("100", "rank"), ("100", "confirm 1"), ("100", "confirm 3"), ("100", "confirm 5"))
"""Points on the page: length of the probes, and what is done after them."""

HEADS = (
    "case", "tasks", "ours", "cost", "gap", "worst", "regret", "network",
    "gap, chosen on", "gap, set aside", "worst", "regret",
)  # fmt: skip
"""Over the table of ours."""

Case = Mapping[str, Any]


def dumped(results: Mapping[str, Any]) -> str:
    """Return the results as JSON, one line a task, so that a change of one is a change of one line.

    >>> print(dumped({"a": 1, "lines": [{"b": 2}, {"b": 3}]}))
    {
    "a": 1,
    "lines": [
    {"b": 2},
    {"b": 3}
    ]}
    <BLANKLINE>
    """
    head = {name: value for name, value in results.items() if name != "lines"}
    rows = ",\n".join(json.dumps(line, allow_nan=False) for line in results["lines"])
    parts = [f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}," for name, value in head.items()]
    return "\n".join(["{", *parts, '"lines": [', rows, "]}", ""])


def block(results: Mapping[str, Any]) -> str:
    """Return what stands between the marks of the page."""
    return BLOCK.framed(_lines(results))


def replaced(text: str, results: Mapping[str, Any]) -> str:
    """Return a page with the block renewed."""
    return BLOCK.replaced(text, block(results))


def title(case: Case) -> str:
    """Return how a case is called.

    >>> title({"keep": "best", "schedule": "cosine", "steps": 1500})
    'best kept, cosine, N = 1,500'
    """
    return f"{case['keep']} kept, {case['schedule']}, N = {case['steps']:,}"


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    cases = results["summary"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    ranked = "; ".join(f"{keep} kept: `--rank-by {rule}`" for keep, rule in results["ranked by"].items())
    without = ", ".join(left_out(results["lines"])) or "none"
    yield f"Written on {results['date']} with {versions}. Ours: {ranked}. Left out: {without}."
    yield ""
    yield from _ours(cases)
    yield ""
    yield from _rivals(cases)
    yield ""
    yield from _rules(cases)


def _ours(cases: Sequence[Case]) -> Iterator[str]:
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    for case in cases:
        every = case["groups"]["all"]
        for number, (length, point) in enumerate(OURS):
            found = every["ours"][length][point]
            some = [case["groups"][name]["ours"][length][point] if name in case["groups"] else None
                    for name in ("chosen on", "set aside")]  # fmt: skip
            cells = [
                title(case) if not number else "", str(every["tasks"]) if not number else "",
                f"`{'' if point == 'rank' else '--'}{point}`, T = {length}",
                f"{found['cost']:.1f} ({found['timed']:.1f})",
                interval(found["gap"]), f"{found['worst gap']:.2f}", f"{found['regret']['mean']:.3f}",
                f"{found['model']['mean']:.3f}" if "model" in found else "–",
                *(interval(one["gap"]) if one else "–" for one in some),
                *((f"{some[1]['worst gap']:.2f}", f"{some[1]['regret']['mean']:.3f}") if some[1] else ("–", "–")),
            ]  # fmt: skip
            yield f"| {' | '.join(cells)} |"


def _rivals(cases: Sequence[Case]) -> Iterator[str]:
    heads = [str(cost) for cost in SHOWN]
    yield (
        f"| case | rival | gap at {' | '.join(heads)} | mean gap down to `rank`'s, to `--confirm 3`'s | as good as "
        "`rank`: median (never) | as `--confirm 3` | gap less ours at the cost of `rank` | of `--confirm 3` | network "
        "less ours at the cost of `--confirm 3` |"
    )
    yield "|---" * (len(SHOWN) + 8) + "|"
    for case in cases:
        every = case["groups"]["all"]
        for number, (name, found) in enumerate(every["rivals"].items()):
            ours = every["ours"][max(every["ours"], key=int)]
            reached = [cost_of_mean(found["curve"], ours[point]["gap"]["mean"]) for point in COMPARED]
            cells = [
                title(case) if not number else "", RIVALS[name],
                *(f"{at(found['curve'], cost):.3f}" for cost in SHOWN),
                ", ".join(f"{cost:g}" if cost else "never" for cost in reached),
                *(_median(found["to ours"][point]) for point in COMPARED),
                *(interval(found["behind"][point]) for point in COMPARED),
                interval(found["model behind"]["confirm 3"]),
            ]  # fmt: skip
            yield f"| {' | '.join(cells)} |"


def _rules(cases: Sequence[Case]) -> Iterator[str]:
    yield f"| rule, T | {' | '.join(title(case) for case in cases)} |"
    yield "|---" * (len(cases) + 1) + "|"
    names = [name for name in cases[0]["groups"]["all"]["rules"] if name != "random"]
    for name in [*names, "random"]:
        rule, _, length = name.partition("-")
        cells = []
        for case in cases:
            every, aside = case["groups"]["all"]["rules"][name], case["groups"].get("set aside")
            beside = f"; {aside['rules'][name]['gap']['mean']:.3f}" if aside else ""
            cells.append(f"{every['gap']['mean']:.3f}, {every['worst gap']:.2f}, {every['regret']['mean']:.3f}{beside}")
        yield f"| {f'{RULES[rule]}, {length}' if length else 'a pick at random'} | {' | '.join(cells)} |"


def interval(of: Mapping[str, float | None]) -> str:
    """Return a mean with its 95 % interval.

    >>> interval({"mean": 0.25, "low": 0.1, "high": 0.4}), interval({"mean": 0.25, "low": None, "high": None})
    ('0.250 (0.100 to 0.400)', '0.250')
    """
    between = f" ({of['low']:.3f} to {of['high']:.3f})" if of["low"] is not None else ""
    return f"{of['mean']:.3f}{between}"


def _median(cost: Mapping[str, float | None]) -> str:
    median = f"over {MOST}" if cost["median"] is None else f"{cost['median']:.1f}"
    return f"{median} ({cost['never']:.0%})"
