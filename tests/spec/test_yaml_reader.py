"""Spec files: what is read, every kind of mistake with its line, and paths that start at the spec."""

import re
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from lyapscreen.cli import signature
from lyapscreen.errors import SettingError
from lyapscreen.spec import yaml_reader
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved
from tests.helpers.spec_files import READABLE, SMALL, printed_spec, run, spec_of, write_spec

pytestmark = pytest.mark.usefixtures("directory")


# What is read


@pytest.mark.parametrize(("text", "settings"), READABLE.values(), ids=READABLE)
def test_a_spec_file_is_read(text, settings):
    spec = spec_of(text)
    assert spec == Spec.of(**settings)
    assert spec_of(resolved(spec)) == spec
    assert spec_of(resolved(spec)).hash({}, "") == spec.hash({}, "")


# What is refused: the file, the line, the key, what stands there


REFUSED = [
    ("steps: 20\nstps: 3", "line 2, stps 3: there is no such key. Did you mean steps?"),
    ("LR: 3", "line 1, LR 3: there is no such key. Did you mean lr?"),
    ("5: 3", "line 1, 5 3: there is no such key. lyapscreen init writes"),
    ("<<: {lr: 1}", "line 1, << {lr: 1}: there is no such key"),
    ("\n\nlr: 0.1\n\nlr: 1", "line 5, lr 1: the key is already in line 3"),
    ("held_out: 0.1\nheld-out: 0.2", "line 2, held_out 0.2: the key is already in line 1"),
    ("sweep:\n  width: 1\n  width: 2", "line 3, sweep.width 2: the key is already in line 2"),
    ("lr:\n  - 0.1\n  - abc", "line 1, lr - 0.1 - abc: 'abc' is not a number. Write a range such as 1e-4:1"),
    ("act: relu\nlr: [0.1, -1]", "line 2, lr [0.1, -1]: -1 is not a positive finite number"),
    ("lr: 1:1e-4", "line 1, lr 1:1e-4: the low end of a range must be below its high end"),
    ("lr: [0.1, [1]]", "line 1, lr [0.1, [1]]: a list holds values, not lists or keys"),
    ("lr: [0.1, ~]", "line 1, lr [0.1, ~]: '~' is not a number"),
    ("lr: {a: 1}", "line 1, lr {a: 1}: it takes no keys of its own"),
    ("lr:\nact: relu", "line 1, lr '': the key has no value. Write one, or remove the line"),
    ("lr: ''", "line 1, lr '': the list has an empty entry"),
    ("act: rleu", "line 1, act rleu: there is no such activation. Did you mean relu?"),
    ("steps: 1", "line 1, steps 1: it must be at least 2"),
    ("steps: yes", "line 1, steps yes: it must be a whole number"),
    ("steps: [1, 2]", "line 1, steps [1, 2]: it takes one value, not a list. Write one; it is the same for all"),
    ("momentum: [0, 0.9]", "line 1, momentum [0, 0.9]: it takes one value, not a list. Write one; several"),
    ("header: true", "line 1, header true: it must be one of auto, yes, no"),
    ("kantz_wolf: maybe", "line 1, kantz_wolf maybe: it must be true or false"),
    ("quiet: maybe", "line 1, quiet maybe: it must be true or false"),
    ("debug: [1]", "line 1, debug [1]: it takes one value, not a list"),
    ("jobs: 0", "line 1, jobs 0: it must be a whole number from 1 to 4096"),
    ("csv: /nowhere/r.csv", "line 1, csv /nowhere/r.csv: there is no directory /nowhere"),
    ("seeds: 2\nmomentum: 0.5", "line 2, momentum 0.5: the optimizer sgd has no momentum"),
    ("data: digit", "line 1, data digit: "),
    ("target: 99\ndata: wine", "line 1, target 99: "),
    ("act: relu\nsweep:\n  momentum: [0, 0.9]", "line 3, sweep.momentum 0,0.9: the optimizer sgd has no momentum"),
    ("optimizer: momentum\nsweep:\n  weight_decay: 0\n\n  momentum: [0, 1.5]", "line 5, sweep.momentum 1.5: it must"),
    ("sweep: {batch_size: [8, 0]}", "line 1, sweep.batch_size 0: it must be a whole number from 1 on, or full"),
    ("sweep:\n  lr: [1, 2]", "line 2, sweep.lr 1,2: lr is an axis already"),
    ("sweep:\n  widht: [1, 2]", "line 2, sweep.widht 1,2: the built-in mlp has no keyword widht"),
    ("sweep:\n  clip_norm:", "line 2, sweep.clip_norm '': an axis is a list of values. Write them as clip_norm: ["),
    ("sweep: {clip_norm: {a: 1}}", "line 1, sweep.clip_norm {a: 1}: an axis is a list of values"),
    ("sweep: {clip_norm: []}", "line 1, sweep.clip_norm []: the list is empty"),
    ("sweep: {clip_norm: [1, 1.0]}", "line 1, sweep.clip_norm [1, 1.0]: 1 is given twice"),
    ("sweep: momentum", "line 1, sweep momentum: an axis is a name and its values"),
    ("sweep:", "line 1, sweep '': the key has no value"),
    ("lr: 0.1\nseeds: 1000000\nact: all", "line 2, seeds act x lr x seeds = 11000000 candidates: at most 1000000"),
    ("[1, 2]", "line 1 [1, 2]: a spec is lines of `key: value`"),
    ("# x\nlr 0.1", "line 2 lr 0.1: a spec is lines of `key: value`"),
    ("act: relu\nlr: [0.1, 1\n", "line 2 'lr: [0.1, 1': it cannot be read as YAML (expected ',' or ']', but got"),
    ("act: relu\nlr: 'x\n", "line 2 \"lr: 'x\": it cannot be read as YAML (found unexpected end of stream)"),
    ("act: relu\nmodel: mlp: 64", "line 2 'model: mlp: 64': it cannot be read as YAML (mapping values are not allowed"),
    ("lr:\t0.1\n\tact: relu", "line 1 'lr:\\\\t0.1': it cannot be read as YAML (found character '\\\\t' that cannot "
                               "start any token). Indent with spaces, not with tabs"),
    ("sweep:\n\tmomentum: 1", "Indent with spaces, not with tabs"),
    ("act: relu\n lr: 1", "line 2 'lr: 1': it cannot be read as YAML (mapping values are not allowed here)"),
    ("lr: 1\n---\nlr: 2", "line 2 '---': a second document begins here. Keep one"),
    ("act: &a relu\nmodel: *a", "line 2 'model: *a': aliases are not read"),
    ("? [a, b]\n: c", "line 1, [a, b] c: a key is one word"),
    ("lr: !!python/object/apply:os.system ['touch ran']", "tags such as !!python/object/apply:os.system are not read"),
    ("act: relu\nlr: !!python/name:os.system", "line 2 'lr: !!python/name:os.system': tags such as"),
    ("!!python/object/new:os.system ['touch ran']", "line 1 \"!!python/object/new:os.system"),
    ("!!set {lr}", "line 1 '!!set {lr}': tags such as !!set are not read"),
    ("lr: !mine 1", "line 1 'lr: !mine 1': tags such as !mine are not read"),
    (b"act: relu\nlr: \xff\n", "line 2 0xff: this byte is not UTF-8. Save the file as UTF-8"),
    ("lr: 1".encode("utf-16"), "line 1 0xff: this byte is not UTF-8"),
    ("act: relu\nlr: \x00", "line 2 'lr: \\\\x00': the character '\\\\x00' is not allowed in YAML"),
    ('lr: "\\UFFFFFFFF"', "line 1 'lr: \"\\\\\\\\UFFFFFFFF\"': a number or an escape in it is out of range"),
    ('data: "a\\0b"', "line 1, data \"a\\\\0b\": it holds the character '\\\\x00'. Write it on one line"),
    ("data: |\n  a\n  b", "line 1, data | a b: it holds the character '\\\\n'"),
    ("[" * 3000, "line 1 '[[["),
    ("- " * 3000, "it is nested more than 5 levels deep"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[str(text)[:30] for text, _ in REFUSED])
def test_a_bad_spec_file_is_one_message_with_its_line_and_exit_code_2(text, message, directory):
    result = run("rank", write_spec(text))
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    said = [line for line in result.stderr.splitlines() if not line.startswith("note: ")]
    assert len(said) == 1
    assert re.match(r"error: spec.yaml line \d+(, \S+)? .*: .*\. ", said[0])
    assert message.replace("\\\\", "\\") in said[0]
    assert not (directory / "ran").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.yaml", "error: SPEC none.yaml: there is no such file. lyapscreen init writes a spec to start from"),
        (".", "error: SPEC .: it cannot be read (Is a directory). Name a file of YAML"),
        ("spec.yaml/x", "error: SPEC spec.yaml/x: it cannot be read (Not a directory)"),
        ("x" * 300, "it cannot be read (File name too long)"),
        (
            "empty.yaml",
            "error: SPEC empty.yaml: it holds no setting. lyapscreen init writes a spec to start from; {}",
        ),
        ("comment.yaml", "error: SPEC comment.yaml: it holds no setting"),
        ("null.yaml", "error: SPEC null.yaml: it holds no setting"),
        ("long.yaml", "error: SPEC long.yaml: a spec has at most 100000 bytes. Name a spec, not a table"),
        ("/dev/zero", "error: SPEC /dev/zero: it cannot be read (it is a device, not a regular file)"),
    ],
)
def test_a_file_that_is_no_spec(path, message):
    write_spec(SMALL)
    write_spec("", "empty.yaml")
    write_spec("# lr: 1\n", "comment.yaml")
    write_spec("---\n", "null.yaml")
    write_spec("lr: [" + "0.1, " * 25_000 + "]", "long.yaml")
    result = run("rank", path)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert message in result.stderr


