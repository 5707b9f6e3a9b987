"""One batch: a training and the exponents measured along it, into results."""
