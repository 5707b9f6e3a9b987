"""What a row is: numbers, an image, a sequence or tokens, each in its shape and scaled by channel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lyapscreen.data.arrays import MAX_VOCABULARY
from lyapscreen.errors import DataError, SettingError
from lyapscreen.spec.spec import Spec
from tests.helpers.datasets import PLAIN, ROWS, X, Y, both, loaded, notices_of

GREY = np.random.default_rng(1).integers(0, 256, size=(ROWS, 5, 4), dtype=np.uint8)
COLOUR = np.random.default_rng(2).normal(size=(ROWS, 3, 5, 4)) * [[[[1]], [[10]], [[0.1]]]] + 7
SERIES = np.random.default_rng(3).normal(size=(ROWS, 6, 2)) * [1, 1000]
TOKENS = np.random.default_rng(4).integers(0, 11, size=(ROWS, 7))
TOKENS[0, 0] = 10


def parts(values, **settings):
    """The rows of an array that are trained on and held out: those of the same targets are split alike."""
    kept = np.concatenate([np.arange(len(values))[:, None], np.zeros((len(values), 1))], axis=1)
    dataset = loaded((kept, Y), **settings)
    order = np.argsort(np.argsort(both(dataset)[:, 0]))
    train, held_out = np.split(order, [len(dataset.x_train)])
    return values[train].astype(float), values[held_out].astype(float)


def scaled(values, axes):
    train, held_out = parts(values)
    mean, std = train.mean(axes, keepdims=True), train.std(axes, keepdims=True)
    return (train - mean) / std, (held_out - mean) / std


CASES = {
    "grey": (GREY, {}, "images", (1, 5, 4), 1, lambda: scaled(GREY[:, None], (0, 2, 3))),
    "colour": (COLOUR, {}, "images", (3, 5, 4), 3, lambda: scaled(COLOUR, (0, 2, 3))),
    "channels last": (np.moveaxis(COLOUR, 1, -1), {}, "images", (3, 5, 4), 3, lambda: scaled(COLOUR, (0, 2, 3))),
    "one channel last": (GREY[..., None], {}, "images", (1, 5, 4), 1, lambda: scaled(GREY[:, None], (0, 2, 3))),
    "series": (SERIES, {"inputs": "sequences"}, "sequences", (6, 2), 2, lambda: scaled(SERIES, (0, 1))),
    "one series": (X, {"inputs": "sequences"}, "sequences", (3, 1), 1, lambda: scaled(X[..., None], (0, 1))),
    "tokens": (TOKENS, {"inputs": "tokens"}, "tokens", (7,), 11, lambda: parts(TOKENS)),
    "whole floats": (TOKENS * 1.0, {"inputs": "tokens"}, "tokens", (7,), 11, lambda: parts(TOKENS)),
    "whole numbers": (TOKENS, {}, "numbers", (7,), 7, lambda: scaled(TOKENS, 0)),
    "flattened": (COLOUR, {"inputs": "numbers"}, "numbers", (60,), 60, lambda: scaled(COLOUR.reshape(ROWS, 60), 0)),
    "a vector": (X[:, 0], {}, "numbers", (1,), 1, lambda: scaled(X[:, :1], 0)),
}


@pytest.mark.parametrize(("x", "settings", "kind", "shape", "n_inputs", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_every_kind(x, settings, kind, shape, n_inputs, expected, dtype):
    dataset = loaded((x, Y), dtype=dtype, **settings)
    assert (dataset.inputs, dataset.input_shape, dataset.n_inputs) == (kind, shape, n_inputs)
    assert dataset.x_train.dtype == dataset.x_held_out.dtype == (np.int64 if kind == "tokens" else dtype)
    assert dataset.x_train.flags.c_contiguous
    for part, whole in zip((dataset.x_train, dataset.x_held_out), expected(), strict=True):
        np.testing.assert_allclose(part, whole, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_every_kind_comes_from_a_file_and_a_tensor_as_well(tmp_path, name):
    torch = pytest.importorskip("torch")
    x, settings = CASES[name][:2]
    np.savez(tmp_path / "t.npz", X=x, y=Y)
    for data in (str(tmp_path / "t.npz"), (torch.tensor(x), torch.tensor(Y)), (x.astype(object), Y)):
        other, expected = loaded(data, **settings), loaded((x, Y), **settings)
        assert other.inputs == expected.inputs
        np.testing.assert_array_equal(both(other), both(expected))


def test_what_was_guessed_is_told():
    three = r"^inputs: images, since X has shape \(40, 5, 4\); --inputs sequences or --inputs numbers overrides this$"
    assert notices_of(loaded((GREY, Y)), three)
    assert not notices_of(loaded((GREY, Y), inputs="images"), "inputs")
    last = r"^images: X of shape \(40, 5, 4, 3\) is read as \[rows, height, width, channels\]$"
    assert notices_of(loaded((np.moveaxis(COLOUR, 1, -1), Y), inputs="images"), last)
    # Where both axes could be the channels, the second is.
    square = np.random.default_rng(5).normal(size=(ROWS, 3, 9, 3))
    assert loaded((square, Y)).input_shape == (3, 9, 3)
    assert not notices_of(loaded((square, Y)), "read as")


def test_a_constant_channel_is_zero_in_both_parts():
    images = COLOUR.copy()
    images[:, 1] = 5
    dataset = loaded((images, Y))
    assert not both(dataset)[:, 1].any()
    assert both(dataset)[:, 2].any()
    assert notices_of(dataset, r"^1 channel constant in the training part, set to 0 in both parts \(1\)$")


def test_the_vocabulary_counts_the_held_out_part():
    held_out = np.array([[0, 1], [2, 99]])
    dataset = loaded((TOKENS[:, :2], Y, held_out, [0, 1]), inputs="tokens")
    assert dataset.n_inputs == dataset.vocabulary == 100
    np.testing.assert_array_equal(dataset.x_held_out, held_out)


def test_a_table_holds_tokens_and_sequences(table):
    text = "".join(",".join(map(str, row)) + f",{'ab'[y]}\n" for row, y in zip(TOKENS.tolist(), Y, strict=True))
    for kind in ("tokens", "sequences", "numbers"):
        np.testing.assert_array_equal(both(loaded(table(text), inputs=kind)), both(loaded((TOKENS, Y), inputs=kind)))
    frame = pd.DataFrame(TOKENS)
    np.testing.assert_array_equal(both(loaded((frame, Y), inputs="tokens")), both(loaded((TOKENS, Y), inputs="tokens")))
    assert notices_of(
        loaded(table("a,b,c\n" + PLAIN.replace("r,", "1,").replace("g,", "2,")), inputs="sequences"), "^header"
    )


def test_digits_are_images_where_a_network_takes_images():
    numbers, images = loaded("digits"), loaded("digits", inputs="images")
    assert (numbers.inputs, images.inputs, images.input_shape) == ("numbers", "images", (1, 8, 8))
    np.testing.assert_array_equal(images.y_train, numbers.y_train)
    network = loaded("digits", model="cnn")
    np.testing.assert_array_equal(both(network), both(images))
    assert notices_of(network, "^inputs: images")
    assert loaded("digits", model="cnn", inputs="numbers").input_shape == (64,)


GAPS = COLOUR.copy()
GAPS[3, 0, 0, 0] = np.nan


@pytest.mark.parametrize(
    ("x", "inputs", "message"),
    [
        (X, "images", r"^inputs images: X has shape \(40, 3\), but images need \[rows, height, width\]"),
        (COLOUR, "sequences", r"^inputs sequences: X has shape .*need \[rows, length, channels\], or"),
        (GREY, "tokens", r"^inputs tokens: X has shape \(40, 5, 4\), but tokens need \[rows, length\]\. Reshape X"),
        (X[:, 0], "tokens", "^inputs tokens: X has shape"),
        (
            TOKENS + 0.5,
            "tokens",
            r"^inputs tokens: tokens must be whole numbers from 0 to 999999, but X holds 10\.5\. Num",
        ),
        (TOKENS - 1, "tokens", "^inputs tokens: .* but X holds -1"),
        (TOKENS + MAX_VOCABULARY, "tokens", r"^inputs tokens: .* but X holds 1000010\. Number"),
        (GAPS, "images", "^inputs images: X has values that are missing, infinite or beyond"),
        (GAPS, "auto", "^inputs images: X has values that are missing"),
        (np.where(np.isnan(GAPS), np.inf, GAPS), "auto", "^inputs images: X has values that are missing, infinite"),
        (np.where(np.isnan(GAPS), -1e200, GAPS), "auto", "^inputs images: X has values that are missing, infinite"),
        (GREY.astype(object) * "x", "images", "^inputs images: images must be numbers"),
        (0 * COLOUR, "auto", "no input varies in the training part"),
        (0 * TOKENS, "tokens", "no input varies in the training part"),
        (
            pd.DataFrame({"a": Y, "b": ["u", "v"] * 20}),
            "tokens",
            r"tokens must be numbers, but X has 1 column of text \(b\)",
        ),
        (COLOUR[:, :, :, :0], "auto", r"shape \(40, 3, 5, 0\)"),
        (COLOUR[:5], "auto", "it has only 5 rows with a target"),
        (COLOUR[:0], "auto", "there are no rows"),
    ],
)
def test_rows_of_another_kind_are_refused(x, inputs, message):
    with pytest.raises(DataError, match=message):
        loaded((x, Y[: len(x)]), inputs=inputs)


def test_missing_values_of_images_are_filled_in_as_numbers():
    assert notices_of(loaded((GAPS, Y), inputs="numbers"), "^1 missing value in 1 column imputed")


@pytest.mark.parametrize("inputs", ["text", "image", None, 3])
def test_inputs_there_are_not_are_refused(inputs):
    with pytest.raises(SettingError, match=r"^inputs .*: it must be one of auto, numbers, images, tokens, sequences"):
        Spec.of(inputs=inputs)


@pytest.mark.parametrize(
    ("held_out", "inputs"),
    [(GREY[:4, :, :3], "auto"), (COLOUR[:4], "auto"), (TOKENS[:4], "auto"), (GREY[:4].reshape(4, 20), "sequences")],
)
def test_held_out_rows_of_another_shape_are_refused(held_out, inputs):
    data = (GREY, Y, held_out, Y[:4])
    with pytest.raises(DataError, match=r"the training part|one part is a table"):
        loaded(data, inputs=inputs)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("split", ["random", "last"])
def test_every_kind_is_the_same_in_every_process(name, split):
    x, settings = CASES[name][:2]
    one, other = (loaded((x.copy(), Y), split=split, **settings) for _ in range(2))
    assert one.digest() == other.digest()
    assert one.digest() != loaded((x[::-1], Y), split=split, **settings).digest()
