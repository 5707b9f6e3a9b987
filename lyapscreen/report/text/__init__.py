"""Sentences, names and numbers as a person reads them."""
