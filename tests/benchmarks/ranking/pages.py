"""The benchmark's tables as the page beside this file shows them: text made of the JSON alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.ranking.blocks import Block

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parent / "README.md"
BLOCK = Block("<!-- make bench-ranking writes from here -->", "<!-- to here -->")

RULES = {
    "projected": "**λ_proj**, the default",
    "projected_last": "**λ_proj** with `--keep last`",
    "effective": "λ_eff",
    "end": "λ_end, of a version before: λ_eff at lr N/T",
    "transverse": "λ_perp",
    "lyapunov": "λ_1, the plain largest exponent",
    "kantz_wolf": "λ_KW, the paper's rule (with SGD only)",
    "train_loss": "training loss after T steps",
    "held_out_loss": "held-out loss after T steps",
    "range_test": "learning-rate range test of T steps",
}
LENGTHS = (25, 50, 100)


def block(results: Mapping[str, Any]) -> str:
    """Return what stands between the marks of the page."""
    return BLOCK.framed(_lines(results))


def replaced(text: str, results: Mapping[str, Any]) -> str:
    """Return a page with the block renewed."""
    return BLOCK.replaced(text, block(results))


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    groups = results["summary"]
    every, aside = groups["all"], groups["set aside"]
    yield (
        f"Measured on {results['date']} with torch {results['versions']['torch']}: {every['tasks']} tasks, "
        f"{results['full_steps']:,} steps of full training."
    )
    yield ""
    yield "| the lowest ... | best, T = 25 | 50 | 100 | end, 25 | 50 | 100 | set aside: best, 100 | end, 100 |"
    yield "|---|---|---|---|---|---|---|---|---|"
    known = [rule for rule in RULES if any(name.partition("-")[0] == rule for name in every["best"])]
    for rule, name in ((rule, RULES[rule]) for rule in known):
        cells = [_cell(every[judge], f"{rule}-{steps}") for judge in ("best", "final") for steps in LENGTHS]
        cells += [_cell(aside[judge], f"{rule}-100") for judge in ("best", "final")]
        yield f"| {name} | {' | '.join(cells)} |"
    # Results of before it was there rank by lambda_eff.
    ours, end = ("projected", "projected_last") if "projected" in known else ("effective", "end")
    name, at_end = (RULES[rule].partition(",")[0].strip("*") for rule in (ours, end))
    first = [f"{every['confirmed'][f'{ours}-{steps}']['mean']:.3f}" for steps in LENGTHS]
    alone = f"{aside['confirmed'][f'{ours}-100']['mean']:.3f}"
    yield f"| {name}, the best of its first three trained fully | {' | '.join(first)} | | | | {alone} | |"
    loss = [f"{every['confirmed'][f'held_out_loss-{steps}']['mean']:.3f}" for steps in LENGTHS]
    alone = f"{aside['confirmed']['held_out_loss-100']['mean']:.3f}"
    yield f"| held-out loss, the best of its first three | {' | '.join(loss)} | | | | {alone} | |"
    random = [f"{every[judge]['random']['mean']:.3f}" for judge in ("best", "final")]
    yield f"| a pick at random | {' | '.join([random[0]] * 3 + [random[1]] * 3)} | | |"
    yield ""
    pairs = [
        f"{optimizer} {groups[optimizer]['best'][f'{ours}-100']['mean']:.3f} against "
        f"{groups[optimizer]['best']['held_out_loss-100']['mean']:.3f}"
        for optimizer in ("sgd", "momentum", "adam")
    ]
    yield f"- By optimizer, {name} against held-out loss (best, T = 100): {', '.join(pairs)}."
    picked, ends = every["best"][f"{ours}-100"], every["final"][f"{end}-100"]
    yield (
        f"- 95 % intervals over data sets at T = 100: {name} by best {_between(picked)}, held-out loss by best "
        f"{_between(every['best']['held_out_loss-100'])}, {at_end} by the end {_between(ends)}, held-out loss by "
        f"the end {_between(every['final']['held_out_loss-100'])}."
    )
    halving, steps = every["halving"], every["steps"]
    yield (
        f"- Halving changes the regret of {name} by {halving['best']['mean']:+.3f} ({_between(halving['best'])}; by "
        f"the end {halving['final']['mean']:+.3f}, {_between(halving['final'])}) for {steps['of planned']:.0%} of the "
        "planned steps."
    )
    seeds = results["seeds"]
    yield (
        f"- The seed that the probe prefers trains better than its configuration's mean seed in {seeds['better']:.0%} "
        f"of {seeds['count']} cases, by {-seeds['difference']['mean']:.2f} standard deviations "
        f"({-seeds['difference']['high']:.2f} to {-seeds['difference']['low']:.2f})."
    )
    if optuna := results.get("optuna"):
        times = optuna["times as long"]
        yield (
            f"- Optuna {results['versions']['optuna']} (TPE, Hyperband, one trial after the other; {optuna['tasks']} "
            f"MLP tasks, ten seeds): a screening with `--confirm 3` has a regret of {optuna['ours']:.3f} after "
            f"{optuna['seconds']:.1f} s; Optuna has {optuna['at_steps']:.3f} after as many steps and "
            f"{optuna['at_seconds']:.3f} after as many seconds, and takes {times['median']:.1f} times as long to be as "
            f"good (quartiles {times['lower quartile']:.1f} to {times['upper quartile']:.1f}; {optuna['never']:.0%} "
            "never were)."
        )


def _cell(of: Mapping[str, Any], rule: str) -> str:
    return f"{of[rule]['mean']:.3f}" if rule in of else "–"


def _between(interval: Mapping[str, float]) -> str:
    return f"{interval['low']:.3f} to {interval['high']:.3f}"
