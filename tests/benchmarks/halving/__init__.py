"""(i) What halving saves, and what it costs in regret; `make bench-halving`."""
