"""Telling integrators what happened, at addresses they name."""
