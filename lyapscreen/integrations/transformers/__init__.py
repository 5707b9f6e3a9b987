"""Learning rates for a training that transformers' Trainer would run, from its own arguments.

    from lyapscreen.integrations.transformers import rank

    found = rank(model_init, args, train_dataset, eval_dataset)
    Trainer(model_init=model_init, args=found.arguments, train_dataset=train_dataset, ...).train()

Steps, schedule, warm-up, optimizer, weight decay, clipping, seed and batch size are those of the TrainingArguments;
what of them cannot be screened exactly is refused by name.
"""

from __future__ import annotations

try:
    import accelerate as _accelerate
    import transformers as _transformers
except ModuleNotFoundError as missing:
    raise ImportError(
        "lyapscreen.integrations.transformers needs transformers and accelerate, which are not both installed. "
        "Run pip install 'lyapscreen[transformers]'"
    ) from missing

from lyapscreen.integrations.transformers.ranking import Ranked, rank

__all__ = ["Ranked", "rank"]

del _accelerate, _transformers
