"""Screen hyper-parameters by Lyapunov exponents before full training is paid for.

    import lyapscreen as ls

    ls.screen(model=factory, data=(X, y), lr="1e-4:1", act=["relu", "tanh"])    # -> Screening: rank configurations
    ls.replay(data=(X, y), lr=0.1, act="relu")                                  # -> that training, for a plain loop
    ls.extrapolate_lr(lrs, losses, probe_steps=T, full_steps=N)                 # -> the rate for N steps of training
    ls.largest_exponent(step, state, steps)                                     # -> Exponent of any torch map
    ls.largest_exponents(step, states, steps)                                   # -> of each of a batch of states
    ls.spectrum(step, state, steps, k=2)                                        # -> the k leading ones

A screening's ranking is made of `Row`s. What is wrong with a setting, the data or the model is raised as a
`SettingError`, a kind of `LyapscreenError`, that says what to write instead.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "Exponent": "lyapscreen.exponents.largest",
    "Expected": "lyapscreen.results.expected",
    "LyapscreenError": "lyapscreen.errors",
    "Replay": "lyapscreen.screening.replay",
    "Row": "lyapscreen.results.row",
    "Screening": "lyapscreen.screening.screening",
    "SettingError": "lyapscreen.errors",
    "extrapolate_lr": "lyapscreen.results.extrapolate_lr",
    "largest_exponent": "lyapscreen.exponents.largest",
    "largest_exponents": "lyapscreen.exponents.largest",
    "replay": "lyapscreen.screening.replay",
    "screen": "lyapscreen.screening.run",
    "spectrum": "lyapscreen.exponents.largest",
}

__all__ = list(_HOMES)

if TYPE_CHECKING:
    from lyapscreen.errors import LyapscreenError as LyapscreenError
    from lyapscreen.errors import SettingError as SettingError
    from lyapscreen.exponents.largest import Exponent as Exponent
    from lyapscreen.exponents.largest import largest_exponent as largest_exponent
    from lyapscreen.exponents.largest import largest_exponents as largest_exponents
    from lyapscreen.exponents.largest import spectrum as spectrum
    from lyapscreen.results.expected import Expected as Expected
    from lyapscreen.results.extrapolate_lr import extrapolate_lr as extrapolate_lr
    from lyapscreen.results.row import Row as Row
    from lyapscreen.screening.replay import Replay as Replay
    from lyapscreen.screening.replay import replay as replay
    from lyapscreen.screening.run import screen as screen
    from lyapscreen.screening.screening import Screening as Screening
else:  # a type checker that saw __getattr__ would take any misspelt name for one of ours

    def __getattr__(name):
        """Import a public name when it is first asked for: `lyapscreen --help` must not wait for torch."""
        if name not in _HOMES:
            raise AttributeError(f"module 'lyapscreen' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)

    def __dir__():
        """Name what is there before it is imported: for help() and completion."""
        return sorted({*globals(), *__all__})
