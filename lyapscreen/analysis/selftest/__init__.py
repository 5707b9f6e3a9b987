"""The numbers every estimator is held to; `known_answers` has them all."""
