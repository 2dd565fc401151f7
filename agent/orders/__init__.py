"""Orders of the day and their steps."""
