"""Inputs as a network takes them: text encoded, gaps filled, scaled; all learnt from the training part alone."""

from __future__ import annotations

import numpy as np

from lyapscreen.data import several
from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Inputs
from lyapscreen.data.raw import Raw
from lyapscreen.data.scaling import Rows, Scaled, of_array, scaled
from lyapscreen.data.several import Several
from lyapscreen.data.splits import Split
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError

MAX_CATEGORIES = 32
"""Most inputs that one text column becomes; its rare values then share one."""
MAX_TEXT_COLUMNS = 1000

CHANNEL_AXES = {"numbers": 1, "images": 1, "sequences": 2}


def encoded(raw: Raw, split: Split, dtype: str) -> tuple[Inputs, Inputs, list[str]]:
    """Return the inputs of both parts in this dtype, tokens and several arrays as they are, and what was done to them.

    Raises:
        DataError: no input varies in the training part, there is too much text, or a value overflows the dtype.

    """
    if isinstance(raw.inputs, Table):
        return _columns(raw.name, raw.inputs, split, dtype)
    if isinstance(raw.inputs, Several):
        said = several.notices(raw.inputs, split.train)
        train, held_out = (raw.inputs.taken(rows).cast(dtype).inputs for rows in (split.train, split.held_out))
        return train, held_out, said
    return _block(raw.name, raw.inputs, split, dtype)


def _columns(name: str, inputs: Table, split: Split, dtype: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    frame = inputs.frame
    numbers, texts = np.flatnonzero(frame.dtypes == np.float64), np.flatnonzero(frame.dtypes != np.float64)
    if len(texts) > MAX_TEXT_COLUMNS:
        fix = f"At most {MAX_TEXT_COLUMNS} can become categories; encode the others as numbers"
        raise DataError("data", name, f"it has {len(texts)} columns of text", fix)
    columns = [frame[at].to_numpy(np.float64) for at in numbers]
    width = len(columns)
    if len(texts):
        from sklearn.preprocessing import OneHotEncoder

        words = frame[texts].fillna("")
        one_hot = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False
        )
        one_hot.fit(words.iloc[split.train])
        width += len(one_hot.get_feature_names_out())

    def read(start: int, stop: int) -> np.ndarray:
        parts = [column[start:stop, None] for column in columns]
        if len(texts):
            parts.append(one_hot.transform(words.iloc[start:stop]))
        return np.concatenate(parts, axis=1)

    found = scaled(Rows(name, len(frame), (width,), 1, read), split, dtype)
    return found.x_train, found.x_held_out, _notices(inputs, numbers, texts, split, found)


def _notices(inputs: Table, numbers: np.ndarray, texts: np.ndarray, split: Split, found: Scaled) -> list[str]:
    """Tell what became of missing, constant and rare cells."""
    frame, names = inputs.frame, np.array(inputs.names, dtype=object)
    missing = np.zeros(len(names), dtype=np.int64)
    missing[numbers] = found.missing[: len(numbers)]
    missing[texts] = frame[texts].isna().sum().to_numpy()
    distinct = frame[texts].iloc[split.train].fillna("").nunique().to_numpy()
    constant = np.zeros(len(names), dtype=bool)
    constant[numbers] = found.constant[: len(numbers)]
    constant[texts] = distinct <= 1
    notices = []
    if missing.any():
        is_text = np.isin(np.arange(len(names)), texts)
        notices.append(_imputed(missing, is_text))
    if constant.any():
        notices.append(_constants("column", names[constant]))
    many = texts[distinct > MAX_CATEGORIES]
    if many.size:
        rule = f"with more than {MAX_CATEGORIES} distinct texts: the rare ones share one input"
        notices.append(f"{counted(many.size, 'column')} {rule} ({listed(names[many])})")
    return notices


def _imputed(missing: np.ndarray, is_text: np.ndarray) -> str:
    way = {False: "by the median of the training part", True: "as a category of their own in text columns"}
    ways = "; ".join(way[bool(kind)] for kind in np.unique(is_text[missing > 0]))
    where = f"{counted(int(missing.sum()), 'missing value')} in {counted(int((missing > 0).sum()), 'column')}"
    return f"{where} imputed ({ways})"


def _constants(noun: str, names: np.ndarray) -> str:
    return f"{counted(len(names), noun)} constant in the training part, set to 0 in both parts ({listed(names)})"


def _block(name: str, inputs: Block, split: Split, dtype: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scale numbers by column, images and sequences by channel; tokens stay as they are."""
    if inputs.kind == "tokens":
        x_train, x_held_out = (np.ascontiguousarray(inputs.values[rows]) for rows in (split.train, split.held_out))
        if (x_train == x_train[:1]).all():
            fix = "Give inputs that differ from row to row"
            raise DataError("data", name, "no input varies in the training part", fix)
        return x_train, x_held_out, []
    found = scaled(of_array(name, inputs.values, CHANNEL_AXES[inputs.kind]), split, dtype)
    notices = []
    noun = "column" if inputs.kind == "numbers" else "channel"
    if found.missing.any():
        notices.append(_imputed(found.missing, np.zeros(len(found.missing), dtype=bool)))
    if found.constant.any():
        places = np.flatnonzero(found.constant)
        notices.append(_constants(noun, np.array([f"column {i}" if noun == "column" else str(i) for i in places])))
    return found.x_train, found.x_held_out, notices
