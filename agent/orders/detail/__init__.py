"""The chosen order."""