BOMB = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "lr: [" + "0.1, " * 19_000 + "]",
        "lr: [" + ", ".join(str(i) for i in range(1, 15_000)) + "]",
        "sweep: {batch_size: [" + ", ".join(str(i) for i in range(1, 15_000)) + "]}",
        "lr: " + "9" * 99_000,
        "".join(f"k{i}: 1\n" for i in range(9_000)),
        "a" * 99_000 + ": 1",
        "lr: '" + "x" * 99_000 + "'",
        "&a " * 30_000,
        "!" * 99_000,
        "? " * 40_000,
        "{" * 99_000,
        "\n" * 99_000,
    ],
    ids=lambda text: text[:20],
)
def test_nothing_takes_long_to_read_or_refuse(text):
    start = time.perf_counter()
    with suppress(SettingError):
        spec_of(text)
    assert time.perf_counter() - start < 5


def test_relative_paths_start_at_the_spec(directory):
    (directory / "sub").mkdir()
    write_spec("".join(f"{i},{i % 5},{i % 2}\n" for i in range(60)), "sub/t.csv")
    write_spec(SMALL.replace("wine", "t.csv") + "csv: r.csv\n", "sub/spec.yaml")
    assert printed_spec("sub/spec.yaml").data == "sub/t.csv"
    assert run("rank", "sub/spec.yaml", "--quiet").exit_code in (0, 3)
    assert (directory / "sub" / "r.csv").exists()
    assert printed_spec("sub/spec.yaml", "--data", "t.csv").data == "t.csv"


