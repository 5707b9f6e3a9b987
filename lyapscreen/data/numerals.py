"""Numbers as people write them: decimal commas, group marks, currencies, percent, units, (1.2), 1.5D+03."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Decimal = Literal[".", ","]

_CURRENCY = r"[$€£¥₹₽₩฿]|US\$|R\$|A\$|C\$|Rs\.?|kr|zł|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL"
_CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+-])?"
    r"(?P<digits>[.,]?[0-9](?:[0-9.,'’ ]*[0-9])?\.?)(?:[eEdD](?P<power>[+-]?[0-9]+))?"
    rf"\s*(?P<after>{_CURRENCY}|[A-Za-zµμ°²³%‰\"/]{{1,12}})?\s*(?P<minus>-)?(?P<close>\))?"
)
_SIGNS = {ord(c): " " for c in "\u00a0\u2007\u2009\u202f"} | {ord(c): "-" for c in "\u2212\ufe63\uff0d\u2013"}
_GROUPED = {mark: re.compile(rf"[0-9]{{1,3}}(?:[{mark}][0-9]{{2,3}})*[{mark}][0-9]{{3}}") for mark in ".,'’ "}
_ONE_COMMA = re.compile(r"[0-9]*,[0-9]*")
_ONE_POINT = re.compile(r"[0-9]*\.[0-9]*")


@dataclass(frozen=True)
class Cell:
    """A cell that is a number in some way of writing."""

    digits: str
    """Digits, decimal mark and group marks."""
    power: str
    negative: bool
    before: str
    """A currency in front."""
    after: str
    """A currency, a percent sign or a unit behind."""
    brackets: bool


@dataclass(frozen=True)
class Numbers:
    """What a column's cells are as numbers."""

    values: np.ndarray
    style: str
    """How they are written where their size depends on it: another style is another column."""
    how: str
    """The same for people; empty for plain numbers."""


def split(word: str) -> Cell | None:
    """Return a cell's parts, or None where it is no number in any way of writing."""
    found = _CELL.fullmatch(word.translate(_SIGNS).strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [found["sign"], found["inner"], found["minus"], found["open"]]
    if sum(sign is not None for sign in signs) > 1 or (found["before"] and found["after"]):
        return None
    negative = "-" in signs or found["open"] is not None
    before, after = found["before"] or "", found["after"] or ""
    return Cell(found["digits"], found["power"] or "", negative, before, after, bool(found["open"]))


def is_number(word: str) -> bool:
    """Return whether a cell by itself is a number in some way of writing."""
    cell = split(word)
    return cell is not None and (value(cell.digits, ".") or value(cell.digits, ",")) is not None


def decimal_mark(digits: Sequence[str], hint: Decimal | None, *, commas_separate: bool) -> Decimal | None:
    """Return the decimal mark of a column; None where its cells contradict each other or leave it open.

    A mark that is not followed by three digits is a decimal mark, and so is the last of two kinds; one that stands
    twice in a cell is a group mark. What may be either (1,234) is what the rest of the column, then the file says.

    Args:
        digits: of every cell.
        hint: the file's decimal mark, where it is known.
        commas_separate: whether cells are separated by commas.

    """
    marked = [text for text in digits if "," in text or "." in text]
    comma = any(shows_decimal(text, ",") for text in marked)
    point = any(shows_decimal(text, ".") for text in marked)
    if comma or point:
        return None if comma and point else "," if comma else "."
    if hint is not None or not marked:
        return hint or "."
    if any(text.count(",") > 1 for text in marked) or any(text.count(".") > 1 for text in marked):
        return "." if any("," in text for text in marked) else ","
    if all("." in text for text in marked):
        return "."
    if len(marked) == len(digits):
        return "." if commas_separate else ","
    # 950 and 1,234 in one column are a thousand and less; beside 12345 the comma can be anything.
    return "." if all(len(text) <= 3 for text in digits if text not in set(marked)) else None


def shows_decimal(text: str, mark: Decimal) -> bool:
    """Return whether these digits can only be read with this decimal mark."""
    other = "." if mark == "," else ","
    if mark in text and other in text:
        return text.rindex(mark) > text.rindex(other)
    if not (_ONE_COMMA if mark == "," else _ONE_POINT).fullmatch(text):
        return False
    whole = text.partition(mark)[0]
    return not _GROUPED[mark].fullmatch(text) or (whole.startswith("0"))


def value(digits: str, decimal: Decimal) -> str | None:
    """Return digits as Python writes a number, or None where the marks do not fit."""
    whole, _, fraction = digits.partition(decimal)
    if not whole.isdigit():
        groups = [mark for mark in ".,'’ " if mark != decimal and mark in whole]
        if whole and (len(groups) != 1 or not _GROUPED[groups[0]].fullmatch(whole)):
            return None
        whole = re.sub(r"\D", "", whole)
    if fraction and not fraction.isdigit():
        return None
    return f"{whole or '0'}.{fraction or '0'}" if whole or fraction else None


def decorated(words: Sequence[str], hint: Decimal | None, *, forced: bool, commas_separate: bool) -> Numbers | str:
    """Return distinct cells as numbers; else the first cell that is none.

    One currency, one unit or percent in every cell, are left out; several kinds of one column are no numbers, nor is
    a percent sign in some cells alone.

    Args:
        words: the distinct cells.
        hint: the file's decimal mark, where it is known.
        forced: whether the hint is what was asked for, so that no cell may say otherwise.
        commas_separate: whether cells are separated by commas.

    """
    cells = [split(word) for word in words]
    if None in cells:
        return words[cells.index(None)]
    read = [cell for cell in cells if cell is not None]
    around = {cell.before or cell.after for cell in read} - {""}
    odd = next((word for word, cell in zip(words, read, strict=True) if not (cell.before or cell.after)), None)
    if len(around) > 1:
        first = read[0].before or read[0].after
        return next(word for word, cell in zip(words, read, strict=True) if (cell.before or cell.after) != first)
    symbol = "".join(around)
    currency = bool(symbol) and re.fullmatch(_CURRENCY, symbol) is not None
    if symbol and not currency and len(words) == 1:
        return words[0]  # 1st in every row is a word
    if symbol and not currency and odd is not None:
        return odd  # 50 % and 0.5, or 12 kg and 12: the cells without may be on another scale
    decimal = hint if forced else decimal_mark([c.digits for c in read], hint, commas_separate=commas_separate)
    texts = [None if decimal is None else value(cell.digits, decimal) for cell in read]
    if decimal is None or None in texts:
        return next(
            (word for word, text, cell in zip(words, texts, read, strict=True) if text is None and "," in cell.digits),
            words[texts.index(None)],
        )
    numbers = [f"{'-' * c.negative}{t}{'e' * bool(c.power)}{c.power}" for c, t in zip(read, texts, strict=True)]
    return Numbers(np.array(numbers).astype(np.float64), symbol, _described(words, read, symbol, decimal))


def _described(words: Sequence[str], cells: Sequence[Cell], symbol: str, decimal: Decimal) -> str:
    """Say what was understood of the cells, in the order in which it can mislead."""
    found = []
    if decimal == "," and any("," in cell.digits for cell in cells):
        found.append("decimal commas")
    group = "," if decimal == "." else "."
    if any(mark in cell.digits for cell in cells for mark in (group, " ", "'", "’")):
        found.append("group marks")
    if symbol:
        found.append("percent" if symbol == "%" else f"{symbol} left out")
    if any(cell.brackets for cell in cells):
        found.append("brackets as minus")
    if not found and any(re.search("[dD]", word) for word in words):
        found.append("D exponents")
    return ", ".join(found) or "other signs"
