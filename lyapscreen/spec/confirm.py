"""How many of the best are confirmed by full training: `--confirm 3`."""

from __future__ import annotations

from lyapscreen.spec import parsing

MAX_CONFIRMED = 1000


def how_many(confirm: object) -> int | None:
    """Read `confirm`; None where no confirmation is asked for.

    >>> how_many("3"), how_many(None)
    (3, None)

    Raises:
        SettingError: it is no whole number from 1 on.

    """
    if confirm is None:
        return None
    return parsing.within("confirm", confirm, 1, MAX_CONFIRMED, "Write how many of the best to train fully, such as 3")
