"""The report in a browser: it sorts, filters, fits, and runs nothing but its own script."""

import pytest

# The driver's own sockets are closed late.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def column(browser, head):
    """What stands in a column of the rows that are shown, from above."""
    script = """
        const heads = [...document.querySelectorAll("#ranking > thead th")];
        const place = heads.findIndex((th) => th.innerText.trim().startsWith(arguments[0]));
        return [...document.querySelectorAll("#ranking > tbody:not([hidden])")].map(
            (body) => body.rows[0].cells[place].innerText.trim().split(" ± ")[0]);
    """
    return browser.execute_script(script, head)


def sort(browser, head):
    """Sort by a column as the keyboard does, and say what the column tells of its order."""
    th = next(
        th for th in browser.find_elements("css selector", "#ranking > thead th") if th.text.strip().startswith(head)
    )
    th.find_element("tag name", "button").send_keys("\n")
    return th.get_attribute("aria-sort")


def test_sorting_puts_the_undefined_last_both_ways(opened):
    browser = opened()
    ranks = column(browser, "#")
    assert ranks == [str(place) for place in range(1, 10)]
    assert sort(browser, "λ_eff") == "ascending"
    up = column(browser, "λ_eff")
    assert up[-2:] == ["", ""]
    assert [float(value) for value in up[:-2]] == sorted(float(value) for value in up[:-2])
    assert sort(browser, "λ_eff") == "descending"
    assert column(browser, "λ_eff") == [*up[:-2][::-1], "", ""]
    assert len(browser.find_elements("css selector", "th[aria-sort]")) == 1
    assert sort(browser, "act") == "ascending"
    assert column(browser, "act") == ["elu"] + ["relu"] * 4 + ["tanh"] * 4
    assert sort(browser, "#") == "ascending"
    assert column(browser, "#") == ranks


def test_filtering_by_words_and_by_regime(opened):
    browser = opened()
    words = browser.find_element("id", "words")
    words.send_keys("TANH 0.1")
    assert column(browser, "act") == ["tanh"]
    assert browser.find_element("id", "shown").text == "1 of 9 shown"
    words.clear()
    words.send_keys("no such thing")
    assert column(browser, "act") == []
    words.send_keys("\ue003" * len("no such thing"))  # backspaces
    assert len(column(browser, "act")) == 9
    browser.find_element("css selector", "input[value=converging]").click()
    assert "learns" not in column(browser, "verdict")
    assert browser.find_element("id", "shown").text == "6 of 9 shown"


def test_seeds_open_below_their_row(opened):
    browser = opened()
    seeds = browser.find_element("css selector", ".pick .seeds")
    assert not seeds.is_displayed()
    browser.find_element("css selector", ".pick summary").click()
    assert seeds.is_displayed()
    assert seeds.text.count("learns") == 3


def test_without_scripts_it_is_a_plain_table(opened):
    browser = opened(scripts=False)
    assert len(browser.find_elements("css selector", "#ranking > tbody")) == 9
    assert not browser.find_elements("css selector", "#ranking button")
    assert not browser.find_element("id", "filters").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_it_fits_and_runs_nothing_of_others(opened, name, width, scheme):
    browser = opened(name, width, scheme)
    assert browser.execute_script("return document.scrollingElement.scrollWidth") <= width
    assert browser.execute_script("return innerWidth") == width
    assert browser.execute_script("return window.hacked === undefined")
    wide = """
        return [...document.querySelectorAll("body *")]
            .filter((node) => !node.closest(".scroll") && node.getBoundingClientRect().right > innerWidth)
            .map((node) => node.outerHTML.slice(0, 80));
    """
    assert browser.execute_script(wide) == []
    ink = browser.execute_script("return getComputedStyle(document.querySelector('figure text')).fill")
    assert ink == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(230, 237, 243)")


def test_each_text_is_copied_by_a_button_of_its_own(opened):
    browser = opened()
    buttons = browser.find_elements("css selector", "button.copy")
    assert [button.text for button in buttons] == ["Copy settings", "Copy code", "Copy spec"]
    for button in buttons:
        words = button.text
        button.click()
        browser.execute_async_script("setTimeout(arguments[0], 200)")
        assert button.text in ("Copied", "Selected: copy it")
        browser.execute_async_script("setTimeout(arguments[0], 2000)")
        assert button.text == words


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_what_people_compare_first_is_seen_without_scrolling(opened, width):
    browser = opened(width=width)
    region = browser.find_element("css selector", ".scroll:has(#ranking)")
    heads = browser.find_elements("css selector", "#ranking > thead th")
    seen = [head.text.strip() for head in heads if head.rect["x"] + head.rect["width"] <= width]
    assert [" ".join(head.replace("↕", "").split()) for head in seen[3:5]] == ["verdict", "held-out accuracy"]
    assert browser.find_element("css selector", "#ranking .pick").text.split()[3] == "learns"
    if width == 1280:
        assert region.get_property("scrollWidth") == region.get_property("clientWidth")


@pytest.mark.parametrize("width", [800, 1280])
def test_no_row_of_figures_is_left_half_empty(opened, width):
    browser = opened(width=width)
    rights = """
        const rows = new Map();
        for (const one of document.querySelectorAll(".figures > figure")) {
            const box = one.getBoundingClientRect();
            rows.set(box.top, Math.max(rows.get(box.top) ?? 0, box.right));
        }
        return [...rows.values()].map(Math.round);
    """
    found = browser.execute_script(rights)
    assert len(found) >= 2
    assert len(set(found)) == 1
