"""A deterministic world for the line between counters and cloud: one process, one thread, every run from its seed."""
