"""What a study calls our settings: as we do, as another library does, or as `names` says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from lyapscreen.errors import SettingError
from lyapscreen.spec import parsing
from lyapscreen.spec.suggestions import OTHER_WORDS, nearest

Names = Mapping[str, str | None]
"""What a study calls a parameter, by our word for it; None where it has no such parameter."""

FIX = "Write names={{{pairs}}}"


def meant(name: str, words: Collection[str]) -> str | None:
    """Return which of our words another library's name stands for, if any.

    >>> words = ["lr", "activation"]
    >>> meant("learning_rate", words), meant("act_fn", words), meant("opt.lr", words), meant("epochs", words)
    ('lr', 'activation', 'lr', None)
    """
    last = re.split(r"[./]", name)[-1].lower().replace("-", "_")
    word = {"act": "activation"}.get(found := OTHER_WORDS.get(last, last), found)
    return word if word in words else None


def checked(names: Names, words: Collection[str]) -> dict[str, str | None]:
    """Return `names` if every word in it is a parameter, and no two parameters have one name.

    Raises:
        SettingError: naming what is wrong.

    """
    for word, name in names.items():
        if word not in words:
            fix = f"{nearest(word, words)}Parameters of this screening are {', '.join(words)}"
            raise SettingError(f"names.{word}", name, f"there is no parameter {word}", fix)
    kept = [names.get(word, word) for word in words]
    parsing.distinct("names", dict(names), [name for name in kept if name is not None])
    return dict(names)


def matched(names: Names, words: Iterable[str], known: Collection[str]) -> dict[str, str | None]:
    """Return what a study calls each of our words, by the parameters that its trials have.

    Args:
        names: what is said of it.
        words: ours.
        known: the parameters of the study's trials; none where it has had no trial yet.

    Raises:
        SettingError: the trials have no parameter that a word could stand for, or several.

    """
    found = dict(names)
    for word in words:
        if word in found or not known or word in known:
            continue
        like = [name for name in known if meant(name, [word])]
        if len(like) != 1:
            rule = f"the study's trials have {'several parameters' if like else 'no parameter'} that could be {word}"
            listed = ", ".join(like or known)
            fix = FIX.format(pairs=f"'{word}': NAME") + f", one of {listed}, or None where it is not searched"
            raise SettingError("names", dict(names), rule, fix)
        found[word] = like[0]
    return found
