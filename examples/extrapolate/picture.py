"""Draw curve.csv with the rate for the probe and those for longer trainings: python picture.py OUT.svg."""

import sys

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

import lyapscreen as ls

STEPS = (100, 1000, 10_000)

table = pd.read_csv("curve.csv")
rates = table.groupby("lr")["loss"].apply(list)
rates = rates[rates.map(lambda seeds: all(pd.notna(seeds)))]
figure = Figure(figsize=(6, 3.2), layout="constrained")
axes = figure.add_subplot(xscale="log", yscale="log", xlabel="learning rate", ylabel="held-out loss after 100 steps")
axes.plot(rates.index, [sum(seeds) / len(seeds) for seeds in rates], "o-", color="0.35", markersize=4)
for steps, colour in zip(STEPS, ("#0072b2", "#009e73", "#d55e00"), strict=True):
    found = ls.extrapolate_lr(list(rates.index), list(rates), probe_steps=100, full_steps=steps)
    axes.axvspan(found.low, found.high, color=colour, alpha=0.15, linewidth=0)
    axes.axvline(found.lr, color=colour, linestyle="--", label=f"for {steps:,} steps: {found.lr:.2g}")
axes.legend(frameon=False)
mpl.rcParams["svg.hashsalt"] = "lyapscreen"  # the same bytes on every day
figure.savefig(sys.argv[1], metadata={"Date": None} if sys.argv[1].endswith(".svg") else None)
