"""Grades of members: what each has in a brand, how it moves, and what a step up gives."""
