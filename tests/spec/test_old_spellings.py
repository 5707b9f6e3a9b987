"""Spellings of the version before: they work, once more, and say so."""

import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import OldSpelling, SettingError
from lyapscreen.spec.spec import Spec
from tests.helpers.flags import replacing


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ({"rank_by": "end"}, {"rank_by": "projected", "keep": "last"}),
        ({"rank_by": "end", "keep": "last", "full_steps": 300}, {"keep": "last", "full_steps": 300}),
        ({"schedule": "cosine:300"}, {"schedule": "cosine", "full_steps": 300}),
        ({"schedule": "cosine:300", "full_steps": "300"}, {"schedule": "cosine", "full_steps": 300}),
        ({"sweep": "schedule=constant,cosine:300"}, {"sweep": {"schedule": ["constant", "cosine"]}, "full_steps": 300}),
    ],
)
def test_an_old_spelling_is_todays_with_a_warning(old, today):
    with pytest.warns(OldSpelling, match="goes with the next release"):
        found = Spec.of(**old)
    assert found == Spec.of(**today)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank_by": "end", "keep": "best"}, "rank_by end: it ranks for the last checkpoint, and keep is best"),
        ({"schedule": "cosine:300", "full_steps": 400}, "schedule cosine:300: .* so over 400 steps as well"),
        ({"sweep": "schedule=cosine:300,cosine:400"}, "schedule cosine:300: .* so over 400 steps as well"),
    ],
)
def test_one_that_contradicts_another_setting_is_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Spec.of(**settings)


def test_the_command_line_says_it_once_and_python_where_it_was_written():
    flags = ["rank", "--data", "wine", "--model", "mlp:4", "--act", "relu", "--lr", "0.1,0.3", "--seeds", "2"]
    done = CliRunner().invoke(app, replacing(*flags, "--steps", "4", "--schedule", "cosine:8", "--csv", "-", "--quiet"))
    assert done.exit_code in (0, 3)
    assert done.stderr.count("warning: schedule cosine:8 is now written --schedule cosine --full-steps 8;") == 1
    with pytest.warns(OldSpelling) as caught:
        ls.screen(data="wine", model="mlp:4", act="relu", lr=0.1, seeds=2, steps=4, schedule="cosine:8", jobs=1)
    assert caught[0].filename == __file__
