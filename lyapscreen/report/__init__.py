"""One output format a file: terminal table, CSV and JSON; and where a result file goes."""
