"""What a spec says of how its data are to be read, and the bytes of a file, compressed or not."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal, cast

from lyapscreen.data.marks import Marks
from lyapscreen.data.numerals import Decimal
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import Spec

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
CHECKED_BYTES = 2**20
BYTE_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
"""What the first bytes of a file say of its letters; UTF-32's begins as UTF-16's does."""


@dataclass(frozen=True)
class Reading:
    """How data are to be read."""

    dtype: str
    """What inputs will be held as."""
    header: Literal["auto", "yes", "no"] = "auto"
    skip_rows: int | None = None
    separator: str | None = None
    decimal: Decimal | None = None
    encoding: str | None = None
    marks: Marks = field(default_factory=Marks)
    target: tuple[str, ...] = ()
    """The columns to predict; none is the last."""
    group: str = ""
    """The column that groups rows, if any."""

    @classmethod
    def of(cls, spec: Spec) -> Reading:
        """Return how a spec has its data read."""
        return cls(
            dtype=spec.dtype,
            header=spec.header,
            skip_rows=spec.skip_rows,
            separator=spec.separator,
            decimal=None if spec.decimal == "auto" else spec.decimal,
            encoding=spec.encoding,
            marks=Marks(None if spec.missing is None else frozenset(spec.missing)),
            target=tuple(spec.target.split(",")) if spec.target else (),
            group=spec.split.removeprefix("group:") if spec.split.startswith("group:") else "",
        )

    def beside(self, *, named: bool, decimal: Decimal | None) -> Reading:
        """Return how a file is read that has the form of one already read."""
        return replace(self, header="yes" if named else "no", decimal=decimal or self.decimal)


def suffix(value: str) -> str:
    """Return the suffix that says what a file is, that of its compression left out.

    >>> suffix("a/t.CSV.gz"), suffix("t.parquet")
    ('.csv', '.parquet')
    """
    path = Path(value)
    return Path(path.stem).suffix.lower() if path.suffix.lower() in COMPRESSED else path.suffix.lower()


def opened(value: str) -> IO[bytes]:
    """Open a file, decompressed as its suffix says.

    Raises:
        DataError: a .zip holds more than one file.
        OSError: it cannot be opened.

    """
    match Path(value).suffix.lower():
        case ".gz":
            return cast("IO[bytes]", gzip.open(value, "rb"))
        case ".bz2":
            return bz2.open(value, "rb")
        case ".xz":
            return lzma.open(value, "rb")
        case ".zip":
            return _in_zip(value)
        case _:
            return Path(value).open("rb")


def _in_zip(value: str) -> IO[bytes]:
    archive = zipfile.ZipFile(value)
    members = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
    if len(members) != 1:
        rule = f"it holds {len(members)} files, not one"
        raise DataError("data", value, rule, "Unpack it, and give the path of the table")
    return archive.open(members[0])


def _encoding_of(value: str, given: str | None) -> str:
    """Return how a file's bytes are letters: what is asked for, else its byte order mark, else UTF-8."""
    with opened(value) as file:
        first = file.read(4)
    marked = next((name for mark, name in BYTE_MARKS.items() if first.startswith(mark)), None)
    if given is None or (marked or "").startswith(given):
        return marked or given or "utf-8-sig"
    return given


def lines_of(value: str, encoding: str) -> io.TextIOWrapper:
    """Open a file as text, line ends as they are."""
    return io.TextIOWrapper(opened(value), encoding=encoding, newline="")


def checked(value: str, given: str | None, fix: str) -> str:
    """Return a file's encoding, once all of it is known to be text in it; it is read in pieces, since it may be large.

    Raises:
        DataError: it is not, or is empty, or cannot be read.

    """
    words = "Save the table as UTF-8 text, or name its --encoding, such as latin-1"
    blank, done, pending = True, 0, 0
    try:
        encoding = _encoding_of(value, given)
        decoder = codecs.getincrementaldecoder(encoding)()
        with opened(value) as file:
            while piece := file.read(CHECKED_BYTES):
                pending = len(decoder.getstate()[0])
                text = decoder.decode(piece)
                if "\0" in text:
                    raise DataError("data", value, "it holds NUL bytes, so it is not a text file", words)
                blank = blank and not text.removeprefix("\ufeff").strip()
                done += len(piece)
        pending = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        at = f"byte {done - pending + error.start}" if isinstance(error, UnicodeDecodeError) else "it"
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise DataError("data", value, f"{at} is not valid {name}", words) from None
    except (zipfile.BadZipFile, lzma.LZMAError, EOFError, zlib.error) as error:
        rule = f"it cannot be decompressed ({str(error) or type(error).__name__})"
        raise DataError("data", value, rule, "Compress the table again") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise DataError("data", value, f"it cannot be read ({reason})", fix) from None
    if blank:
        raise DataError("data", value, "it is empty", fix)
    return encoding
