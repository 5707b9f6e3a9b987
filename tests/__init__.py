"""The tests: each folder mirrors one of the package, and `helpers` holds what several files use."""
