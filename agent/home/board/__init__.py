"""A board of waiting requests."""
