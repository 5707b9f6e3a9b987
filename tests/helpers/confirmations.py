"""A small ranking whose best are trained fully in a run directory, as the command does it."""

from tests.helpers.runs import rank

SMALL = ["--data", "wine", "--model", "mlp:8", "--lr", "0.1,0.2,0.4,30", "--act", "relu,tanh", "--seeds", "2"]
SPEC = [*SMALL, "--steps", "20", "--full-steps", "60"]
BEST = ["--jobs", "1", "--confirm", "3"]


def confirmed(folder, *flags, spec=SPEC, run="run"):
    """Run the command in a folder's run directory; return how it ended, and the bytes of all it wrote by name."""
    files = {name: folder / name for name in ("r.csv", "r.json", "w.pt")}
    outputs = [word for flag, path in zip(("--csv", "--json", "--save"), files.values(), strict=True)
               for word in (flag, str(path))]  # fmt: skip
    done = rank("--run", str(folder / run), *outputs, *flags, spec=spec)
    files |= {name: folder / run / name for name in ("ranking.csv", "ranking.json")}
    return done, {name: path.read_bytes() for name, path in files.items() if path.exists()}


def lines(folder):
    return (folder / "run" / "trainings.jsonl").read_text().splitlines(keepends=True)
