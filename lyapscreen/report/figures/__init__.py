"""The ranking as pictures; matplotlib is an extra, imported when one is drawn."""