PLACES = [
    ("data: t.csv", "data", "sub/t.csv"), ("data: ./t.csv", "data", "sub/t.csv"),
    ("data: ../t.csv", "data", "sub/../t.csv"),
    ("data: /a/t.csv", "data", "/a/t.csv"), ("data: digits", "data", "digits"), ("data: digit", "data", "digit"),
    ("data: load.py:f", "data", "sub/load.py:f"), ("data: package.load:f", "data", "package.load:f"),
    ("data: sets/t", "data", "sub/sets/t"), ("model: mlp:64,64", "model", "mlp:64,64"), ("model: cnn", "model", "cnn"),
    ("model: net.py:f", "model", "sub/net.py:f"), ("held_out: 0.25", "held_out", "0.25"),
    ("held_out: .25", "held_out", ".25"), ("csv: '-'", "csv", "-"), ("csv: r", "csv", "sub/r"),
    ("parquet: r", "parquet", "sub/r"), ("save: w.pt", "save", "sub/w.pt"),
    ("json: ''", "json", ""),
    ("weights: w", "weights", "sub/w"), ("target: t.csv", "target", "t.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "value"), PLACES)
def test_what_is_a_path_and_what_is_a_name(text, key, value):
    written_there = yaml_reader.parse(text.encode(), "sub/spec.yaml", Path("sub"), signature.keys())
    assert written_there.settings[key] == value
    written_here = yaml_reader.parse(text.encode(), "spec.yaml", also=signature.keys())
    assert written_here.settings[key] == value.removeprefix("sub/")


def test_a_home_directory_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert spec_of("data: ~/t.csv").data == "/home/me/t.csv"
