"""Figures of the day and the last decisions."""
