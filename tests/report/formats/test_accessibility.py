"""The report for everyone: axe-core finds nothing, in light and in dark, on a screen and on a phone."""

from importlib.resources import files

import pytest

from lyapscreen.report.figures.families import COLOURS, INK, OTHERS

# The driver's own sockets are closed late.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

GROUND = ("#ffffff", "#0d1117")
"""Behind the figures, by day and by night."""


@pytest.fixture(scope="module")
def axe():
    """The rules of axe-core as a script."""
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "width"),
    [("everything", 1280), ("everything", 800), ("everything", 390), ("nothing recommended", 390)],
)
def test_axe_finds_nothing(opened, axe, name, width, scheme):
    browser = opened(name, width, scheme)
    browser.execute_script("for (const fold of document.querySelectorAll('details')) fold.open = true")
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run(document).then(arguments[arguments.length - 1])")
    assert len(found["passes"]) > 30
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]] == []
    # Of text over drawings it cannot say what is behind: the colours of those are looked at below. Nor can it of the
    # cells that a narrow screen has to be scrolled to.
    unsure = {node["html"].split(" ")[0] for one in found["incomplete"] for node in one["nodes"]}
    assert unsure <= ({"<text"} if width == 1280 else {"<text", "<td", "<th"})


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(colour, ground):
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(("scheme", "ground"), list(enumerate(GROUND)))
def test_figures_can_be_read_on_either_ground(scheme, ground):
    assert contrast(INK[scheme], ground) >= 4.5
    for colour in (*COLOURS, OTHERS):
        assert contrast(colour[scheme], ground) >= 3
