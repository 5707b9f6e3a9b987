"""TensorBoard: an entry of the HParams page for each row, the figures, the recommendation and the spec as text."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.report.tracking import SETTING, Target, Tracker, directories

if TYPE_CHECKING:
    from lyapscreen.report.tracking.entries import Logged


def write(target: Target, logged: Logged) -> None:
    """Write event files into a directory of their own below the target, named for the spec's hash.

    Each row is a directory there, whose name is its place in the ranking. The same screening logged again goes into
    the same directories, where TensorBoard shows the latest.

    Raises:
        EnvironmentFailure: the disk is full, or the directory may not be written.

    """
    from matplotlib.image import imread
    from torch.utils.tensorboard import SummaryWriter

    from lyapscreen.report.tracking.entries import PROJECT

    folder = f"{target.place}/{PROJECT}-{logged.about['spec_hash']}"
    width = len(str(len(logged.entries)))
    try:
        with SummaryWriter(folder) as writer:
            writer.add_text("recommendation", logged.note)
            writer.add_text("spec", _code(logged.files["spec.yaml"]))
            writer.add_image("figures", imread(BytesIO(logged.figures)), dataformats="HWC")
            for rank, entry in enumerate(logged.entries, start=1):
                settings = {**entry.settings, **entry.labels}
                writer.add_hparams(settings, dict(entry.measures), run_name=f"{rank:0{width}d}")
    except OSError as error:
        raise EnvironmentFailure(f"{SETTING} {target.text} could not be written: {error.strerror}.") from error


def _code(text: str) -> str:
    """Return text as a block of Markdown: each line indented, for no mark in it can end that."""
    return "\n".join(f"    {line}" for line in text.splitlines())


TRACKER = Tracker(
    name="tensorboard",
    place="DIR",
    needs=("tensorboard", "matplotlib"),
    check=directories.require,
    write=write,
    example="runs",
)
