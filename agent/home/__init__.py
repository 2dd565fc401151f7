"""The first page: what waits, what happened today, what needs a hand."""
