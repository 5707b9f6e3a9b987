"""Points, candidates and batches of a spec with further axes."""

from lyapscreen.spec import sweep
from lyapscreen.spec.candidates import Batch, Configuration, batches, configurations, settings
from tests.helpers.swept import swept


def test_a_point_has_one_value_of_each_axis():
    spec = swept(sweep=["momentum=0,0.5", "width=4,8", "optimizer=nesterov", "clip_norm=none"], clip_norm=None)
    points = [spec.at_point(further) for further in settings(spec)]
    assert [(p.momentum_factor, p.model_keywords) for p in points] == [
        (0, (("width", 4),)), (0, (("width", 8),)), (0.5, (("width", 4),)), (0.5, (("width", 8),)),
    ]  # fmt: skip
    assert {(p.optimizer, p.clip_norm) for p in points} == {("nesterov", None)}
    assert spec.at_point(()) is spec


def test_names_say_everything_and_batches_are_of_one_point():
    spec = swept(sweep=["momentum=0,0.9", "norm=none,layer"], act="relu,tanh", lr="0.1,1", seeds=2)
    planned = batches(spec, configurations(spec), bytes_per_candidate=2**25)
    candidates = [candidate for batch in planned for candidate in batch.candidates]
    assert len({candidate.id for candidate in candidates}) == len(candidates) == 2 * 4 * 2 * 2
    assert candidates[0].id == "relu/lr=0.1/momentum=0/norm=none/seed=0"
    assert {c.configuration for c in candidates} == set(configurations(spec))
    for batch in planned:
        assert {c.configuration.settings for c in batch.candidates} == {batch.settings}


def test_values_of_any_kinds_have_an_order():
    given = [Configuration("relu", 0.1, (("x", value),)) for value in ("full", 2, None, 0.5, True, "a")]
    assert [c.settings[0][1] for c in sorted(given)] == [None, 0.5, True, 2, "a", "full"]
    assert max(given) > min(given)
    assert sorted([Configuration("relu", 0.1), Configuration("elu", 1), Configuration("elu", 0.1)])[0].lr == 0.1


def test_a_batch_without_axes_needs_no_settings():
    assert Batch(0, "relu", ()).settings == sweep.read([]) == ()
