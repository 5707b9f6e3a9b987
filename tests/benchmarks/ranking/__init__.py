"""Whether the ranking picks well, judged by full training on real data: rules, halving, Optuna, seeds."""
