"""Which candidate of those screened a person means: a configuration by name, or the one recommended, and a seed."""

from __future__ import annotations

from collections.abc import Sequence

from lyapscreen.errors import SettingError
from lyapscreen.results.choice import find, parse
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec


def candidate_of(
    ranking: Ranking, spec: Spec, configuration: Configuration | Row | str | None = None, seed: int | None = None
) -> Candidate:
    """Return the candidate meant: by default the recommended configuration with the first of its seeds.

    Args:
        ranking: of a screening.
        spec: its spec.
        configuration: itself, its row, its id, or a choice such as `act=relu,lr=0.1`.
        seed: one of those screened.

    Raises:
        SettingError: it was not screened, or none is named and none recommended.

    """
    every = [row.configuration for row in ranking.rows]
    if seed is not None and seed not in spec.seeds:
        fix = f"It has {', '.join(map(str, spec.seeds))}"
        raise SettingError("seed", seed, "the screening has no such seed", fix)
    first = spec.seeds[0] if seed is None else seed
    if configuration is not None:
        return Candidate(configuration_of(configuration, every, spec, "the screening"), first)
    if ranking.recommended is None:
        rule = "the screening recommends nothing"
        raise SettingError("configuration", "", rule, f"Say which, for example {every[0].id}")
    return Candidate(ranking.recommended.configuration, first)


def configuration_of(
    configuration: Configuration | Row | str, every: Sequence[Configuration], spec: Spec, where: str
) -> Configuration:
    """Return the one of some configurations that is meant: itself, its id, or what `act=relu,lr=0.1` names.

    Args:
        configuration: what is looked for.
        every: where it is looked for.
        spec: theirs.
        where: what they are called in messages.

    Raises:
        SettingError: there is no such configuration; the nearest is named.

    """
    if isinstance(configuration, Row):
        configuration = configuration.configuration
    if not isinstance(configuration, str | Configuration):
        rule = "it names no configuration"
        raise SettingError("configuration", configuration, rule, f"Write it as text, for example {every[0].id}")
    text = configuration if isinstance(configuration, str) else configuration.id
    for one in every:
        if text == one.id:
            return one
    # What is nearly an id is read as the choice it stands for, whose errors name what is nearest.
    choice = f"act={text.replace('/', ',')}" if "/" in text.partition("=")[0] else text
    return find(parse(choice, "configuration"), every, spec, where=where, setting="configuration", value=text)
