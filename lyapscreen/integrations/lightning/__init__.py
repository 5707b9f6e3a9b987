"""Learning rates for a LightningModule, from its own training step, optimizer and data.

    from lyapscreen.integrations.lightning import rank

    screening = rank(module, datamodule, max_epochs=20)
    module.hparams.lr = screening.recommended.lr

What is read off: the network and the loss of `training_step`, the optimizer and scheduler of `configure_optimizers`,
the batch size of the training loader, clipping and length of a Trainer. What of that cannot be screened exactly is
refused by name. Nothing is changed: every look is taken at a copy.
"""

from __future__ import annotations

try:
    import lightning as _lightning
except ModuleNotFoundError as missing:
    raise ImportError(
        "lyapscreen.integrations.lightning needs lightning, which is not installed. "
        "Run pip install 'lyapscreen[lightning]'"
    ) from missing

from lyapscreen.integrations.lightning.ranking import rank

__all__ = ["rank"]

del _lightning
