"""A browser for the tests of the report, and the pages that it opens."""

import shutil

import pytest

from lyapscreen.report.formats import html
from tests.helpers.documents import document, halved, hostile
from tests.helpers.rankings import DIV, probed
from tests.helpers.reports import everything

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium without a window; where there is none, the test is skipped."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Reports by what they are of; `hostile` has every name in the hands of somebody else."""
    folder = tmp_path_factory.mktemp("pages")
    documents = {
        "plain": document(halved()),
        "hostile": hostile(),
        "everything": everything(),
        "nothing recommended": document([*probed("relu", 1.0, 0, DIV), *probed("tanh", 1.0, 0, DIV)]),
    }
    found = {}
    for name, doc in documents.items():
        path = folder / f"{name}.html"
        path.write_text(html.render(doc), encoding="utf-8")
        found[name] = path.as_uri()
    return found


@pytest.fixture
def opened(browser, pages):
    """Open a report at a width and in a colour scheme; it must leave nothing in the console."""

    def at(name="plain", width=1400, scheme="light", scripts=True, media=""):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        browser.get(pages[name])
        return browser

    yield at
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert browser.get_log("browser") == []
