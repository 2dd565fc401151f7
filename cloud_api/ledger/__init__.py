"""The append-only double-entry book of points, and the earns and reversals that write into it."""
