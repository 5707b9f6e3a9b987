"""Whatever a spec file or a table holds: it is read or refused, soon, and no code in it ever runs."""

import os
import random
import sys
from datetime import timedelta

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lyapscreen import data
from lyapscreen.cli import signature
from lyapscreen.errors import ExitCode, LyapscreenError
from lyapscreen.spec import yaml_reader
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved

CODE = {"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"}
"""What Python tells its auditors when a file makes it run something."""

FLAGS = signature.keys()
KEYS = sorted(FLAGS)


class Watch:
    """Listens to what Python runs while a file is read."""

    def __init__(self):
        self.heard = None
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if self.heard is not None and event in CODE:
            self.heard.append((event, arguments))

    def __enter__(self):
        self.heard = []

    def __exit__(self, *_):
        heard, self.heard = self.heard, None
        assert heard == []
        assert "antigravity" not in sys.modules


WATCH = Watch()


def many(examples):
    """Return the settings of a property: the same examples in every run, each in less than five seconds."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=timedelta(seconds=5),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def refused(error):
    """Hold a refusal to what every one has to be: exit code 2, one line, not too long, and where from."""
    told = error.message("--setting")
    assert error.exit_code == ExitCode.BAD_USAGE
    assert told.isprintable()
    assert len(told) < 3000
    return told


def read(text):
    """Return the spec a text stands for, or None where it is refused as it should be."""
    error = None
    with WATCH:
        try:
            file = yaml_reader.parse(text, "spec.yaml", also=FLAGS)
            with file.blamed():
                known = {k: v for k, v in file.settings.items() if k in Spec.model_fields and v is not None}
                return Spec.of(**known)
        except LyapscreenError as caught:
            error = caught
    assert refused(error).startswith(("spec.yaml line ", "SPEC spec.yaml: "))
    return None


EVIL = [
    "!!python/object/apply:os.system ['true']", "!!python/object/new:os.system ['true']", "!!python/name:os.system",
    "!!python/module:antigravity", "!!python/object/apply:subprocess.Popen [['true']]", "!!python/tuple [1]",
    "!!python/object/apply:eval ['__import__(\"evil\")']", "!!binary dHJ1ZQ==", "!!timestamp 2001-01-01", "!x y",
]  # fmt: skip
WORDS = [
    "1", "0", "-1", "0.1", "1e-4", "1e-4:1", "1:30", "1:2:3", "1e999", "nan", ".inf", "-.inf", "0x1F", "0o17",
    "1_000", "٣", "true", "yes", "off", "null", "~", "", "''", '""', "relu", "relu,tanh", "all", "sgd", "momentum",
    "full", "mlp:64,64", "mlp:", "cnn", "cosine:200", "cosine:", "seed=7", "digits", "t.csv", "net.py:f", "a.b:c",
    "*a", "&a 1", "<<", "=", "|", ">-", "- 1", "? 1", "[1, 2]", "[]", "{}", "{a: 1}", "[[1]]", "'", '"', '"\\0"',
    '"\\UFFFFFFFF"', "@", "`", "%", "#", "9" * 400, "1" * 5000, "x" * 300, "2001-01-01", "\t1", "momentum=0,0.9",
    "width=", "λ", "\u2028", "\x85", *EVIL,
]  # fmt: skip

words = st.sampled_from(WORDS) | st.text(max_size=12) | st.integers().map(str) | st.floats().map(str)
values = words | st.lists(words, max_size=4).map(lambda items: f"[{', '.join(items)}]")
keys = st.sampled_from([*KEYS, "held-out", "weight-decay", "lrr", "<<", "? a", "!!str lr"]) | st.text(max_size=6)
axes = st.dictionaries(st.sampled_from(["momentum", "clip_norm", "batch-size", "width", "lr", "a b"]) | keys, values)
sweeps = axes.map(lambda found: "{" + ", ".join(f"{key}: {value}" for key, value in found.items()) + "}")
RIGHT = {
    "lr": ["0.1", "[0.1, 1e-3]", "1e-4:1", "1:30", "1e-9:1e-3:4", "'0.1'"],
    "act": ["all", "relu", "[relu, tanh]", "relu,tanh"],
    "seeds": ["3", "[7]", "seed=7", "0,1"],
    "optimizer": ["sgd", "nesterov", "adamw"],
    "weight_decay": ["0", "1e-9", "null", "~"],
    "clip-norm": ["1", "", "1e300"],
    "batch_size": ["full", "16", "1000"],
    "schedule": ["constant", "cosine", "wsd:0.1"],
    "header": ["yes", "no", "auto"],
    "kantz_wolf": ["yes", "false", "true", "off"],
    "target": ["007", "yes", "null", "'null'", "2001-01-01", "=", "'#'", "λ"],
    "data": ["wine", "t.csv", "/a/b.csv", "./x y.tsv", "'a: b.csv'"],
    "model": ["mlp:4", "net.py:f", "package.net:f"],
    "max_growth": ["1.5", "1e9", "2"],
    "sweep": ["{}", "{warmup: [0, 1]}", "{clip_norm: [none, 1e-5], warmup: 0}", "['warmup=0,1']"],
}
right = st.sampled_from([(key, value) for key, values in RIGHT.items() for value in values])
line = right | right | right | st.tuples(keys, values) | st.tuples(st.just("sweep"), sweeps)
lines = st.lists(line, max_size=5).map(lambda found: "".join(f"{key}: {value}\n" for key, value in found))


@many(2500)
@given(lines)
def test_lines_of_keys_and_values(text):
    read(text.encode("utf-8", "surrogatepass"))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner),
    max_leaves=8,
)


@many(700)
@given(st.dictionaries(st.sampled_from(KEYS), plain, max_size=5), st.booleans())
def test_whatever_yaml_writes(tree, flow):
    read(yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True).encode("utf-8", "surrogatepass"))


@many(1500)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xef\xbb\xbf")
@example(b"a: " * 500)
@example(b"%YAML 1." + b"9" * 5000 + b"\n---\nlr: 1")
@example(b"%TAG ! tag:yaml.org,2002:python/\n---\nlr: !object/apply:os.system ['true']")
def test_any_bytes(text):
    read(text)


GOOD = resolved(Spec.of(model="net.py:f", sweep={"clip_norm": [None, 1], "norm": ["none", "1", True]})).encode()


@many(1500)
@given(st.randoms(use_true_random=False))
def test_a_good_spec_with_some_bytes_changed(rng: random.Random):
    text = bytearray(GOOD)
    for _ in range(rng.randint(1, 4)):
        place, length = rng.randrange(len(text)), rng.choice([0, 1, 1, 1, 5])
        text[place : place + length] = rng.choice(
            [b"", b" ", b"\n", b"\t", b":", b"[", b"{", b"'", b"*", b"!", b"-", b"\xff"]
        )
    read(bytes(text))


@many(600)
@given(st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in RIGHT.items()}))
def test_a_spec_that_is_read_is_written_and_read_again(found):
    spec = read("".join(f"{key}: {value}\n" for key, value in {"steps": "20", **found}.items()).encode())
    if not found.get("clip-norm") or "clip_norm" not in found.get("sweep", ""):  # else set and swept
        assert spec is not None
        assert read(resolved(spec).encode()) == spec


# Tables


CELLS = [
    "0", "1", "2", "-1.5", "1e-3", "1e308", "-1e308", "1e999", "nan", "inf", "", "?", "NA", "a", "b", "yes", "1,5",
    '"', '""', '"a,b"', '"a\nb"', " 1", "1 ", "\t", ";", "#", "'", "0x10", "1_0", "2001-01-01", "é", "\x00",
    "\ufeff", "\r", "=1+1",
]  # fmt: skip
cells = st.sampled_from(CELLS) | st.floats(width=32).map(str) | st.text(max_size=4)
rows = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), max_size=14))
ragged = st.lists(st.lists(cells, max_size=4), max_size=14)
tables = st.tuples(rows | ragged, st.sampled_from([",", "\t", ";"]), st.sampled_from(["\n", "\r\n", "\r"])).map(
    lambda found: found[2].join(found[1].join(row) for row in found[0]).encode("utf-8", "surrogatepass")
)
numbers = st.lists(st.tuples(*[st.integers(-3, 3) | st.floats(width=32)] * 3), min_size=8, max_size=30).map(
    lambda found: "\n".join(",".join(map(str, row)) for row in found).encode()
)
ways = st.fixed_dictionaries(
    {},
    optional={
        "header": st.sampled_from(["auto", "yes", "no"]),
        "task": st.sampled_from(["auto", "classification", "regression"]),
        "target": st.sampled_from(["0", "1", "-1", "99", "a", "", "y"]),
        "held_out": st.sampled_from([0.01, 0.5, 0.99]),
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def load(path, how):
    error = None
    with WATCH:
        try:
            data.load(Spec.of(data=str(path), **how))
        except LyapscreenError as caught:
            error = caught
    assert error is None or refused(error)


@many(600)
@example(b'""', {}, "csv")
@example(b"0,0,0\n" * 15 + b"0,0,1\n0,0,-1\n0,0,2\n0,0,-2\n0,0,-3\n0,0,4\n0,0,5\n0,0,6\n0,0,7\n0,1,3\n1,0,1", {}, "csv")
@given(tables | numbers, ways, st.sampled_from(["csv", "csv", "tsv"]))
def test_any_table(folder, text, how, suffix):
    path = folder / f"t.{suffix}"
    path.write_bytes(text)
    load(path, how)


MAGIC = {"csv": b"", "tsv": b"", "npz": b"PK\x03\x04", "parquet": b"PAR1"}


@many(400)
@given(st.binary(max_size=200), st.sampled_from(sorted(MAGIC)), st.booleans())
def test_any_bytes_in_place_of_a_table(folder, text, suffix, pretends):
    path = folder / f"b.{suffix}"
    path.write_bytes(MAGIC[suffix] * pretends + text)
    load(path, {})


def test_the_watch_hears():
    with pytest.raises(AssertionError, match="system"), WATCH:
        os.system("true")
