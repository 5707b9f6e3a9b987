"""The recommended training as a script: a plain loop in PyTorch over what `lyapscreen.replay` hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lyapscreen.report.formats import Format

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.ranking import Ranking, Row
    from lyapscreen.spec.candidates import Candidate, Configuration
    from lyapscreen.spec.spec import Spec

OF_THE_RANKING = frozenset({
    "act", "lr", "seeds", "sweep", "steps", "halving", "estimator", "rank_by", "kantz_wolf", "neighbours",
    "neighbour_std", "max_growth", "memory", "no_code", "keep", "full_epochs", "device",
})  # fmt: skip
"""Settings that a training does not have, or that are written in another way; `full_steps` says its length."""

LOOKS = 60
"""Times at most that a long training says its loss."""


def render(
    ranking: Ranking, spec: Spec, configuration: Configuration | Row | str | None = None, seed: int | None = None
) -> str:
    """Return a script that trains one candidate as it was probed, and goes on to the full training's end.

    It prints the held-out loss on the way, after the probe's steps too: there it is what the probe measured.

    Args:
        ranking: of a screening.
        spec: its spec, `full_epochs` resolved.
        configuration: by default the one recommended.
        seed: by default the first.

    Raises:
        SettingError: it was not screened, nothing is recommended, torch has no such optimizer, or data, model or loss
            was given from Python, so that no script can name it.

    """
    from lyapscreen.results.candidate_choice import candidate_of
    from lyapscreen.results.json_reader import require_named

    candidate = candidate_of(ranking, spec, configuration, seed)
    require_named(spec)
    point = spec.at_point(candidate.configuration.settings)
    clips, changes = point.clip_norm is not None, point.schedule != "constant" or point.warmup > 0
    every = max(1, spec.steps // 4, spec.full_steps // LOOKS)
    lines = [
        '"""Train one configuration in plain PyTorch: the weights, minibatches and dropout that lyapscreen probed.',
        "",
        "Written by lyapscreen; run it in the folder that the ranking was made in.",
        '"""',
        "",
        *["from torch.nn.utils import clip_grad_norm_", ""] * clips,
        "import lyapscreen",
        "",
        "replay = lyapscreen.replay(",
        *(f"    {name}={value!r}," for name, value in _keywords(point, candidate).items()),
        ")",
        f"for step, (inputs, targets) in enumerate(replay.minibatches({spec.full_steps}), start=1):",
        "    replay.optimizer.zero_grad()",
        "    replay.loss(replay.model(inputs), targets).backward()",
        *["    clip_grad_norm_(replay.model.parameters(), replay.clip_norm)"] * clips,
        "    replay.optimizer.step()",
        *["    replay.scheduler.step()"] * changes,
        f"    if step % {every} == 0 or step in {(spec.steps, spec.full_steps)}:",
        '        print(f"step {step}: held-out loss {replay.held_out_loss():.9g}", flush=True)',
    ]
    return "\n".join(lines) + "\n"


def _keywords(point: Spec, candidate: Candidate) -> dict[str, Any]:
    """Return what `replay` is called with: the candidate, and the settings that are not the defaults."""
    from lyapscreen.errors import SettingError
    from lyapscreen.spec.optimizers import OPTIMIZERS
    from lyapscreen.spec.plain import plain_value
    from lyapscreen.spec.spec import Spec

    if not OPTIMIZERS[point.optimizer].torch:
        rule = "torch.optim has no such optimizer, so that no plain training can use it"
        raise SettingError("optimizer", point.optimizer, rule, "Export another configuration")
    configuration, usual = candidate.configuration, Spec.of()
    found: dict[str, Any] = {"act": configuration.activation, "lr": configuration.lr, "seed": candidate.seed}
    for name in Spec.model_fields:
        value = getattr(point, name)
        if name in OF_THE_RANKING or plain_value(value) == plain_value(getattr(usual, name)):
            continue
        if callable(value) or not isinstance(plain := plain_value(value), str | int | float) or plain == "arrays":
            rule = "it was given from Python, and a script cannot name it"
            raise SettingError(name, plain_value(value), rule, "Call replay where it is, or give FILE.py:name")
        found[name] = plain
    if point.device == "cuda":
        found["device"] = "cuda"
    if point.keyword_axes:
        found["sweep"] = {name: list(values) for name, values in point.keyword_axes}
    return found


def of_document(document: Document) -> str:
    """Return the script of the configuration that a finished screening recommends."""
    return render(document.ranking, document.spec)


FORMAT = Format(
    name="code",
    order=7,
    help="Write a script that trains the recommended configuration in plain PyTorch; - is stdout.",
    render=lambda document, _: of_document(document),
    of_recommended=True,
)
