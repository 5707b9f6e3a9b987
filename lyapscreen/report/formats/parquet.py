"""The ranking as Parquet: the CSV's columns with their types, and every digit; pyarrow is an extra."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from lyapscreen.report import extras
from lyapscreen.report.formats import Format, frame, spreadsheet

if TYPE_CHECKING:
    from lyapscreen.results.ranking import Ranking

NEEDS, EXTRA = ("pyarrow",), "parquet"


def render(ranking: Ranking) -> bytes:
    """Return the ranking as the bytes of a Parquet file, which reads back as `frame.render`; the undefined is null.

    Names that a spreadsheet would take for formulas stand there as in the CSV.

    One version of pandas and pyarrow, whose names stand in the file, gives the same bytes for the same ranking.

    Raises:
        OutputError: pyarrow is not installed.

    """
    extras.require("parquet", "a .parquet file", *NEEDS, extra=EXTRA)
    whole = BytesIO()
    table = frame.render(ranking).rename(columns=spreadsheet.words)
    for index, dtype in enumerate(table.dtypes):
        if str(dtype) in ("str", "object"):
            column = table.columns[index]
            table[column] = table[column].map(_words).astype(dtype)
    table.to_parquet(whole, engine="pyarrow", index=False)
    return whole.getvalue()


def _words(value: object) -> object:
    return spreadsheet.words(value) if isinstance(value, str) else value


FORMAT = Format(
    name="parquet",
    order=3,
    help="Write the CSV's columns as Parquet (pip install 'lyapscreen\\[parquet]'); - is stdout.",
    render=lambda document, _: render(document.ranking),
    needs=NEEDS,
    extra=EXTRA,
)
