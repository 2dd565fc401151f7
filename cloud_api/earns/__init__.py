"""Earns that a POS maker reports itself, without a counter between."""
