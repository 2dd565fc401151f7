"""Owns the names of what lets a test do more by night than by day; everything else a developer set is hidden."""

from __future__ import annotations

# The workers of a run start with their environment as it then is, so these stay in it. Which test reads one says so.
AMOUNTS = frozenset({"WITHFOM_CALLS", "WITHFOM_FLIPS", "WITHFOM_HYPOTHESIS", "WITHFOM_RECEIPTS"})
