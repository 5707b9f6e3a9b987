"""The leading exponents of one configuration, as table, CSV and JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

from rich.table import Table
from rich.text import Text

from lyapscreen.report.text.characters import json_text
from lyapscreen.results.naming import named
from lyapscreen.results.spectrum import Leading

COLUMNS = ("place", "exponent", "exponent_low", "exponent_high", "growth", "direction")
"""Of CSV and JSON; `growth` is the exponent times the steps measured."""


def rows(leading: Leading) -> list[dict[str, Any]]:
    """Return one row an exponent, largest first; None is undefined."""
    return [
        {
            "place": index + 1,
            "exponent": interval.mean,
            "exponent_low": interval.low,
            "exponent_high": interval.high,
            "growth": None if interval.mean is None else interval.mean * leading.steps,
            "direction": leading.direction(index),
        }
        for index, interval in enumerate(leading.exponents)
    ]


def as_csv(leading: Leading) -> str:
    """Return the exponents as CSV; undefined is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: f"{v:.9g}" if isinstance(v, float) else v for key, v in row.items()} for row in rows(leading)
    )
    return text.getvalue()


def as_json(leading: Leading) -> str:
    """Return the exponents as JSON with the configuration they belong to; undefined is null."""
    configuration = {"activation": leading.configuration.activation, "lr": leading.configuration.lr}
    plain = configuration | {"steps": leading.steps, "seeds": leading.seeds, "exponents": rows(leading)}
    return json_text(plain)


def as_table(leading: Leading) -> Table:
    """Return the exponents as a table for a person."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", "exponent", "95% interval", "T x exponent", ""):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    colours = {"grows": "yellow", "flat": "dim", "shrinks": "green", "undefined": "red"}
    for row in rows(leading):
        value, low, high = row["exponent"], row["exponent_low"], row["exponent_high"]
        table.add_row(
            str(row["place"]),
            "-" if value is None else f"{value:.5f}",
            "-" if low is None else f"{low:.5f} to {high:.5f}",
            "-" if value is None else f"{row['growth']:.2f}",
            Text(row["direction"], colours[row["direction"]]),
        )
    return table


def sentence(leading: Leading) -> str:
    """Say how many of the directions are flat."""
    configuration = leading.configuration
    return (
        f"{named(configuration, f'{configuration.lr:g}')}, over {leading.steps} steps, {leading.seeds} seeds: "
        f"{leading.flat} of {len(leading.exponents)} leading directions are flat "
        "(a perturbation changes by about a fifth at most)."
    )
