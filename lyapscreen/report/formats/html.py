"""The ranking as one HTML file for a person: no network, readable on a phone and on paper (`report/pages`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyapscreen.errors import SettingError
from lyapscreen.report import extras
from lyapscreen.report.formats import Format, code

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.report.pages.first_screen import Script

NEEDS, EXTRA = ("jinja2", "matplotlib"), "report"


def render(document: Document) -> str:
    """Return the page; the same arguments give the same bytes.

    Raises:
        OutputError: jinja2 or matplotlib is not installed.

    """
    extras.require("html", "a report", *NEEDS, extra=EXTRA)
    from lyapscreen.report.pages import page

    return page.render(document, _script(document))


def _script(document: Document) -> Script | None:
    """Return the script that `--code` writes; None where nothing is recommended."""
    from lyapscreen.report.pages.first_screen import Script

    if document.ranking.recommended is None:
        return None
    try:
        return Script(code.of_document(document))
    except SettingError as error:
        return Script(why_not=str(error))


FORMAT = Format(
    name="html",
    order=5,
    help="Write a report with figures, one page that needs nothing else; - is stdout.",
    render=lambda document, _: render(document),
    needs=NEEDS,
    extra=EXTRA,
)
