"""Measured figures, each with its peer or its physical limit in the same run: `python3 start.py bench NAME`."""
