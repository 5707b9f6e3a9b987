"""No number on the screen contradicts a sentence, a legend or the order, whatever is run."""

import re

import pytest

from tests.helpers.screenings import RUNS, screened
from tests.helpers.screens import shown


@pytest.fixture(params=RUNS)
def screen(request):
    found = screened(request.param)
    return shown(found.document, every=False), found


def number(text):
    return float(re.match(r"-?[\d.]+(?:e[+-]?\d+)?", text)[0])


def merit(screen):
    return screen.heads[-1]


def test_the_pick_is_said_and_marked_once(screen):
    screen, found = screen
    marks = [row["mark"] for row in screen.rows]
    assert marks.count(">") == (found.recommended is not None)
    if found.recommended is None:
        assert screen.headline == "NOTHING IS RECOMMENDED"
        assert not screen.facts
        return
    act, lr = screen.pick["act"], screen.pick["lr"]
    assert screen.headline.startswith(f"USE {act}, lr {lr}")
    assert screen.facts["settings"].startswith(f"lr={lr}, activation={act}, ")
    assert screen.pick["verdict"] in ("learns", "slow at first")


def test_rows_are_in_the_order_that_the_legend_says(screen):
    screen, found = screen
    if found.ranking.confirmed:
        return  # trained rows come first, by another column
    able = [row for row in screen.rows if row["verdict"] in ("learns", "slow at first")]
    lengths = {row.get("steps", "") for row in able} if not found.ranking.measure.reads_ahead else {None}
    for length in lengths:
        values = [number(row[merit(screen)]) for row in able if length is None or row.get("steps", "") == length]
        assert values == sorted(values)
    assert "lowest is best" in screen.legend


def test_every_row_is_shown_or_counted(screen):
    screen, found = screen
    count = int(re.search(r"(\d+) configurations?", screen.lines[0])[1])
    assert count == len(found.ranking.rows) == len(screen.rows) + sum(screen.left_out.values())


def test_the_tallest_bar_is_the_pick_and_what_is_as_good(screen):
    screen, found = screen
    if not screen.sparks or found.ranking.swept or found.recommended is None:
        return
    lrs = sorted({row.lr for row in found.ranking.rows})
    tall = {(act, lrs[i]) for act, spark in screen.sparks.items() for i, bar in enumerate(spark) if bar == "█"}
    assert (found.recommended.activation, found.recommended.lr) in tall
    assert tall <= {(row.activation, row.lr) for row in (found.recommended, *found.ranking.as_good)}


def test_ties_are_said_as_they_are_marked(screen):
    screen, _ = screen
    good = screen.facts.get("as good", "")
    others = [row for row in screen.rows if row["mark"] == "="]
    if good == "nothing else that was screened":
        assert not others
    if others:
        assert good
        assert "= as good" in screen.legend


def test_what_is_chaotic_passes_the_limit_and_nothing_else_does(screen):
    screen, _ = screen
    limit = re.search(r"from ([\d.]+) \(", screen.legend)
    head = "instability"
    for row in screen.rows:
        if limit is None or row.get(head, "–") == "–":
            continue
        growth = number(row[head])
        assert (growth >= float(limit[1]) - 0.05) if row["verdict"].startswith("chaotic") else growth < float(limit[1])


def test_seeds_are_counted_right(screen):
    screen, _ = screen
    seeds = int(re.search(r"x (\d+) seeds?", screen.lines[0])[1])
    for row in screen.rows:
        if match := re.search(r"in (\d+) of (\d+) seeds", row["verdict"]):
            assert 0 < int(match[1]) < int(match[2]) == seeds


def test_what_to_expect_stands_in_the_row(screen):
    screen, found = screen
    expect = screen.facts.get("expect", "")
    if not expect or found.ranking.confirmed:
        return
    score = re.match(rf"{found.score_name} (\S+)", expect)[1]
    assert score.rstrip(",") == screen.pick[found.score_name]
    assert f"after {screen.pick.get('steps', found.spec.steps)} steps" in expect


def test_no_step_is_beyond_those_run(screen):
    screen, _ = screen
    most = int(re.search(r"probed (?:up to )?(\d+) steps", screen.lines[0])[1])
    assert all(0 <= int(row["steps"]) <= most for row in screen.rows if "steps" in row)


def test_the_room_said_is_that_of_the_rates_named(screen):
    screen, _ = screen
    if match := re.match(r"stable up to lr (\S+) \((\S+) times as high\)", screen.facts.get("safe", "")):
        assert float(match[1]) / float(screen.pick["lr"]) == pytest.approx(float(match[2]), rel=0.02)


def test_the_short_list_is_no_longer_than_those_that_can_win(screen):
    screen, found = screen
    if match := re.search(r"--confirm (\d)", screen.lines[-1]):
        able = sum(row.regime in found.ranking.eligible for row in found.ranking.rows)
        assert int(match[1]) == min(3, able)


def test_who_has_a_better_score_is_named_with_a_reason(screen):
    screen, found = screen
    if screen.pick is None or found.ranking.confirmed:
        return
    head = found.score_name
    best = max((row for row in screen.rows if row.get(head, "–") != "–"), key=lambda row: number(row[head]))
    if number(best[head]) > number(screen.pick[head]):
        assert f"{best['act']} at lr {best['lr']}" in screen.facts["why not"]


def test_warnings_and_the_screen_agree_on_the_end_of_the_range(screen):
    screen, found = screen
    warned = any("one screened: the best may lie outside" in warning for warning in found.document.warnings)
    if screen.pick is not None and len({row.lr for row in found.ranking.rows}) > 1:
        ends = {min(row.lr for row in found.ranking.rows), max(row.lr for row in found.ranking.rows)}
        assert warned == (found.recommended.lr in ends)
