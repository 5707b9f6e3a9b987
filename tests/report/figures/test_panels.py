"""The panels: what is drawn of a ranking, and that nothing of it is missing unsaid."""

import pytest
from matplotlib.figure import Figure

from lyapscreen.report.figures import drawing, legend
from lyapscreen.report.figures.drawing import BORDER, Drawing
from lyapscreen.report.figures.families import COLOURS, OTHERS, Edge, looks
from lyapscreen.report.figures.panels import panels
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.documents import ODD, halved, one
from tests.helpers.rankings import RESULTS, SPEC, C

EDGE = {("tanh", ()): Edge(0.3, 0.2, 0.4), ("relu", ()): Edge(0.05)}


def drawn(name, results, edge=EDGE):
    """The axes of one panel."""
    what = Drawing.of(rank(results), SPEC, edge)
    axes = Figure().add_subplot()
    next(panel for panel in panels(what) if panel.name == name).draw(axes, what)
    return axes


def marks(axes):
    """Each marker drawn, as (marker, x, y, whether it is filled)."""
    return [
        (line.get_marker(), x, y, line.get_markerfacecolor() != "none")
        for line in axes.lines
        if line.get_marker() != "None"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def is_joining(line):
    """Whether a line joins the marks of a family."""
    return line.get_alpha() == 0.75 and line.get_linestyle() == "-"


def test_every_configuration_is_a_mark_and_none_is_silently_missing():
    axes = drawn("learning", halved())
    ranking = rank(halved())
    found = [(x, y) for _, x, y, _ in marks(axes)]
    for row in ranking.rows:
        assert (row.lr, row.effective) in found or row.effective is None
    has_diverged = [row for row in ranking.rows if row.effective is None]
    assert sorted(marker for marker, _, y, _ in marks(axes) if y > BORDER - 0.3) == ["1", "x"]
    assert {row.regime for row in has_diverged} == {Regime.DIVERGED, Regime.FAILED}


def test_those_stopped_early_are_hollow_and_not_joined_with_those_that_went_on():
    axes = drawn("learning", halved())
    filled = {(x, y): full for marker, x, y, full in marks(axes) if marker in "os^"}
    ranking = rank(halved())
    stopped = {row.steps: filled[row.lr, row.effective] for row in ranking.rows if row.regime is Regime.CONVERGING}
    assert stopped == {100: True, 50: False}
    joined = [list(line.get_xdata()) for line in axes.lines if is_joining(line)]
    # Of tanh 25, 50 and 100 steps, of relu 25, 100 and 25 again, of elu one alone: no two neighbours are alike.
    assert sorted(joined) == [[0.001], [0.001], [0.01], [0.01], [0.1], [0.1], [0.1]]
    (whole,) = (list(line.get_xdata()) for line in drawn("learning", ODD["one seed"]).lines if is_joining(line))
    assert whole == [0.1, 1.0]


def test_growth_is_over_all_steps_and_has_its_limit():
    axes = drawn("growth", halved())
    row = rank(halved()).recommended
    assert (row.lr, row.lyapunov * row.steps) in [(x, y) for _, x, y, _ in marks(axes)]
    assert SPEC.ln_max_growth in [line.get_ydata()[0] for line in axes.lines]
    assert axes.get_ylim()[1] > SPEC.ln_max_growth


def test_the_edge_of_each_family_is_a_vertical_line_inside_the_axes():
    axes = drawn("growth", ODD["one learning rate"])
    upright = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert sorted(upright) == [0.05, 0.3]
    assert axes.get_xlim()[0] < 0.05 < 0.3 < axes.get_xlim()[1]
    assert not [line for line in drawn("loss-against-learning", halved()).lines if list(line.get_ydata()) == [0, 1]]


def test_local_exponents_are_means_over_seeds_at_the_middle_of_each_window():
    results = [one("relu", 0.1, seed, local=(0.1 * seed, 0.2, None)) for seed in (1, 2, 3)]
    (line,) = (line for line in drawn("local", results).lines if line.get_label() == "relu, lr 0.1")
    assert list(line.get_xdata()) == [2.5, 7.5, 12.5]
    assert list(line.get_ydata()[:2]) == pytest.approx([0.2, 0.2])
    assert line.get_ydata()[2] != line.get_ydata()[2]


def test_without_local_exponents_there_is_no_panel_of_them():
    names = [panel.name for panel in panels(Drawing.of(rank(ODD["one seed"]), SPEC, {}))]
    assert names == ["loss-over-lr", "learning", "growth", "loss-against-learning"]
    assert "local" in [panel.name for panel in panels(Drawing.of(rank(halved()), SPEC, {}))]


def test_the_loss_over_the_learning_rate_points_out_the_pick_and_what_is_as_good():
    axes = drawn("loss-over-lr", RESULTS, {})
    pick = rank(RESULTS).recommended
    assert [(x, y) for marker, x, y, full in marks(axes) if marker == "o" and not full] == [(0.01, pick.held_out_loss)]
    assert [list(line.get_xdata()) for line in axes.lines if list(line.get_ydata()) == [0, 1]] == [[0.01, 0.01]]
    assert [text.get_text() for text in axes.texts] == ["tanh, lr 0.01"]
    assert axes.get_ylabel() == "held-out loss"
    assert not drawn("loss-over-lr", ODD["all diverged"], {}).texts


def test_losses_of_probes_of_other_lengths_are_joined_where_all_were_measured():
    short, long = (Measures(C, steps, -0.01, -0.01, 0.0, held_out_loss=2 / steps) for steps in (10, 20))
    results = [
        Result(Candidate(Configuration("relu", lr), seed), (short, long)[: 1 + (lr == 0.1)])
        for lr in (0.01, 0.1)
        for seed in (0, 1)
    ]
    axes = drawn("loss-over-lr", results, {})
    (early,) = (line for line in axes.lines if line.get_alpha() == 0.75 and not is_joining(line))
    assert (list(early.get_xdata()), list(early.get_ydata())) == ([0.01, 0.1], [0.2, 0.2])
    assert sorted(y for marker, _, y, full in marks(axes) if marker == "o" and full) == [0.1]


def test_the_loss_over_steps_is_the_mean_over_seeds_where_all_were_measured():
    results = [
        Result(
            Candidate(Configuration("relu", 0.1), seed),
            tuple(Measures(C, steps, -0.1, held_out_loss=seed + 10 / steps) for steps in (10, 20, 40)),
        )
        for seed in (1, 3)
    ]
    (line,) = drawn("loss-over-steps", results).lines
    assert line.get_label() == "relu, lr 0.1"
    assert list(line.get_xdata()) == [10, 20, 40]
    assert list(line.get_ydata()) == pytest.approx([3, 2.5, 2.25], abs=1e-12)


def test_every_axis_says_what_it_is():
    what = Drawing.of(rank(halved(), "projected", horizon=1000), SPEC, EDGE)
    for panel in panels(what):
        axes = Figure().add_subplot()
        panel.draw(axes, what)
        assert axes.get_xlabel(), panel.name
        assert axes.get_ylabel(), panel.name


def test_names_within_a_panel_are_configurations_and_never_ranks():
    ranking = rank(halved())
    names = [text.get_text() for text in drawn("local", halved()).get_legend().get_texts()]
    assert names == [f"{row.activation}, lr {row.lr:g}" for row in ranking.rows[:4]]
    assert names[0] == "tanh, lr 0.1"


def test_beyond_so_many_the_best_are_drawn_and_the_legend_says_so(monkeypatch):
    monkeypatch.setattr(drawing, "MOST_DRAWN", 3)
    some = Drawing.of(rank(halved()), SPEC, {})
    assert some.rows == rank(halved()).rows[:3]
    assert "drawn: the best 3 of 9 configurations" in [entry.words for entry in legend.signs(some)]
    axes = Figure().add_subplot()
    panels(some)[0].draw(axes, some)
    assert sorted({x for marker, x, *_ in marks(axes) if marker in "os^"}) == [0.01, 0.1]


def test_a_panel_without_a_number_is_left_out_but_the_first():
    assert [panel.name for panel in panels(Drawing.of(rank(ODD["all diverged"]), SPEC, {}))] == ["loss-over-lr"]
    axes = drawn("loss-over-lr", ODD["all diverged"], {})
    assert sorted(x for marker, x, y, _ in marks(axes) if marker == "x") == [0.1, 1.0]
    assert list(axes.get_yticks()) == []


def test_wide_intervals_leave_room_for_the_means():
    low, high = drawn("learning", ODD["wide intervals"]).get_ylim()
    assert high - low < 20


def test_what_goes_too_far_leaves_room_for_where_learning_is():
    axes = drawn("learning", ODD["far apart"])
    assert axes.get_yscale() == "symlog"
    assert axes.get_ylabel() == "λ_eff and λ_perp, per step (logarithmic above 0.01)"
    at = axes.transData.transform([(1, y) for y in (-0.01, 0, 98.98)])[:, 1]
    assert at[1] - at[0] > (at[2] - at[1]) / 4
    assert drawn("learning", halved()).get_yscale() == "linear"


def test_many_families_share_what_colours_cannot_tell_apart():
    every = list(looks(rank(ODD["130 families"]).rows).values())
    assert len({look.colour for look in every}) == len(COLOURS)
    assert every[-1].colour == OTHERS
    assert every[-1].name == "123 others"
    entries = legend.families(Drawing.of(rank(ODD["130 families"]), SPEC, {}))
    assert len(entries) == len(COLOURS)


def test_the_legend_has_the_signs_that_occur_and_no_others():
    words = [entry.words for entry in legend.signs(Drawing.of(rank(halved()), SPEC, EDGE))]
    assert words == [
        "recommended", "hardly learns", "chaotic", "dead", "diverged, at the border", "failed, at the border",
        "hollow: stopped before 100 steps", "bar or band: 95% interval over seeds", "edge of stability",
    ]  # fmt: skip
    assert legend.signs(Drawing.of(rank(ODD["nothing"]), SPEC, {})) == []
