"""The tile in which a number is typed."""
