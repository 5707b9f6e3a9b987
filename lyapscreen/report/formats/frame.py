"""The ranking as a pandas table, each column of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_type_hints

from lyapscreen.report.formats import csv
from lyapscreen.spec import sweep

if TYPE_CHECKING:
    import pandas as pd

    from lyapscreen.results.ranking import Ranking

DTYPES = {
    bool: "bool",
    int: "int64",
    int | None: "Int64",
    float: "float64",
    float | None: "float64",
}
"""By the type of a row's field; every other is of words. An undefined number is NaN, an undefined whole number NA."""


def render(ranking: Ranking) -> pd.DataFrame:
    """Return the ranking as a table, one row a configuration in rank order, columns as in the CSV.

    A column's dtype depends on what it is about, not on the values it happens to hold: one that is undefined
    throughout is still of numbers. The values of a swept setting are numbers, truth values or, mixed, words.
    """
    import pandas as pd

    from lyapscreen.results.row import Row

    names = csv.columns(ranking)
    fields = get_type_hints(Row)
    cells = [[_cell(row.value(name)) for name in names] for row in ranking.rows]
    # Of objects first: pandas would make a column of whole numbers and None floats, too short for a large seed.
    table = pd.DataFrame(cells, columns=list(names), dtype=object)
    dtypes = {name: DTYPES.get(fields[name], "str") for name in names if name not in ranking.swept}
    for name in ranking.swept:
        values = list(table[name])
        dtypes[name] = _dtype(values)
        if dtypes[name] == "object":
            table[name] = [None if value is None else sweep.label(value) for value in values]
    return table.astype(dtypes).infer_objects()  # words among nothing: astype("str") would write out None


def _cell(value: object) -> object:
    """Return a value; words with half a surrogate pair, which no table can hold, as Python escapes them."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _dtype(values: Sequence[Any]) -> str:
    """Return the dtype of a swept setting's values, None among them or not."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {bool}:
        return "boolean" if None in values else "bool"
    if kinds == {int}:
        return "Int64" if None in values else "int64"
    return "float64" if kinds and kinds <= {int, float} else "object"
