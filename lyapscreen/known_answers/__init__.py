"""The numbers every estimator is held to (SCIENCE section 4); `table` has them all."""
