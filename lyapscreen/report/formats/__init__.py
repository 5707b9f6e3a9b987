"""The ranking as files, one format a file."""
