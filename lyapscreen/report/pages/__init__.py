"""A ranking as HTML: the report, and what a notebook shows; jinja2 is an extra, imported when a page is made."""
