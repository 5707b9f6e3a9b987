"""Command lines put together in tests: what is said later is said in place of what was said before."""

from lyapscreen.cli.setting_flags import SETTINGS

VALUED = {f"--{flag.name.replace('_', '-')}" for flag in SETTINGS if flag.metavar and not flag.many} | {"--jobs"}


def replacing(*words):
    """Return a command line in which a flag that is given again has its last value, at its first place.

    >>> replacing("rank", "--lr", "0.1", "--act", "relu", "--lr", "1")
    ['rank', '--lr', '1', '--act', 'relu']
    """
    found, places, waiting = [], {}, [str(word) for word in reversed(words)]
    while waiting:
        word = waiting.pop()
        if word in VALUED and word in places:
            found[places[word]] = waiting.pop()
        elif word in VALUED:
            found += [word, waiting.pop()]
            places[word] = len(found) - 1
        else:
            found.append(word)
    return found
