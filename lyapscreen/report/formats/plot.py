"""The figures of a ranking as one picture, of the kind that the suffix of the path names."""

from __future__ import annotations

from lyapscreen.report.figures import families, figures
from lyapscreen.report.formats import Format

FORMAT = Format(
    name="plot",
    order=6,
    help="Write the figures alone, as FILE.png or FILE.svg.",
    render=lambda document, path: figures.plot(
        document.ranking, document.spec, figures.suffix(path), families.edges(document.edges)
    ),
    needs=figures.NEEDS,
    extra=figures.EXTRA,
    check_path=figures.suffix,
)
