"""Temporary files that a killed process has left beside an output are removed; nobody else's are."""

import os

from lyapscreen.report import leftovers
from lyapscreen.report.output import Destination


def aged(path, content=b"old"):
    path.write_bytes(content)
    os.utime(path, (0, 0))
    return path


def test_only_what_is_ours_and_nobody_uses_is_removed(tmp_path):
    left = aged(tmp_path / f"{leftovers.PREFIX}{'0' * 16}{leftovers.SUFFIX}")
    fresh = tmp_path / f"{leftovers.PREFIX}{'1' * 16}{leftovers.SUFFIX}"
    fresh.write_bytes(b"new")
    others = [aged(tmp_path / name) for name in (".lyapscreen-mine.tmp", "a.tmp", f"{leftovers.PREFIX}{'0' * 16}")]
    (tmp_path / "elsewhere").write_bytes(b"")
    link = tmp_path / f"{leftovers.PREFIX}{'2' * 16}{leftovers.SUFFIX}"
    link.symlink_to("elsewhere")
    with Destination("csv", str(tmp_path / "held.csv")):
        (held,) = set(tmp_path.glob(".lyapscreen-*.tmp")) - {left, fresh, link, *others}
        os.utime(held, (0, 0))
        with Destination("csv", str(tmp_path / "r.csv")) as file:
            file.write("a")
        assert held.exists(), "another process, or this one, is writing it"
    assert not left.exists()
    assert all(path.exists() for path in (fresh, link, *others, tmp_path / "elsewhere"))
