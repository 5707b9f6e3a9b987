"""Columns of dates as days since 1970, in the format that all of their cells have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
)  # fmt: skip
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")

DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


def days(words: Sequence[str]) -> tuple[np.ndarray, str] | None:
    """Return distinct cells as days since 1970, and their format; None where they are no dates or have two readings.

    >>> days(["2024-01-31", "1970-01-02"])
    (array([1.9753e+04, 1.0000e+00]), '%Y-%m-%d')
    >>> days(["03/04/2024", "05/06/2024"]) is None  # April or March?
    True
    """
    import pandas as pd

    first = words[0]
    if not any(c.isdigit() for c in first) or not 6 <= len(first) <= 40 or first.replace(".", "", 1).isdigit():
        return None
    text = pd.Series(words)
    found = [(dates, form) for form in ("ISO8601", *_formats(first)) if (dates := _parsed(text, form)) is not None]
    distinct = {dates.astype("int64").to_numpy().tobytes(): (dates, form) for dates, form in found}
    if len(distinct) != 1:
        return None
    ((dates, form),) = distinct.values()
    return since_1970(dates), "%Y-%m-%d" if form == "ISO8601" else form


def since_1970(dates: pd.Series[pd.Timestamp]) -> np.ndarray:
    """Return moments as days since 1970, NaN where there is none."""
    plain = dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates
    micros = plain.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(micros), np.nan, micros.astype(np.int64) / DAY)


def _formats(first: str) -> list[str]:
    return [f"{date}{time}" for date in FORMATS for time in TIMES if (" " in first) or not time]


def _parsed(text: pd.Series[str], form: str) -> pd.Series[pd.Timestamp] | None:
    import pandas as pd

    for part in (text.iloc[:3], text):  # a wrong format is found out by the first cells
        try:
            dates = pd.to_datetime(part, format=form, utc=True)
        except (ValueError, OverflowError):
            return None
    return dates
