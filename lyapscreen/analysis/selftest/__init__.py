"""The self-test: maps whose exponents are known, each measured by the estimators and compared.

systems        a batched map with its starting states
plain_maps     maps that are no trainings: Henon, Lorenz, products of random matrices
trainings      gradient descent, momentum, weight decay and Adam where theory gives the exponent
readings       how a number is read off a run
known_answers  the table: run, reading, expected value, tolerance
selftest       runs the table and compares
"""
