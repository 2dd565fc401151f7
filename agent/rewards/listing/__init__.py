"""Plain rows of words and figures."""
