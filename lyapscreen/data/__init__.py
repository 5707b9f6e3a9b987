"""The data a spec names into arrays to train on and to measure on.

    sources (tables, archives, Python objects) -> tasks -> splits -> encoding -> Dataset

pandas, scikit-learn, torch and pyarrow are imported where they are used: every worker imports `Dataset`, and loads
nothing.
"""

from lyapscreen.data.dataset import Dataset
from lyapscreen.data.loading import load

__all__ = ["Dataset", "load"]
