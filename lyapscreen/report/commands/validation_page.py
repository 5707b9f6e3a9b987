"""A validation as one page for a person: the verdict, the figure, and a row a rule; it needs nothing else."""

from __future__ import annotations

import base64
import hashlib

from lyapscreen.report import extras
from lyapscreen.report.commands import validation as words
from lyapscreen.report.figures import inline_svg, scatter
from lyapscreen.report.text.characters import symbols, visible
from lyapscreen.results.validation import Line, Validation

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem; background: #fff; color: #1b1f24; }
h1 { font-size: 1.25rem; line-height: 1.4; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid #8885; white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
tbody tr:first-child { font-weight: 600; }
figure { margin: 1.5rem 0; background: #fff; padding: .5rem; border-radius: .3rem; }
svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) { body { background: #15181c; color: #e6e8eb; } }
"""

TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{{ style_hash }}'; img-src data:;\
 base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Validation · lyapscreen</title>
<style>{{ style|safe }}</style>
</head>
<body>
<main>
<h1>{{ verdict|words }}</h1>
{% for sentence in sentences %}
<p>{{ sentence|words }}</p>
{% endfor %}
<figure>{{ figure|safe }}</figure>
<div class="scroll" tabindex="0" role="region" aria-label="Every rule">
<table>
<thead><tr>{% for head in heads %}<th scope="col">{{ head|words }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell|words }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
</main>
</body>
</html>
"""

HEADS = (
    "rule", "pick", "regret, by the best checkpoint", "95% interval", "by the last", "95% interval",
    "rank correlation", "steps", "seconds",
)  # fmt: skip


def as_html(validation: Validation) -> str:
    """Return the page.

    Raises:
        OutputError: jinja2 or matplotlib is not installed.

    """
    extras.require("html", "a page", "jinja2", "matplotlib", extra="report")
    from jinja2 import Environment, StrictUndefined

    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters["words"] = lambda text: visible(symbols(str(text)))
    sentences = [text for text in words.sentences(validation) if text != words.verdict(validation)]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    label = "Held-out loss of the full training of every configuration over the exponent of its probe"
    return pages.from_string(TEMPLATE).render(
        style=STYLE,
        style_hash=f"sha256-{digest}",
        verdict=words.verdict(validation),
        sentences=sentences,
        figure=inline_svg.element(scatter.plot(validation, "svg"), "validation", label),
        heads=HEADS,
        rows=[_row(validation, line) for line in validation.lines],
    )


def _row(validation: Validation, line: Line) -> list[str]:
    return [cell.replace("\n", " ") for cell in words.cells(validation, line)]
