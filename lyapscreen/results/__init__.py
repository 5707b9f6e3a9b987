"""What probes found: records, statistics, the ranking and what is read off it."""
