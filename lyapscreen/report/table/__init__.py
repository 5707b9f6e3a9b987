"""The ranking as a table, and its sparklines."""
