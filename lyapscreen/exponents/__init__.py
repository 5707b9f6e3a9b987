"""Estimators of Lyapunov exponents, one a file, each over any map: none knows what a neural network is."""
